"""Objective-C."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from codelode.chunk.languages.c_family import C
from codelode.chunk.languages.c_text import repaired
from codelode.chunk.languages.model import Match, Rule, by_type, heads, nothing, words

if TYPE_CHECKING:
    from tree_sitter import Node

_identifier = by_type("identifier")
_ENUM = re.compile(
    rb"typedef[ \t]+NS_\w*(?:ENUM|OPTIONS)\([ \t]*\w+[ \t]*,[ \t]*(?=\w+[ \t]*\))(\w+)[ \t]*\)"
)


def _readable(text: bytes) -> bytes:
    """Write `typedef NS_ENUM(NSInteger, State) {` as `enum State {`."""

    def plain(match: re.Match[bytes]) -> bytes:
        start = match.start(1) - match.start()
        return b"enum".ljust(start) + match[1] + b" " * (len(match[0]) - start - len(match[1]))

    return _ENUM.sub(plain, text)


def _implementation(node: Node, text: bytes) -> Match:
    """Return a class, or the class that a category extends."""
    category = node.child_by_field_name("category")
    return Match("class" if category is None else "extension", _identifier(node))


def _interface(node: Node, text: bytes) -> Match:
    return _implementation(node, text)._replace(declaration=True)


def _property(node: Node) -> Node | None:
    declared = by_type("struct_declaration")(node)
    name = by_type("struct_declarator")(declared) if declared is not None else None
    while name is not None and name.type != "identifier":
        name = name.named_child(name.named_child_count - 1) if name.named_child_count else None
    return name


OBJECTIVE_C = replace(
    C,
    module="tree_sitter_objc",
    rules={
        **{name: rule for name, rule in C.rules.items() if name != "macro_type_specifier"},
        "class_interface": Rule(_interface, nothing, nothing),
        "class_implementation": Rule(_implementation, nothing, nothing),
        "protocol_declaration": Rule("interface", _identifier, nothing),
        "method_declaration": Rule("method", _identifier, nothing, False, declaration=True),
        "method_definition": Rule("method", _identifier, by_type("compound_statement"), False),
        "property_declaration": Rule("property", _property, nothing, False, declaration=True),
    },
    scopes=C.scopes | words("implementation_definition qualified_protocol_interface_declaration"),
    compact=C.compact | words("implementation_definition qualified_protocol_interface_declaration"),
    bodies=C.bodies | words("class_interface class_implementation protocol_declaration"),
    prepare=_readable,
    repair=repaired,
    heads=heads(
        rb"@interface[ \t]+(?P<class>\w+)",
        rb"@implementation[ \t]+(?P<class_2>\w+)",
        rb"@protocol[ \t]+(?P<interface>\w+)[ \t]*(?:<|$)",
        rb"[-+][ \t]*\([^()\n]{1,200}\)[ \t]*(?P<method>\w+)",
    ),
)
