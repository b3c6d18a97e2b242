"""F# and OCaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    by_field,
    by_type,
    heads,
    last_part,
    named,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _binding(node: Node, text: bytes) -> Match | None:
    """Return `f` of `let f x = ...`, a function, or `limit` of `let limit = 10`, a constant."""
    pattern, body = node.child_by_field_name("pattern"), node.child_by_field_name("body")
    if pattern is not None and pattern.type == "parenthesized_operator":
        return Match("function", pattern.named_child(0))
    if pattern is None or pattern.type != "value_name":
        return None
    is_function = by_type("parameter")(node) or (body is not None and "fun" in body.type)
    return Match("function" if is_function else "constant", pattern)


_OCAML_HEADS = heads(
    rb"(?:let|and)(?: rec)? (?P<function>[a-z_][\w']*)",
    rb"module(?: rec)? (?P<module>[A-Z]\w*)",
    rb"module type (?P<interface>\w+)",
    rb"type (?:\([^()\n]*\) |'\w+ )?(?P<type>[a-z_]\w*)",
    rb"class(?: virtual)? (?P<class>[a-z_]\w*)",
    rb"val (?P<function_2>[a-z_][\w']*)\s*:",
    rb"external (?P<function_3>[a-z_][\w']*)\s*:",
    rb"exception (?P<error>[A-Z]\w*)",
)

OCAML = Syntax(
    module="tree_sitter_ocaml",
    entry="language_ocaml",
    rules={
        "let_binding": Rule(_binding, nothing, by_field("body"), holds=False),
        "type_binding": Rule("type", named, by_field("body")),
        "constructor_declaration": Rule(
            "constructor", by_type("constructor_name"), nothing, holds=False
        ),
        "exception_definition": Rule(
            "error", last_part(by_type("constructor_declaration")), nothing, holds=False
        ),
        "module_binding": Rule("module", by_type("module_name"), by_field("body")),
        "module_type_definition": Rule("interface", by_type("module_type_name")),
        "value_specification": Rule(
            "function", by_type("value_name"), nothing, holds=False, declaration=True
        ),
        "external": Rule("function", by_type("value_name"), nothing, holds=False),
        "class_binding": Rule("class", by_type("class_name"), by_field("body")),
        "method_definition": Rule("method", by_type("method_name"), by_field("body"), holds=False),
    },
    scopes=words(
        "module_definition structure signature type_definition variant_declaration "
        "value_definition class_definition object_expression functor"
    ),
    compact=words(
        "module_definition structure signature type_definition variant_declaration "
        "value_definition class_definition"
    ),
    wrappers=words("value_definition type_definition module_definition class_definition"),
    bodies=words("structure signature object_expression"),
    heads=_OCAML_HEADS,
)


def _function(node: Node, text: bytes) -> Match | None:
    """Return the function or constant that `let` binds at the top of a module or type."""
    function = by_type("function_declaration_left")(node)
    if function is not None:
        name = by_type("identifier", "active_pattern", "op_identifier")(function)
        return Match("function", name)
    value = by_type("value_declaration_left")(node)
    pattern = value.named_child(0) if value is not None and value.named_child_count else None
    if pattern is None or pattern.type != "identifier_pattern":
        return None
    return Match("constant", last_part(by_type("long_identifier_or_op"))(pattern))


def _member(node: Node, text: bytes) -> Match | None:
    """Return a member of a type (a method, property or `abstract` declaration), else None."""
    inner = by_type("method_or_prop_defn", "member_signature", "property_or_ident")(node)
    if inner is None:
        return None
    if inner.type == "member_signature":
        return Match("method", by_type("identifier")(inner), declaration=True)
    written = inner.child_by_field_name("name") if inner.type == "method_or_prop_defn" else inner
    if written is None:
        return None
    name = written.child_by_field_name("method") or by_type("identifier")(written)
    is_method = inner.child_by_field_name("args") is not None
    return Match("method" if is_method else "property", name)


def _type_name(node: Node) -> Node | None:
    """Return the name of a type: `Point` of `type Point<'a> = ...`."""
    name = by_type("type_name")(node)
    return name.child_by_field_name("type_name") if name is not None else None


def _type(kind: str) -> Rule:
    return Rule(kind, _type_name, by_field("block"))


FSHARP = Syntax(
    module="tree_sitter_fsharp",
    rules={
        "namespace": Rule("namespace", named, nothing),
        "named_module": Rule("module", named, nothing),
        "module_defn": Rule("module", by_type("identifier"), by_field("block")),
        "function_or_value_defn": Rule(_function, nothing, by_field("body"), holds=False),
        "record_type_defn": _type("struct"),
        "union_type_defn": _type("enum"),
        "enum_type_defn": _type("enum"),
        "anon_type_defn": _type("class"),
        "interface_type_defn": _type("interface"),
        "type_abbrev_defn": _type("type"),
        "union_type_case": Rule(
            "variant", by_type("identifier"), nothing, holds=False, declaration=True
        ),
        "enum_type_case": Rule(
            "variant", by_type("identifier"), nothing, holds=False, declaration=True
        ),
        "exception_definition": Rule(
            "error", last_part(by_field("exception_name")), nothing, holds=False
        ),
        "member_defn": Rule(_member, nothing, nothing, holds=False),
    },
    scopes=words(
        "declaration_expression type_definition type_extension_elements union_type_cases "
        "enum_type_cases"
    ),
    compact=words("declaration_expression type_definition union_type_cases enum_type_cases"),
    wrappers=words("declaration_expression type_definition"),
    bodies=words("namespace module_defn file type_extension_elements"),
    comments=words("line_comment block_comment xml_doc"),
    heads=heads(
        rb"(?:let|and)(?: rec)?(?: (?:inline|private|internal|mutable))* "
        rb"(?P<function>[\w']+|``[^`]+``)",
        rb"type (?:(?:private|internal) )?(?P<type>\w+)",
        rb"module (?:rec )?(?P<module>[\w.]+)",
        rb"(?:static |override |default )*member (?:private )?(?:\w+\.)?(?P<method>\w+)",
        rb"exception (?P<error>\w+)",
    ),
)
