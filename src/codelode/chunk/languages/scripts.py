"""Bash and Lua."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Finder,
    Match,
    Rule,
    Syntax,
    Written,
    by_field,
    by_type,
    content,
    heads,
    last_part,
    named,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _is_constant(name: Node | None, text: bytes) -> bool:
    """Return whether a name is in capitals and has more than one character."""
    word = content(name, text)
    return len(word) > 1 and word.isupper()


def _upper_case(finder: Finder) -> Rule:
    """Make a rule for assignments, which define something only if the name is in capitals."""

    def kind_of(node: Node, text: bytes) -> str | None:
        left = finder(node)
        if left is None or left.type not in ("identifier", "variable_name", "constant"):
            return None
        return "constant" if left.type == "constant" or _is_constant(left, text) else None

    return Rule(kind_of, finder, by_field("right"), holds=False)


_ALIAS = re.compile(rb"alias\s+([\w.-]+)=")


def _alias(node: Node, text: bytes) -> Match | None:
    """Return `ll` of `alias ll='ls -l'`."""
    written = _ALIAS.match(text, node.start_byte)
    return Match("function", Written(written.span(1))) if written else None


BASH = Syntax(
    module="tree_sitter_bash",
    rules={
        "function_definition": Rule("function", holds=(b"() {", b"function ")),
        "variable_assignment": Rule(_upper_case(named).kind, named, by_field("value"), holds=False),
        "command": Rule(_alias, nothing, nothing, holds=False),
    },
    scopes=words(
        "if_statement else_clause elif_clause case_statement case_item compound_statement list "
        "declaration_command subshell"
    ),
    inline=(b"() {", b"function "),
    wrappers=words("declaration_command"),
    bodies=words("compound_statement do_group subshell case_statement"),
    heads=heads(
        rb"function (?P<function>[\w.:-]+)",
        rb"(?P<function_2>[\w.:-]+)\s*\(\)",
    ),
    ascii_only=True,  # up to release 0.25.1, the scanner calls isdigit() on any character after `{`
)

_lua_assigned = last_part(by_type("variable_list"))
_lua_values = by_type("expression_list")


def _lua_value(node: Node) -> Node | None:
    values = _lua_values(node)
    return values.named_child(0) if values and values.named_child_count == 1 else None


def _lua_kind(node: Node, text: bytes) -> str | None:
    value = _lua_value(node)
    if value is not None and value.type == "function_definition":
        return "function"
    return "constant" if _is_constant(_lua_assigned(node), text) else None


def _lua_body(node: Node) -> Node | None:
    value = _lua_value(node)
    return value.child_by_field_name("body") if value else None


def _lua_field(node: Node, text: bytes) -> str | None:
    """Return the kind of a table's key: function if its value is one, else None."""
    value = node.child_by_field_name("value")
    return "function" if value is not None and value.type == "function_definition" else None


def _lua_function_kind(node: Node, text: bytes) -> str:
    name = node.child_by_field_name("name")
    return "method" if name is not None and name.type == "method_index_expression" else "function"


def _lua_owner(finder: Finder) -> Finder:
    """Return a function that finds `M` in `function M.load()` and in `M.load = function()`."""

    def find(node: Node) -> Node | None:
        name = finder(node)
        table = name.child_by_field_name("table") if name is not None else None
        while table is not None and table.type != "identifier":
            table = table.child_by_field_name("field")
        return table

    return find


_TITLED = frozenset({b"describe", b"context", b"it", b"test", b"pending", b"insulate"})


def _lua_test(node: Node, text: bytes) -> Match | None:
    """Return the title of `it("...", function()`."""
    if content(node.child_by_field_name("name"), text) not in _TITLED:
        return None
    arguments = node.child_by_field_name("arguments")
    title = arguments.named_child(0) if arguments and arguments.named_child_count > 1 else None
    return Match("test", title) if title is not None and title.type == "string" else None


def _first_variable(node: Node) -> Node | None:
    variables = by_type("variable_list")(node)
    return variables.named_child(0) if variables and variables.named_child_count else None


_FUNCTION = (b"function",)

LUA = Syntax(
    module="tree_sitter_lua",
    rules={
        "function_declaration": Rule(
            _lua_function_kind, last_part(named), holds=_FUNCTION, owner=_lua_owner(named)
        ),
        "assignment_statement": Rule(
            _lua_kind, _lua_assigned, _lua_body, _FUNCTION, owner=_lua_owner(_first_variable)
        ),
        "field": Rule(_lua_field, named, by_field("value", "body"), holds=False),
        "function_call": Rule(_lua_test, nothing, by_field("arguments")),
    },
    scopes=words(
        "block do_statement if_statement else_statement elseif_statement for_statement "
        "while_statement repeat_statement variable_declaration assignment_statement "
        "expression_list table_constructor return_statement field arguments function_definition "
        "function_call method_index_expression"
    ),
    closures=words("function_definition"),
    inline=_FUNCTION,
    wrappers=words("variable_declaration"),
    bodies=words("block table_constructor"),
    heads=heads(rb"(?:local )?function (?:(?P<owner>\w+)[.:])?(?P<function>\w+)\s*\("),
)
