"""Dart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    Written,
    by_type,
    content,
    heads,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_TITLED = frozenset({b"test", b"testWidgets", b"group"})


def _signature(kind: str) -> Rule:
    """Make a rule for a signature and the body after it; a bodiless function is a declaration."""

    def found(node: Node, text: bytes) -> Match:
        name = node.child_by_field_name("name") or by_type("binary_operator", "identifier")(node)
        signature = node.parent if node.parent and node.parent.type == "method_signature" else node
        body = signature.next_named_sibling
        if body is None or body.type != "function_body":
            return Match(kind, name, declaration=kind == "function")
        return Match(kind, name, whole=Written((signature.start_byte, body.end_byte)))

    return Rule(found, nothing, nothing, holds=False)


def _constructor(node: Node, text: bytes) -> Match:
    """Return `empty` of `Queue.empty()`, `Queue` of `Queue()`."""
    names = [child for child in node.children if child.type == "identifier"]
    return Match("method", names[-1] if names else None)


def _values(node: Node, text: bytes) -> list[Match]:
    """Return constants; in a class, only static and final ones."""
    names = [child for child in node.named_children if child.type == "static_final_declaration"]
    return [Match("constant", each.named_child(0), whole=each) for each in names]


def _test(node: Node, text: bytes) -> Match | None:
    """Return the title of `test("...", () {`; None for a call of another function."""
    if content(by_type("identifier")(node), text) not in _TITLED:
        return None
    selector = by_type("selector")(node)
    title = selector
    while title is not None and title.type != "string_literal":
        title = title.named_child(0) if title.named_child_count else None
    return Match("test", title)


DART = Syntax(
    module="tree_sitter_dart",
    rules={
        "class_definition": Rule("class"),
        "mixin_declaration": Rule("trait", by_type("identifier")),
        "extension_declaration": Rule("extension"),
        "extension_type_declaration": Rule("extension"),
        "enum_declaration": Rule("enum"),
        "enum_constant": Rule("variant", holds=False, declaration=True),
        "type_alias": Rule("type", by_type("type_identifier"), holds=False),
        "function_signature": _signature("function"),
        "getter_signature": _signature("property"),
        "setter_signature": _signature("property"),
        "operator_signature": _signature("method"),
        "constructor_signature": Rule(_constructor, nothing, nothing, holds=False),
        "constant_constructor_signature": Rule(_constructor, nothing, nothing, holds=False),
        "factory_constructor_signature": Rule(_constructor, nothing, nothing, holds=False),
        "static_final_declaration_list": Rule(_values, nothing, nothing, holds=False),
        "expression_statement": Rule(_test, nothing, nothing),
    },
    scopes=words(
        "class_body extension_body enum_body declaration method_signature function_body block "
        "selector argument_part arguments argument function_expression function_expression_body"
    ),
    compact=words("declaration method_signature enum_body"),
    inline=(b"test(", b"group(", b"testWidgets("),
    wrappers=words("method_signature declaration"),
    bodies=words("block class_body extension_body enum_body"),
    comments=words("comment documentation_comment"),
    attributes=words("annotation"),
    heads=heads(
        rb"(?:(?:abstract|base|final|sealed|interface|mixin) )*class (?P<class>\w+)",
        rb"mixin (?P<trait>\w+)",
        rb"extension (?P<extension>\w+) on",
        rb"enum (?P<enum>\w+)",
        rb"(?:[\w<>?]+ )+(?P<function>\w+)\([^;{}]{0,400}\)\s*(?:async\*? )?(?:\{|=>)",
    ),
)
