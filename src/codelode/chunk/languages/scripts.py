"""Bash, Lua, PHP, Python and Ruby."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Finder,
    Rule,
    Syntax,
    by_field,
    by_type,
    content,
    last_part,
    named,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node


def _is_constant(name: Node | None, text: bytes) -> bool:
    """Whether a name is written in capitals. One letter says nothing: `M`, `T`, `_`."""
    word = content(name, text)
    return len(word) > 1 and word.isupper()


def _upper_case(finder: Finder) -> Rule:
    """An assignment to a name in capitals defines a constant."""

    def kind_of(node: Node, text: bytes) -> str | None:
        left = finder(node)
        if left is None or left.type not in ("identifier", "variable_name", "constant"):
            return None
        return "constant" if left.type == "constant" or _is_constant(left, text) else None

    return Rule(kind_of, finder, by_field("right"), holds=False)


BASH = Syntax(
    module="tree_sitter_bash",
    rules={
        "function_definition": Rule("function", holds=False),
        "variable_assignment": Rule(_upper_case(named).kind, named, by_field("value"), holds=False),
    },
    scopes=words(
        "if_statement else_clause elif_clause case_statement case_item compound_statement list "
        "declaration_command subshell"
    ),
    wrappers=words("declaration_command"),
    bodies=words("compound_statement do_group subshell case_statement"),
    ascii_only=True,  # isdigit() on any character after `{`, up to version 0.25.1
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


def _value_is(kind: str, *types: str) -> Rule:
    """A key with a function for its value."""
    wanted = frozenset(types)

    def kind_of(node: Node, text: bytes) -> str | None:
        value = node.child_by_field_name("value")
        return kind if value is not None and value.type in wanted else None

    return Rule(kind_of, named, by_field("value", "body"), holds=False)


def _lua_function_kind(node: Node, text: bytes) -> str:
    name = node.child_by_field_name("name")
    return "method" if name is not None and name.type == "method_index_expression" else "function"


LUA = Syntax(
    module="tree_sitter_lua",
    rules={
        "function_declaration": Rule(_lua_function_kind, last_part(named), holds=False),
        "assignment_statement": Rule(_lua_kind, _lua_assigned, _lua_body, holds=False),
        "field": _value_is("function", "function_definition"),
    },
    scopes=words(
        "block do_statement if_statement else_statement elseif_statement variable_declaration "
        "assignment_statement expression_list table_constructor return_statement field"
    ),
    wrappers=words("variable_declaration"),
    bodies=words("block table_constructor"),
)

PHP = Syntax(
    module="tree_sitter_php",
    entry="language_php",
    rules={
        "class_declaration": Rule("class"),
        "interface_declaration": Rule("interface"),
        "trait_declaration": Rule("trait"),
        "enum_declaration": Rule("enum"),
        "method_declaration": Rule("method", holds=False),
        "function_definition": Rule("function", holds=False),
        "const_element": Rule("constant", by_type("name"), holds=False),
    },
    scopes=words(
        "declaration_list enum_declaration_list namespace_definition compound_statement "
        "if_statement const_declaration colon_block"
    ),
    wrappers=words("const_declaration"),
    bodies=words("compound_statement declaration_list enum_declaration_list"),
)


def _python_docstring(node: Node, text: bytes) -> Node | None:
    body = node.child_by_field_name("body")
    first = body.named_child(0) if body and body.named_child_count else None
    if first is None or first.type != "expression_statement":
        return None
    value = first.named_child(0)
    return value if value is not None and value.type == "string" else None


PYTHON = Syntax(
    module="tree_sitter_python",
    rules={
        "function_definition": Rule("function"),
        "class_definition": Rule("class"),
        "type_alias_statement": Rule("type", last_part(by_field("left")), by_field("right")),
        "assignment": _upper_case(by_field("left")),
    },
    scopes=words(
        "block if_statement elif_clause else_clause try_statement except_clause finally_clause "
        "with_statement decorated_definition expression_statement"
    ),
    wrappers=words("decorated_definition expression_statement"),
    bodies=words("block"),
    docstring=_python_docstring,
)

RUBY = Syntax(
    module="tree_sitter_ruby",
    rules={
        "class": Rule("class", last_part(named)),
        "module": Rule("module", last_part(named)),
        "method": Rule("method", named, holds=False),
        "singleton_method": Rule("method", named, holds=False),
        "alias": Rule("method", named, holds=False),
        "assignment": Rule(_upper_case(by_field("left")).kind, by_field("left"), by_field("right")),
    },
    scopes=words(
        "body_statement singleton_class call do_block block begin if unless then else "
        "block_body argument_list"
    ),
    bodies=words("body_statement block_body then do_block"),
)
