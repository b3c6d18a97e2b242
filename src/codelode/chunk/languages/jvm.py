"""Kotlin and Scala."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    Written,
    by_field,
    by_type,
    content,
    first_of,
    heads,
    named,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_MODIFIERS = rb"(?:@[\w.]+(?:\([^()\n]*\))? |[a-z]+(?:\[\w+\])? )*"


def _class_kind(node: Node, text: bytes) -> str:
    for child in node.children:
        if child.type == "interface":
            return "interface"
        if child.type == "modifiers" and b"enum" in content(child, text).split():
            return "enum"
        if child.type == "identifier":
            break
    return "class"


def _property_kind(node: Node, text: bytes) -> str | None:
    first = node.child(0)
    is_const = first is not None and first.type == "modifiers"
    return "constant" if is_const and b"const" in content(first, text).split() else "property"


_kotlin_body = by_type("function_body", "class_body", "enum_class_body")


def _property_name(node: Node) -> Node | None:
    declared = by_type("variable_declaration")(node)
    return by_type("identifier")(declared) if declared else None


_TYPES = words("user_type nullable_type parenthesized_type")


def _receiver(node: Node) -> Node | None:
    """Return the type that an extension extends: `String` of `fun String.shout()`."""
    receiver = None
    for child in node.children:
        if child.type in _TYPES:
            receiver = child
        elif child.type == ".":
            break
        elif child.type in ("identifier", "variable_declaration", "function_value_parameters"):
            return None
    while receiver is not None and receiver.type in _TYPES:
        receiver = receiver.named_child(0) if receiver.named_child_count else None
    return receiver


_CLASS = re.compile(rb"(?:\w+[ \t]+){0,4}(class|interface|object)[ \t]+(\w+)")


def _taken_for_expression(node: Node, text: bytes) -> Match | None:
    """Return a class that was parsed as an expression, such as `sealed interface Name`."""
    words = node
    while words.type == "annotated_expression" and words.named_child_count:
        words = words.named_child(words.named_child_count - 1)
    written = _CLASS.match(text, words.start_byte)
    if written is None:
        return None
    return Match(written[1].decode(), Written(written.span(2)))


_GUARD = re.compile(rb"\n([^\n{=]{1,300}?)[ \t](if\b[^\n]{0,300}?)->")


_TYPE_WORDS = (b"class ", b"object ", b"interface ", b"object:")
_MEMBER_WORDS = (b"fun ", b"val ", b"var ")
_INSIDE_BRACES = re.compile(rb"(?<=[{;])[ \t]|[ \t](?=\})")


def _repaired(text: bytes) -> tuple[bytes, list[tuple[int, int]]]:
    """Blank out the guards of `when` (`is Int if x > 0 -> ...`); split one-line types into lines.

    The grammar requires a line end after each member, which `class A { fun f() {} }` lacks.
    """

    def blank(match: re.Match[bytes]) -> bytes:
        condition, guard = match.groups()
        if condition.isspace() or b"->" in condition:
            return match[0]
        return b"\n" + condition + b" " * (len(guard) + 1) + b"->"

    lines = (_broken(line) for line in _GUARD.sub(blank, text).split(b"\n"))
    return b"\n".join(lines), []


def _broken(line: bytes) -> bytes:
    """Turn spaces inside braces into line ends, if the line holds a whole type with members."""
    holds_type = b"}" in line and any(word in line for word in _TYPE_WORDS)
    holds_members = holds_type and any(word in line for word in _MEMBER_WORDS)
    return _INSIDE_BRACES.sub(b"\n", line) if holds_members else line


_KOTLIN_LOCAL = (b"fun ", b"class ", b"object ")

KOTLIN = Syntax(
    module="tree_sitter_kotlin",
    rules={
        "class_declaration": Rule(_class_kind, named, _kotlin_body),
        "object_declaration": Rule("object", named, _kotlin_body),
        "companion_object": Rule("object", named, _kotlin_body),
        "enum_entry": Rule("variant", by_type("identifier"), _kotlin_body, declaration=True),
        "secondary_constructor": Rule("method", by_type("constructor"), nothing, holds=False),
        "function_declaration": Rule(
            "function",
            named,
            _kotlin_body,
            holds=_KOTLIN_LOCAL,
            declaration=None,
            owner=_receiver,
        ),
        "property_declaration": Rule(
            _property_kind,
            _property_name,
            by_type("getter", "setter"),
            holds=_KOTLIN_LOCAL,
            declaration=None,
            owner=_receiver,
        ),
        "annotated_expression": Rule(_taken_for_expression, nothing, nothing),
        "infix_expression": Rule(_taken_for_expression, nothing, nothing),
        "type_alias": Rule("type", by_field("type"), holds=False),
    },
    scopes=words(
        "class_body enum_class_body companion_object function_body block object_literal "
        "call_expression annotated_lambda lambda_literal value_arguments value_argument "
        "return_expression if_expression when_expression when_entry try_expression"
    ),
    inline=_KOTLIN_LOCAL,
    bodies=words("block function_body class_body enum_class_body"),
    comments=words("line_comment block_comment"),
    repair=_repaired,
    heads=heads(
        _MODIFIERS + rb"class (?P<class>\w+)",
        _MODIFIERS + rb"(?:fun )?interface (?P<interface>\w+)",
        _MODIFIERS + rb"object (?P<object>\w+)",
        _MODIFIERS
        + rb"fun (?:<[^>\n]{0,200}> )?(?:[\w.<>?, ]+\.)?(?P<function>\w+|`[^`\n]+`)\s*\(",
    ),
)

_value = by_field("value")
_pattern = by_field("pattern")


def _simple_pattern(kind: str, *, declaration: bool = False) -> Rule:
    def found(node: Node, text: bytes) -> list[Match]:
        pattern = node.child_by_field_name("pattern") or node.child_by_field_name("name")
        if pattern is not None and pattern.type == "identifiers":
            names = pattern.named_children
        else:
            names = [pattern] if pattern is not None and pattern.type == "identifier" else []
        return [Match(kind, name, declaration) for name in names]

    return Rule(found, first_of(_pattern, named), _value, holds=False)


def _extended(node: Node) -> Node | None:
    """Return the type that an extension extends: `String` of `extension (s: String)`."""
    parameters = node.child_by_field_name("parameters")
    first = parameters.named_child(0) if parameters and parameters.named_child_count else None
    return first.child_by_field_name("type") if first is not None else None


_TITLED = frozenset({b"test", b"it", b"describe", b"they", b"property", b"feature", b"scenario"})


def _test(node: Node, text: bytes) -> Match | None:
    """Return the title of `test("...") {` and of `it("...") {`."""
    call = node.child_by_field_name("function")
    if call is None or call.type != "call_expression":
        return None
    if content(call.child_by_field_name("function"), text) not in _TITLED:
        return None
    arguments = call.child_by_field_name("arguments")
    title = arguments.named_child(0) if arguments and arguments.named_child_count else None
    return Match("test", title) if title is not None and title.type == "string" else None


def _sentence(node: Node, text: bytes) -> Match | None:
    """Return the title of `"a queue" should "pop" in {`."""
    if content(node.child_by_field_name("operator"), text) not in (b"in", b"should", b"when", b"-"):
        return None
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or right.type != "block" or text[left.start_byte] != _QUOTE:
        return None
    return Match("test", Written(left.byte_range))


_QUOTE = 0x22
_SCALA_LOCAL = (b"def ", b"class ", b"object ", b"trait ")
_function = Rule("function", holds=_SCALA_LOCAL)

SCALA = Syntax(
    module="tree_sitter_scala",
    rules={
        "class_definition": Rule("class"),
        "trait_definition": Rule("trait"),
        "object_definition": Rule("object"),
        "package_object": Rule("object"),
        "enum_definition": Rule("enum"),
        "simple_enum_case": Rule("variant", holds=False, declaration=True),
        "full_enum_case": Rule("variant", holds=False, declaration=True),
        "extension_definition": Rule("extension", _extended),
        "given_definition": Rule("instance"),
        "function_definition": _function,
        "function_declaration": Rule("function", holds=False, declaration=True),
        "val_definition": _simple_pattern("property"),
        "var_definition": _simple_pattern("property"),
        "val_declaration": _simple_pattern("property", declaration=True),
        "var_declaration": _simple_pattern("property", declaration=True),
        "type_definition": Rule("type", named, by_field("type"), False, declaration=None),
        "call_expression": Rule(_test, nothing, by_field("arguments")),
        "infix_expression": Rule(_sentence, nothing, by_field("right")),
    },
    scopes=words(
        "template_body enum_body with_template_body extension_definition indented_block block "
        "package_clause enum_case_definitions"
    ),
    compact=words("enum_case_definitions"),
    bodies=words("block indented_block template_body enum_body with_template_body case_block"),
    comments=words("comment block_comment"),
    heads=heads(
        _MODIFIERS + rb"(?:case )?class (?P<class>\w+)",
        _MODIFIERS + rb"(?:case |package )?object (?P<object>\w+)",
        _MODIFIERS + rb"trait (?P<trait>\w+)",
        _MODIFIERS + rb"def (?P<function>\w+|`[^`\n]+`)\s*[(:=\[]",
    ),
)
