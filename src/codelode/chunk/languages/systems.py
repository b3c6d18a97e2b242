"""Swift and Zig."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    by_field,
    by_type,
    first_of,
    heads,
    last_part,
    named,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _swift_kind(node: Node, text: bytes) -> str:
    word = node.child_by_field_name("declaration_kind")
    kind = word.type if word else "class"
    return "class" if kind == "actor" else kind


def _swift_property_kind(node: Node, text: bytes) -> str | None:
    return "property" if node.child_by_field_name("name") else None


def _swift_cases(node: Node, text: bytes) -> list[Match]:
    """Return the cases of an enum: `case hearts, spades`."""
    names = node.children_by_field_name("name")
    return [Match("variant", name, declaration=True) for name in names if name.is_named]


_SWIFT_NAME = last_part(named)
_SWIFT_LOCAL = (b"func ", b"class ", b"struct ", b"enum ")
_SWIFT_MODIFIERS = rb"(?:@\w+(?:\([^()\n]*\))? |[a-z]+(?:\(\w+\))? )*"

SWIFT = Syntax(
    module="tree_sitter_swift",
    rules={
        "class_declaration": Rule(_swift_kind, _SWIFT_NAME),
        "protocol_declaration": Rule("interface", _SWIFT_NAME),
        "associatedtype_declaration": Rule("type", holds=False, declaration=True),
        "enum_entry": Rule(_swift_cases, nothing, nothing, holds=False),
        "function_declaration": Rule("function", named, holds=_SWIFT_LOCAL),
        "protocol_function_declaration": Rule("function", named, holds=False, declaration=True),
        "init_declaration": Rule("method", named, holds=False, declaration=None),
        "deinit_declaration": Rule("method", by_type("deinit"), holds=False),
        "subscript_declaration": Rule("method", by_type("subscript"), holds=False),
        "property_declaration": Rule(
            _swift_property_kind,
            by_field("name", "bound_identifier"),
            first_of(by_field("computed_value"), by_field("value")),
            holds=False,
        ),
        "protocol_property_declaration": Rule(
            "property", by_field("name", "bound_identifier"), nothing, False, declaration=True
        ),
        "typealias_declaration": Rule("type", named, by_field("value"), holds=False),
        "macro_declaration": Rule("macro", by_type("simple_identifier"), holds=False),
    },
    scopes=words("class_body enum_class_body protocol_body directive function_body statements"),
    inline=_SWIFT_LOCAL,
    bodies=words("class_body enum_class_body protocol_body statements"),
    comments=words("comment multiline_comment"),
    heads=heads(
        _SWIFT_MODIFIERS + rb"(?:class|actor) (?P<class>[A-Z]\w*)",
        _SWIFT_MODIFIERS + rb"struct (?P<struct>\w+)",
        _SWIFT_MODIFIERS + rb"enum (?P<enum>\w+)",
        _SWIFT_MODIFIERS + rb"protocol (?P<interface>\w+)",
        _SWIFT_MODIFIERS + rb"extension (?P<extension>\w+)",
        _SWIFT_MODIFIERS + rb"func (?P<function>\w+)\s*[(<]",
    ),
)

_ZIG_CONTAINERS = {
    "struct_declaration": "struct",
    "enum_declaration": "enum",
    "union_declaration": "union",
    "opaque_declaration": "struct",
    "error_set_declaration": "enum",
}
_zig_value = by_type(*_ZIG_CONTAINERS)


def _zig_kind(node: Node, text: bytes) -> str | None:
    """Return the kind of `const X = ...`: a struct, for example; None for imports and locals."""
    value = _zig_value(node)
    if value is not None:
        return _ZIG_CONTAINERS[value.type]
    word = next((child.type for child in node.children if child.type in _ZIG_KINDS), None)
    last = node.named_child(node.named_child_count - 1) if node.named_child_count else None
    if word is None or last is None:
        return None
    if last.type == "builtin_function" and text.startswith(b"@import", last.start_byte):
        return None
    return _ZIG_KINDS[word]


_ZIG_KINDS = {"const": "constant", "var": "variable"}


def _zig_variants(node: Node, text: bytes) -> list[Match]:
    """Return the members of an enum, a tagged union or a set of errors."""
    variants: list[Match] = []
    for child in node.named_children:
        if child.type == "container_field":
            name = child.child_by_field_name("name") or child.child_by_field_name("type")
            variants.append(Match("variant", name, declaration=True, whole=child))
        elif child.type == "identifier" and node.type == "error_set_declaration":
            variants.append(Match("variant", child, declaration=True, whole=child))
    return variants


_zig_set = Rule(_zig_variants, nothing, nothing, encloses=False)

ZIG = Syntax(
    module="tree_sitter_zig",
    rules={
        "function_declaration": Rule("function", declaration=None),
        "variable_declaration": Rule(_zig_kind, by_type("identifier"), _zig_value),
        "enum_declaration": _zig_set,
        "union_declaration": _zig_set,
        "error_set_declaration": _zig_set,
        "test_declaration": Rule(
            "test", last_part(by_type("string", "identifier")), by_type("block"), holds=False
        ),
    },
    scopes=words(
        "block expression_statement return_expression field_expression comptime_declaration"
    )
    | frozenset(_ZIG_CONTAINERS),
    bodies=words("block") | frozenset(_ZIG_CONTAINERS),
    heads=heads(
        rb'(?:pub |export |inline |extern )*fn (?P<function>\w+|@"[^"\n]+")\s*\(',
        rb"(?:pub )?const (?P<struct>\w+) = (?:extern |packed )?struct\b",
        rb"(?:pub )?const (?P<enum>\w+) = enum\b",
        rb"(?:pub )?const (?P<union>\w+) = union\b",
        rb'test (?P<test>"[^"\n]+") \{',
    ),
)
