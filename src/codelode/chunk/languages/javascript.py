"""JavaScript and TypeScript, each with its JSX."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    by_field,
    content,
    first_of,
    heads,
    named,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = words("arrow_function function_expression generator_function function")
_NO_VALUES = words("identifier member_expression")
_MODULE = frozenset({b"exports", b"module.exports", b"this", b"self", b"window", b"globalThis"})


def _value_kind(node: Node | None) -> str | None:
    if node is None:
        return None
    if node.type in _FUNCTIONS:
        return "function"
    return "class" if node.type == "class" else None


def _declared(node: Node, text: bytes) -> Match | None:
    """Return a function for `const f = () => ...`, else a class or a constant; None for imports.

    A name for another value (`const a = b.c`) counts only if it is exported or in capitals.
    """
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None or name.type != "identifier":
        return None
    if value is None:
        is_ambient = node.child_by_field_name("type") is not None and _is_exported(node)
        return Match("constant", name, declaration=True) if is_ambient else None
    if value.type in _NO_VALUES and not content(name, text).isupper() and not _is_exported(node):
        return None
    if content(value.child_by_field_name("function"), text) == b"require":
        return None
    return Match(_value_kind(value) or "constant", name)


def _is_exported(node: Node) -> bool:
    """Return whether a declarator is part of `export const ...` or `declare const ...`."""
    outer = node.parent.parent if node.parent is not None else None
    return outer is not None and outer.type in ("export_statement", "ambient_declaration")


def _assigned(node: Node, text: bytes) -> Match | None:
    """Return the function or class of `exports.f = ...`, `Store.prototype.f = ...`.

    The value of a whole module keeps its own name: `module.exports = function f() {}`.
    """
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or left.type not in ("member_expression", "identifier"):
        return None
    kind = _value_kind(right)
    if kind is None:
        return None
    if content(left, text) in _MODULE:
        return Match(kind, right.child_by_field_name("name"))
    name = left.child_by_field_name("property") or left
    owner = left.child_by_field_name("object")
    if owner is not None and content(owner.child_by_field_name("property"), text) == b"prototype":
        owner = owner.child_by_field_name("object")
        kind = "method" if kind == "function" else kind
    if owner is not None and (owner.type == "member_expression" or content(owner, text) in _MODULE):
        owner = None
    return Match(kind, name, owner=owner)


def _member_kind(node: Node, text: bytes) -> str | None:
    return "method" if _value_kind(node.child_by_field_name("value")) == "function" else None


_TEST = re.compile(rb"(?:describe|context|suite|it|test|specify|bench|[fx](?:it|describe))\b[.(]")


def _test(node: Node, text: bytes) -> Match | None:
    """Return the title of `it("...", () => ...)`, `describe.skip(...)`, `test.each(...)(...)`."""
    if _TEST.match(text, node.start_byte) is None:
        return None
    arguments = node.child_by_field_name("arguments")
    title = arguments.named_child(0) if arguments and arguments.named_child_count > 1 else None
    if title is None or title.type not in ("string", "template_string"):
        return None
    return Match("test", title)


def _callbacks(node: Node, text: bytes) -> list[Match] | None:
    """Return the named functions among arguments, or the named function that is returned.

    Examples: `defineGetter(req, "ip", function ip() {` and `return function next() {`.
    """
    named_functions = [
        (child.child_by_field_name("name"), child)
        for child in node.named_children
        if child.type == "function_expression"
    ]
    return [Match("function", name, whole=child) for name, child in named_functions if name]


_value_body = first_of(by_field("value", "body"), by_field("value"))
_method = Rule("method")
_RULES = {
    "function_declaration": Rule("function"),
    "generator_function_declaration": Rule("function"),
    "class_declaration": Rule("class"),
    "method_definition": _method,
    "variable_declarator": Rule(_declared, nothing, _value_body),
    "assignment_expression": Rule(_assigned, nothing, by_field("right", "body")),
    "call_expression": Rule(_test, nothing, by_field("arguments")),
    "arguments": Rule(_callbacks, nothing, nothing, encloses=False),
    "return_statement": Rule(_callbacks, nothing, nothing, encloses=False),
    "pair": Rule(_member_kind, by_field("key"), by_field("value", "body")),
}
_SCOPES = words(
    "export_statement expression_statement lexical_declaration variable_declaration "
    "statement_block class class_body object arguments call_expression parenthesized_expression "
    "if_statement else_clause try_statement return_statement assignment_expression "
    "variable_declarator pair unary_expression new_expression arrow_function function_expression "
    "await_expression"
)
_HEADS = heads(
    rb"(?:export )?(?:default )?(?:abstract )?class (?P<class>[\w$]+)[^;(){}]*\{",
    rb"(?:export )?(?:default )?(?:async )?function\s*\*?\s*(?P<function>[\w$]+)\s*[<(]",
    rb"(?:export )?(?:const|let|var) (?P<function_2>[\w$]+)\s*(?::[^=\n]*)?= ?(?:async ?)?"
    rb"(?:function\b|\([^()\n]*\)[^\n=]*=>)",
    rb"(?:export )?(?:declare )?interface (?P<interface>[\w$]+)[^;(){}]*\{",
    rb"(?:export )?type (?P<type>[\w$]+)(?:<[^=\n]*>)?\s*=",
    rb"(?:(?:static|async|get|set|public|private|protected|readonly) )*"
    rb"(?!if\b|for\b|while\b|switch\b|catch\b|with\b|function\b|return\b)"
    rb"(?P<method>[\w$#]+)\s*\([^(){};]*\)[^(){};=\n]*\{[ \t]*$",
)

JAVASCRIPT = Syntax(
    module="tree_sitter_javascript",
    rules=_RULES
    | {"field_definition": Rule(_member_kind, by_field("property"), by_field("value", "body"))},
    scopes=_SCOPES,
    closures=words("arrow_function function_expression"),
    compact=words("lexical_declaration variable_declaration"),
    inline=(b"function", b"class", b"it("),
    wrappers=words(
        "export_statement expression_statement lexical_declaration variable_declaration"
    ),
    bodies=words("statement_block class_body object switch_body"),
    attributes=words("decorator"),
    alternative="tsx",
    heads=_HEADS,
)


def _variants(node: Node, text: bytes) -> list[Match]:
    """Return the members of an enum."""
    names = [
        (child, child.child_by_field_name("name") or child)
        for child in node.named_children
        if child.type in ("property_identifier", "string", "enum_assignment")
    ]
    return [Match("variant", name, declaration=True, whole=child) for child, name in names]


_signature = Rule("method", holds=False, declaration=True)

TYPESCRIPT = replace(
    JAVASCRIPT,
    module="tree_sitter_typescript",
    entry="language_typescript",
    rules=_RULES
    | {
        "public_field_definition": Rule(_member_kind, named, by_field("value", "body")),
        "abstract_class_declaration": Rule("class"),
        "interface_declaration": Rule("interface"),
        "type_alias_declaration": Rule("type", named, by_field("value"), holds=False),
        "enum_declaration": Rule("enum"),
        "enum_body": Rule(_variants, nothing, nothing, holds=False),
        "internal_module": Rule("namespace"),
        "module": Rule("module", named),
        "function_signature": Rule("function", declaration=True),
        "method_signature": _signature,
        "abstract_method_signature": _signature,
        "property_signature": Rule("property", holds=False, declaration=True),
    },
    scopes=_SCOPES | words("ambient_declaration as_expression satisfies_expression interface_body"),
    compact=JAVASCRIPT.compact | {"interface_body", "ambient_declaration"},
    wrappers=JAVASCRIPT.wrappers | {"ambient_declaration"},
    alternative=None,
)

TSX = replace(TYPESCRIPT, entry="language_tsx")
