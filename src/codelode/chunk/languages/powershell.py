"""PowerShell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    Written,
    by_type,
    heads,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_TEST = re.compile(rb"(?i:Describe|Context|It)\s+(?:-Name\s+)?('[^'\n]+'|\"[^\"\n]+\")")
_FUNCTION = re.compile(rb"(?:\w+:)?([\w-]+)")
_name = by_type("simple_name")


def _function(node: Node, text: bytes) -> Match | None:
    """Return a function, without its scope: `Invoke-Deep` of `function Script:Invoke-Deep`."""
    name = by_type("function_name")(node)
    written = _FUNCTION.match(text, name.start_byte) if name is not None else None
    return Match("function", Written(written.span(1))) if written else None


def _test(node: Node, text: bytes) -> Match | None:
    """Return the test that `It "..." {` begins, named by its title."""
    written = _TEST.match(text, node.start_byte)
    return Match("test", Written(written.span(1))) if written else None


def _property(node: Node, text: bytes) -> Match | None:
    """Return a property, without its dollar sign."""
    name = by_type("variable")(node)
    return Match("property", Written((name.start_byte + 1, name.end_byte))) if name else None


_member = Rule("method", _name, by_type("script_block"), holds=False)

POWERSHELL = Syntax(
    module="tree_sitter_powershell",
    rules={
        "function_statement": Rule(_function, nothing, by_type("script_block"), (b"function ",)),
        "class_statement": Rule("class", _name),
        "class_method_definition": _member,
        "class_property_definition": Rule(_property, nothing, nothing, holds=False),
        "enum_statement": Rule("enum", _name),
        "enum_member": Rule("variant", _name, nothing, holds=False, declaration=True),
        "command": Rule(_test, nothing, nothing),
    },
    scopes=words(
        "statement_list pipeline pipeline_chain command_elements array_literal_expression "
        "unary_expression script_block_expression script_block script_block_body statement_block "
        "if_statement"
    ),
    inline=(b"unction ", b"escribe ", b"ontext ", b"It "),
    bodies=words("statement_list statement_block"),
    heads=heads(
        rb"(?i:function|filter)[ \t]+(?:\w+:)?(?P<function>[\w-]+)",
        rb"(?i:class)[ \t]+(?P<class>\w+)",
        rb"(?i:enum)[ \t]+(?P<enum>\w+)",
    ),
)
