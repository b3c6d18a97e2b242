"""Elixir and Haskell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Rule,
    Syntax,
    by_field,
    by_type,
    content,
    first_of,
    named,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_DEFINERS = {
    b"def": "function",
    b"defp": "function",
    b"defdelegate": "function",
    b"defguard": "macro",
    b"defguardp": "macro",
    b"defmacro": "macro",
    b"defmacrop": "macro",
    b"defmodule": "module",
    b"defprotocol": "interface",
    b"defimpl": "impl",
    b"defn": "function",
    b"defnp": "function",
}
_TYPES = frozenset({b"type", b"typep", b"opaque"})
_BEFORE = frozenset({b"doc", b"spec", b"impl", b"typedoc", b"deprecated", b"since", b"derive"})
_CALLBACKS = frozenset({b"callback", b"macrocallback"})
_NO_CONSTANT = frozenset({b"moduledoc", b"behaviour", b"before_compile", b"after_compile"}) | {
    b"enforce_keys",
    b"compile",
    b"on_definition",
    b"optional_callbacks",
    b"dialyzer",
    b"external_resource",
}


_target = by_field("target")


def _call_kind(node: Node, text: bytes) -> str | None:
    return _DEFINERS.get(content(_target(node), text))


def _head(node: Node | None) -> Node | None:
    """The name in the head of a function: `f` of `f`, `f(x)`, `f(x) when g` and `a + b`."""
    while node is not None:
        if node.type == "binary_operator":
            operator = node.child_by_field_name("operator")
            if operator is not None and operator.type not in ("when", "::"):
                return operator
            node = node.child_by_field_name("left")
        elif node.type == "call":
            node = node.child_by_field_name("target")
        else:
            return node
    return None


_arguments = by_type("arguments")


def _call_name(node: Node) -> Node | None:
    arguments = _arguments(node)
    return _head(arguments.named_child(0)) if arguments and arguments.named_child_count else None


def _attribute(node: Node, text: bytes) -> bytes:
    """`doc` of `@doc "..."`, and nothing for other unary operators."""
    operand = node.child_by_field_name("operand")
    operator = node.child_by_field_name("operator")
    if operand is None or operator is None or operator.type != "@" or operand.type != "call":
        return b""
    return content(_target(operand), text)


def _attribute_kind(node: Node, text: bytes) -> str | None:
    name = _attribute(node, text)
    if name in _TYPES:
        return "type"
    if name in _CALLBACKS:
        return "function"
    return None if not name or name in _BEFORE or name in _NO_CONSTANT else "constant"


def _attribute_name(node: Node) -> Node | None:
    """`line` of `@type line :: ...`, `limit` of `@limit 10`."""
    operand = node.child_by_field_name("operand")
    arguments = _arguments(operand) if operand else None
    first = arguments.named_child(0) if arguments and arguments.named_child_count else None
    if operand is None or first is None:
        return None
    operator = first.child_by_field_name("operator")
    return _head(first) if operator is not None and operator.type == "::" else _target(operand)


def _module_doc(node: Node, text: bytes) -> Node | None:
    block = by_type("do_block")(node)
    first = block.named_child(0) if block and block.named_child_count else None
    return first if first is not None and _attribute(first, text) == b"moduledoc" else None


ELIXIR = Syntax(
    module="tree_sitter_elixir",
    rules={
        "call": Rule(_call_kind, _call_name, by_type("do_block")),
        "unary_operator": Rule(_attribute_kind, _attribute_name, holds=False),
    },
    scopes=words("call do_block else_block stab_clause body"),
    bodies=words("do_block else_block rescue_block after_block body"),
    attributes=words("unary_operator"),
    is_attribute=lambda node, text: _attribute(node, text) in _BEFORE,
    docstring=_module_doc,
    is_doc=lambda node, text: _attribute(node, text) in (b"doc", b"typedoc"),
    clauses=True,
)

_operator = by_field("operator")


def _haskell_name(node: Node) -> Node | None:
    """`f` of `f x = ...`, `<+>` of `a <+> b = ...` and of `(<+>) :: ...`."""
    name = node.child_by_field_name("name")
    if name is None:
        infix = by_type("infix")(node)
        return _operator(infix) if infix else None
    return by_type("operator")(name) if name.type == "prefix_id" else name


_function = Rule("function", _haskell_name, by_field("match"), holds=False)

HASKELL = Syntax(
    module="tree_sitter_haskell",
    rules={
        "signature": Rule("function", _haskell_name, holds=False),
        "function": _function,
        "bind": _function,
        "data_type": Rule("type", named, by_field("constructors"), holds=False),
        "newtype": Rule("type", named, by_field("constructor"), holds=False),
        "type_synonym": Rule("type", named, by_field("type"), holds=False),
        "type_family": Rule("type", holds=False),
        "data_family": Rule("type", holds=False),
        "class": Rule("class", named, by_field("declarations")),
        "instance": Rule("instance", named, by_field("declarations")),
        "foreign_import": Rule("function", first_of(by_field("signature", "name"), named)),
        "pattern_synonym": Rule("function", first_of(named, by_field("synonym"))),
    },
    scopes=words("declarations class_declarations instance_declarations"),
    bodies=words("declarations class_declarations instance_declarations local_binds"),
    comments=words("comment haddock"),
    attributes=words("pragma"),
    clauses=True,
)
