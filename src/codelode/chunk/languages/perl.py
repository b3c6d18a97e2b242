"""Perl."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    Written,
    by_field,
    content,
    heads,
    named,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_PACKAGE = re.compile(rb"\s*package\s+([\w:]+)\s*;")
_CONSTANT = re.compile(rb"use\s+constant\s+(\w+)")
_CONSTANTS = re.compile(rb"(?:[{,]|^)\s*(\w+)\s*=>", re.MULTILINE)


def _subroutine(node: Node, text: bytes) -> Match:
    """Match a subroutine; its owner is the package that was declared last before it."""
    name = node.child_by_field_name("name")
    bodiless = node.child_by_field_name("body") is None
    at = text.rfind(b"\npackage ", 0, node.start_byte)
    opened = _PACKAGE.match(text, at + 1 if at >= 0 else 0)
    owner = Written(opened.span(1)) if opened else None
    return Match("function", name, declaration=bodiless, owner=owner)


def _constants(node: Node, text: bytes) -> Match | list[Match] | None:
    """Return the names that `use constant` defines."""
    single = _CONSTANT.match(text, node.start_byte)
    if single is not None:
        return Match("constant", Written(single.span(1)))
    if content(node.child_by_field_name("module"), text) != b"constant":
        return None
    names = _CONSTANTS.finditer(text, *node.byte_range)
    return [Match("constant", Written(name.span(1))) for name in names]


def _assigned(node: Node, text: bytes) -> Match | None:
    """Return `f` of `my $f = sub { ... }`."""
    right = node.child_by_field_name("right")
    if right is None or right.type != "anonymous_subroutine_expression":
        return None
    name = node.child_by_field_name("left")
    while name is not None and name.type != "varname":
        name = name.child_by_field_name("variable") or (
            name.named_child(0) if name.named_child_count else None
        )
    return Match("function", name)


def _called(node: Node, text: bytes) -> Match | None:
    """Return the title of `subtest "..." => sub {`."""
    if content(node.child_by_field_name("function"), text) not in (b"subtest", b"describe", b"it"):
        return None
    title = node.child_by_field_name("arguments")
    if title is not None and title.type == "list_expression":
        title = title.named_child(0) if title.named_child_count else None
    if title is None or "string" not in title.type:
        return None
    return Match("test", title)


PERL = Syntax(
    module="tree_sitter_perl",
    rules={
        "package_statement": Rule("module"),
        "class_statement": Rule("class"),
        "role_statement": Rule("trait"),
        "subroutine_declaration_statement": Rule(_subroutine, nothing, holds=(b"sub ",)),
        "method_declaration_statement": Rule("method", named, holds=(b"sub ",)),
        "use_statement": Rule(_constants, nothing, nothing, holds=False),
        "assignment_expression": Rule(_assigned, nothing, by_field("right", "body")),
        "ambiguous_function_call_expression": Rule(_called, nothing, nothing),
        "function_call_expression": Rule(_called, nothing, nothing),
    },
    scopes=words(
        "block expression_statement list_expression anonymous_subroutine_expression "
        "conditional_statement phaser_statement"
    ),
    closures=words("anonymous_subroutine_expression"),
    inline=(b"sub ",),
    wrappers=words("expression_statement"),
    bodies=words("block"),
    comments=words("comment pod"),
    heads=heads(
        rb"sub[ \t]+(?P<function>[\w:]+)\s*[{(;]",
        rb"package[ \t]+(?P<module>[\w:]+)\s*[;{]",
    ),
)
