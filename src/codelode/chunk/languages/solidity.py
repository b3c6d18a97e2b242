"""Solidity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    by_field,
    by_type,
    content,
    heads,
    named,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _state(node: Node, text: bytes) -> str:
    constant = by_type("constant")(node) is not None or b" constant " in content(node, text)
    return "constant" if constant else "variable"


def _values(node: Node, text: bytes) -> list[Match]:
    names = [child for child in node.named_children if child.type == "enum_value"]
    return [Match("variant", name, declaration=True, whole=name) for name in names]


SOLIDITY = Syntax(
    module="tree_sitter_solidity",
    rules={
        "contract_declaration": Rule("class"),
        "interface_declaration": Rule("interface"),
        "library_declaration": Rule("module"),
        "struct_declaration": Rule("struct", holds=False),
        "enum_declaration": Rule("enum"),
        "enum_body": Rule(_values, holds=False),
        "event_definition": Rule("event", holds=False),
        "error_declaration": Rule("error", holds=False),
        "modifier_definition": Rule("function", holds=False),
        "constructor_definition": Rule("method", by_type("constructor"), holds=False),
        "fallback_receive_definition": Rule("method", by_type("receive", "fallback"), holds=False),
        "function_definition": Rule("function", holds=False, declaration=None),
        "constant_variable_declaration": Rule("constant", named, by_field("value"), holds=False),
        "state_variable_declaration": Rule(_state, named, by_field("value"), holds=False),
        "user_defined_type_definition": Rule("type", holds=False),
    },
    scopes=words("contract_body"),
    bodies=words("contract_body function_body struct_body enum_body"),
    heads=heads(
        rb"(?:abstract )?contract (?P<class>\w+)",
        rb"interface (?P<interface>\w+)",
        rb"library (?P<module>\w+)",
        rb"function (?P<function>\w+)\s*\(",
        rb"event (?P<event>\w+)\s*\(",
        rb"modifier (?P<function_2>\w+)",
    ),
)
