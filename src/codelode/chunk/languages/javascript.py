"""JavaScript and TypeScript, each with its JSX."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Rule,
    Syntax,
    by_field,
    content,
    first_of,
    last_part,
    named,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = words("arrow_function function_expression generator_function function")
_CLASSES = words("class")
_NO_VALUES = words("identifier member_expression")


def _value_kind(node: Node | None) -> str | None:
    if node is None:
        return None
    if node.type in _FUNCTIONS:
        return "function"
    return "class" if node.type in _CLASSES else None


def _declared_kind(node: Node, text: bytes) -> str | None:
    """`const f = () => ...` is a function; other values are constants, unless they are imports."""
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None or value is None or name.type != "identifier" or value.type in _NO_VALUES:
        return None
    if content(value.child_by_field_name("function"), text) == b"require":
        return None
    return _value_kind(value) or "constant"


def _assigned_kind(node: Node, text: bytes) -> str | None:
    """`exports.f = function ...`, `Store.prototype.f = () => ...`."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or left.type not in ("member_expression", "identifier"):
        return None
    whole_module = content(left, text) == b"module.exports"
    return None if whole_module else _value_kind(right)


def _member_kind(node: Node, text: bytes) -> str | None:
    return "method" if _value_kind(node.child_by_field_name("value")) == "function" else None


_assigned = last_part(by_field("left"))
_value_body = first_of(by_field("value", "body"), by_field("value"))
_method = Rule("method")

_RULES = {
    "function_declaration": Rule("function"),
    "generator_function_declaration": Rule("function"),
    "class_declaration": Rule("class"),
    "method_definition": _method,
    "variable_declarator": Rule(_declared_kind, named, _value_body),
    "assignment_expression": Rule(_assigned_kind, _assigned, by_field("right", "body")),
    "pair": Rule(_member_kind, by_field("key"), by_field("value", "body")),
}
_SCOPES = words(
    "export_statement expression_statement lexical_declaration variable_declaration "
    "statement_block class_body object arguments call_expression parenthesized_expression "
    "if_statement else_clause try_statement return_statement assignment_expression "
    "variable_declarator pair unary_expression new_expression arrow_function function_expression"
)

JAVASCRIPT = Syntax(
    module="tree_sitter_javascript",
    rules=_RULES
    | {"field_definition": Rule(_member_kind, by_field("property"), by_field("value", "body"))},
    scopes=_SCOPES,
    closures=words("arrow_function function_expression"),
    wrappers=words(
        "export_statement expression_statement lexical_declaration variable_declaration"
    ),
    bodies=words("statement_block class_body object switch_body"),
    attributes=words("decorator"),
)

TYPESCRIPT = replace(
    JAVASCRIPT,
    module="tree_sitter_typescript",
    entry="language_typescript",
    rules=_RULES
    | {
        "public_field_definition": Rule(_member_kind, named, by_field("value", "body")),
        "abstract_class_declaration": Rule("class"),
        "interface_declaration": Rule("interface", holds=False),
        "type_alias_declaration": Rule("type", named, by_field("value"), holds=False),
        "enum_declaration": Rule("enum", holds=False),
        "internal_module": Rule("namespace"),
        "module": Rule("module", last_part(named)),
        "function_signature": Rule("function"),
        "abstract_method_signature": _method,
    },
    scopes=_SCOPES | words("ambient_declaration as_expression satisfies_expression"),
    wrappers=JAVASCRIPT.wrappers | {"ambient_declaration"},
)

TSX = replace(TYPESCRIPT, entry="language_tsx")
