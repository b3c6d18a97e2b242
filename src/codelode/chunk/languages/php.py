"""PHP."""

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
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = words("anonymous_function arrow_function")
_TITLED = frozenset({b"it", b"test", b"describe"})


def _assigned(node: Node, text: bytes) -> Match | None:
    """Return the function of `$f = function () {` or the class of `$c = new class {`, or None."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or left.type != "variable_name":
        return None
    name = left.named_child(0)
    if right.type in _FUNCTIONS:
        return Match("function", name)
    if right.type == "object_creation_expression" and by_type("anonymous_class")(right):
        return Match("class", name)
    return None


def _called(node: Node, text: bytes) -> Match | None:
    """Return the constant of `define("NAME", ...)` and the title of `it("...", function () {`."""
    function = content(node.child_by_field_name("function"), text)
    if function != b"define" and function not in _TITLED:
        return None
    arguments = node.child_by_field_name("arguments")
    first = arguments.named_child(0) if arguments and arguments.named_child_count > 1 else None
    string = first.named_child(0) if first is not None and first.named_child_count else None
    if string is None or string.type not in ("string", "encapsed_string"):
        return None
    return Match("constant" if function == b"define" else "test", string)


_LOCAL = (b"new class", b"function ", b"\nclass ")
_MODIFIERS = rb"(?:(?:public|protected|private|static|abstract|final|readonly) )*"

PHP = Syntax(
    module="tree_sitter_php",
    entry="language_php",
    rules={
        "class_declaration": Rule("class"),
        "interface_declaration": Rule("interface"),
        "trait_declaration": Rule("trait"),
        "enum_declaration": Rule("enum"),
        "enum_case": Rule("variant", holds=False, declaration=True),
        "method_declaration": Rule("method", holds=_LOCAL, declaration=None),
        "function_definition": Rule("function", holds=_LOCAL),
        "const_element": Rule("constant", by_type("name"), holds=False),
        "assignment_expression": Rule(_assigned, nothing, by_field("right", "body")),
        "function_call_expression": Rule(_called, nothing, nothing),
    },
    scopes=words(
        "declaration_list enum_declaration_list namespace_definition compound_statement "
        "if_statement else_clause const_declaration colon_block expression_statement "
        "return_statement object_creation_expression anonymous_class arguments argument "
        "member_call_expression anonymous_function arrow_function array_creation_expression "
        "array_element_initializer"
    ),
    closures=words("anonymous_function arrow_function"),
    compact=words("const_declaration"),
    inline=(b"function", b"fn(", b"class ", b"define("),
    wrappers=words("const_declaration expression_statement"),
    bodies=words("compound_statement declaration_list enum_declaration_list"),
    heads=heads(
        _MODIFIERS + rb"class (?P<class>\w+)",
        rb"interface (?P<interface>\w+)\s*(?:extends|\{)",
        rb"trait (?P<trait>\w+)\s*\{",
        rb"enum (?P<enum>\w+)\s*[:{]",
        _MODIFIERS + rb"function &?(?P<function>\w+)\s*\(",
    ),
)
