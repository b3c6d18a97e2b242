"""Go, Rust, Swift and Zig."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Rule,
    Syntax,
    by_field,
    by_type,
    first_of,
    last_part,
    named,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _go_type_kind(node: Node, text: bytes) -> str:
    shape = node.child_by_field_name("type")
    return {"struct_type": "struct", "interface_type": "interface"}.get(
        shape.type if shape else "", "type"
    )


GO = Syntax(
    module="tree_sitter_go",
    rules={
        "function_declaration": Rule("function", holds=False),
        "method_declaration": Rule("method", holds=False),
        "type_spec": Rule(_go_type_kind, named, by_field("type"), holds=False),
        "type_alias": Rule("type", named, by_field("type"), holds=False),
        "const_spec": Rule("constant", named, by_field("value"), holds=False),
        "var_spec": Rule("variable", named, by_field("value"), holds=False),
    },
    scopes=words("type_declaration const_declaration var_declaration var_spec_list"),
    wrappers=words("type_declaration const_declaration var_declaration"),
    bodies=words("block statement_list field_declaration_list const_declaration var_spec_list"),
)


def _impl_type(node: Node) -> Node | None:
    """The type that an `impl` is for, without its arguments and references."""
    found = node.child_by_field_name("type")
    while found is not None and found.type not in ("type_identifier", "primitive_type"):
        inner = found.child_by_field_name("type") or found.child_by_field_name("name")
        if inner is None:
            return found
        found = inner
    return found


RUST = Syntax(
    module="tree_sitter_rust",
    rules={
        "function_item": Rule("function", holds=False),
        "function_signature_item": Rule("function", holds=False),
        "struct_item": Rule("struct", holds=False),
        "enum_item": Rule("enum", holds=False),
        "union_item": Rule("union", holds=False),
        "trait_item": Rule("trait"),
        "impl_item": Rule("impl", _impl_type),
        "mod_item": Rule(lambda node, text: "module" if node.child_by_field_name("body") else None),
        "type_item": Rule("type", named, by_field("type"), holds=False),
        "associated_type": Rule("type", holds=False),
        "const_item": Rule("constant", named, by_field("value"), holds=False),
        "static_item": Rule("variable", named, by_field("value"), holds=False),
        "macro_definition": Rule("macro", named, by_type("macro_rule"), holds=False),
    },
    scopes=words("declaration_list foreign_mod_item"),
    bodies=words("block declaration_list field_declaration_list enum_variant_list"),
    comments=words("line_comment block_comment"),
    attributes=words("attribute_item"),
)


def _swift_kind(node: Node, text: bytes) -> str:
    word = node.child_by_field_name("declaration_kind")
    kind = word.type if word else "class"
    return "class" if kind == "actor" else kind


def _swift_property_kind(node: Node, text: bytes) -> str | None:
    return "property" if node.child_by_field_name("name") else None


_SWIFT_NAME = last_part(named)

SWIFT = Syntax(
    module="tree_sitter_swift",
    rules={
        "class_declaration": Rule(_swift_kind, _SWIFT_NAME),
        "protocol_declaration": Rule("interface", _SWIFT_NAME),
        "function_declaration": Rule("function", named, holds=False),
        "protocol_function_declaration": Rule("function", named, holds=False),
        "init_declaration": Rule("method", named, holds=False),
        "subscript_declaration": Rule("method", by_type("subscript"), holds=False),
        "property_declaration": Rule(
            _swift_property_kind,
            by_field("name", "bound_identifier"),
            first_of(by_field("computed_value"), by_field("value")),
            holds=False,
        ),
        "protocol_property_declaration": Rule(
            "property", by_field("name", "bound_identifier"), nothing, holds=False
        ),
        "typealias_declaration": Rule("type", named, by_field("value"), holds=False),
        "macro_declaration": Rule("macro", by_type("simple_identifier"), holds=False),
    },
    scopes=words("class_body enum_class_body protocol_body directive"),
    bodies=words("class_body enum_class_body protocol_body statements"),
    comments=words("comment multiline_comment"),
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
    """`const X = struct {...}` defines a struct; an import or a local assignment, nothing."""
    value = _zig_value(node)
    if value is not None:
        return _ZIG_CONTAINERS[value.type]
    word = node.child(0)
    last = node.named_child(node.named_child_count - 1) if node.named_child_count else None
    if word is None or last is None or word.type not in ("const", "var", "pub"):
        return None
    if last.type == "builtin_function" and text.startswith(b"@import", last.start_byte):
        return None
    return "constant"


ZIG = Syntax(
    module="tree_sitter_zig",
    rules={
        "function_declaration": Rule("function"),
        "variable_declaration": Rule(_zig_kind, by_type("identifier"), _zig_value),
        "test_declaration": Rule(
            "test", last_part(by_type("string", "identifier")), by_type("block"), holds=False
        ),
    },
    scopes=words(
        "block expression_statement return_expression field_expression comptime_declaration"
    )
    | frozenset(_ZIG_CONTAINERS),
    bodies=words("block") | frozenset(_ZIG_CONTAINERS),
)
