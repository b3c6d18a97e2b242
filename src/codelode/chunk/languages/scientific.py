"""Fortran, Julia and MATLAB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    by_type,
    content,
    heads,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_identifier = by_type("identifier")


def _names(kind: str, *, declaration: bool = False) -> Rule:
    """Make a rule for a list of names, each of which is a definition of `kind`."""

    def found(node: Node, text: bytes) -> list[Match]:
        names = [child for child in node.named_children if child.type == "identifier"]
        return [Match(kind, name, declaration, whole=name) for name in names]

    return Rule(found, nothing, nothing, holds=False)


def _is_constant(node: Node, text: bytes) -> bool:
    attributes = by_type("attributes")(node)
    return b"Constant" in content(attributes, text)


def _properties(node: Node, text: bytes) -> list[Match]:
    """Return the properties of a class; those marked `Constant` have the kind `constant`."""
    kind = "constant" if _is_constant(node, text) else "property"
    properties = [child for child in node.named_children if child.type == "property"]
    return [Match(kind, each.child_by_field_name("name"), whole=each) for each in properties]


MATLAB = Syntax(
    module="tree_sitter_matlab",
    rules={
        "class_definition": Rule("class"),
        "function_definition": Rule("function", holds=False),
        "function_signature": Rule("function", holds=False, declaration=True),
        "properties": Rule(_properties, nothing, nothing, holds=False),
        "events": _names("event"),
        "enum": Rule("variant", _identifier, nothing, holds=False, declaration=True),
    },
    scopes=words("methods enumeration"),
    bodies=words("block methods"),
    heads=heads(
        rb"classdef(?:[ \t]*\([^()\n]*\))?[ \t]+(?P<class>\w+)",
        rb"function[ \t]+(?:[^=\n]{1,200}=[ \t]*)?(?P<function>\w+)",
    ),
)


def _julia_name(node: Node | None) -> tuple[Node | None, Node | None]:
    """Return the name in a signature, and the module before it: `show` of `Base.show(io)::Int`."""
    while node is not None and node.type not in ("identifier", "operator"):
        if node.type == "field_expression":
            return node.named_child(node.named_child_count - 1), node.child_by_field_name("value")
        node = node.named_child(0) if node.named_child_count else None
    return node, None


def _julia_function(node: Node, text: bytes) -> Match:
    name, owner = _julia_name(by_type("signature")(node))
    return Match("function", name, owner=owner)


def _julia_assigned(node: Node, text: bytes) -> Match | None:
    """Return the function that `f(x) = x + 1` defines; None for another assignment."""
    left = node.named_child(0) if node.named_child_count else None
    while left is not None and left.type in ("typed_expression", "where_expression"):
        left = left.named_child(0)
    if left is None or left.type != "call_expression":
        return None
    name, owner = _julia_name(left)
    return Match("function", name, owner=owner)


def _julia_constant(node: Node, text: bytes) -> Match | None:
    assignment = by_type("assignment")(node)
    name = assignment.named_child(0) if assignment and assignment.named_child_count else None
    if assignment is None or name is None or name.type != "identifier":
        return None
    value = assignment.named_child(assignment.named_child_count - 1)
    is_function = value.type in ("arrow_function_expression", "function_expression")
    return Match("function" if is_function else "constant", name)


def _julia_macro_call(node: Node, text: bytes) -> list[Match] | None:
    """Return the definitions that `@enum State open closed` and `@testset "..." begin` make."""
    name, arguments = by_type("macro_identifier")(node), by_type("macro_argument_list")(node)
    if arguments is None or not arguments.named_child_count:
        return None
    first = arguments.named_child(0)
    called = content(name, text)
    if called == b"@testset" and first.type == "string_literal":
        return [Match("test", first)]
    if called != b"@enum":
        return None
    members = [child for child in arguments.named_children[1:] if child.type == "identifier"]
    found = [Match("enum", _julia_name(first)[0])]
    return found + [Match("variant", each, declaration=True, whole=each) for each in members]


JULIA = Syntax(
    module="tree_sitter_julia",
    rules={
        "module_definition": Rule("module"),
        "function_definition": Rule(_julia_function, nothing, nothing, holds=False),
        "macro_definition": Rule(
            lambda node, text: Match("macro", _julia_name(by_type("signature")(node))[0]),
            nothing,
            nothing,
            holds=False,
        ),
        "struct_definition": Rule(
            lambda node, text: Match("struct", _julia_name(by_type("type_head")(node))[0]),
            nothing,
            nothing,
            holds=False,
        ),
        "abstract_definition": Rule(
            lambda node, text: Match("interface", _julia_name(by_type("type_head")(node))[0]),
            nothing,
            nothing,
            holds=False,
        ),
        "assignment": Rule(_julia_assigned, nothing, nothing, holds=False),
        "const_statement": Rule(_julia_constant, nothing, nothing, holds=False),
        "macrocall_expression": Rule(_julia_macro_call, nothing, nothing, encloses=False),
    },
    scopes=words("macro_argument_list compound_statement if_statement"),
    bodies=words("module_definition compound_statement"),
    comments=words("line_comment block_comment string_literal"),
    heads=heads(
        rb"(?:function|macro)[ \t]+(?:(?P<owner>\w+)\.)?(?P<function>[\w!]+)\s*[({]",
        rb"(?:(?P<owner_2>\w+)\.)?(?P<function_2>[\w!]+)\([^()\n]{0,200}\)[^=\n]{0,80}=(?!=)",
        rb"(?:mutable )?struct (?P<struct>\w+)",
        rb"abstract type (?P<interface>\w+)",
        rb"(?:bare)?module (?P<module>\w+)",
    ),
)


def _statement(kind: str, *statements: str) -> Rule:
    """Make a rule for a program unit that has its name in its first statement."""

    def name(node: Node) -> Node | None:
        statement = by_type(*statements)(node)
        if statement is None:
            return None
        return statement.child_by_field_name("name") or by_type("name", "type_name")(statement)

    return Rule(kind, name, nothing)


def _parameters(node: Node, text: bytes) -> list[Match] | None:
    """Return the constants that `integer, parameter :: limit = 10` defines; None for variables."""
    qualifiers = [child for child in node.children if child.type == "type_qualifier"]
    if not any(content(each, text).lower() == b"parameter" for each in qualifiers):
        return None
    declarators = [child for child in node.named_children if child.type == "init_declarator"]
    return [Match("constant", each.child_by_field_name("left")) for each in declarators]


FORTRAN = Syntax(
    module="tree_sitter_fortran",
    rules={
        "module": _statement("module", "module_statement"),
        "submodule": _statement("module", "submodule_statement"),
        "program": _statement("function", "program_statement"),
        "subroutine": _statement("function", "subroutine_statement"),
        "function": _statement("function", "function_statement"),
        "derived_type_definition": _statement("struct", "derived_type_statement"),
        "interface": _statement("interface", "interface_statement"),
        "variable_declaration": Rule(_parameters, nothing, nothing, holds=False),
    },
    scopes=words("internal_procedures"),
    bodies=words("module submodule program subroutine function internal_procedures"),
    heads=heads(
        rb"(?i:(?:\w+(?:\([^()\n]*\))? )*(?:subroutine|function))[ \t]+(?P<function>\w+)",
        rb"(?i:module)[ \t]+(?!procedure\b)(?P<module>\w+)[ \t]*$",
        rb"(?i:program)[ \t]+(?P<function_2>\w+)",
        rb"(?i:type)(?:[ \t]*,[^:\n]*)?[ \t]*::[ \t]*(?P<struct>\w+)",
    ),
)
