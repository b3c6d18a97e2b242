"""Elixir and Haskell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
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
    b"describe": "test",
    b"property": "test",
    b"test": "test",
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


def _head(node: Node | None) -> Node | None:
    """Return the name in a signature: `f` of `f`, `f(x)`, `f(x) when g`; `+` of `a + b`."""
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


def _called(node: Node, text: bytes) -> Match | None:
    """Return the definition that `def`, `defmodule` or the like makes, or a test by its title."""
    target = content(_target(node), text)
    kind = _DEFINERS.get(target)
    if kind is None:
        return None
    arguments = _arguments(node)
    first = arguments.named_child(0) if arguments and arguments.named_child_count else None
    if arguments is None or first is None:
        return None
    if kind == "test":
        return Match(kind, first) if first.type == "string" else None
    last = arguments.named_child(arguments.named_child_count - 1)
    bodiless = target in _WITH_BODY and last.type != "keywords" and not by_type("do_block")(node)
    return Match(kind, _head(first), declaration=bodiless)


_WITH_BODY = frozenset({b"def", b"defp", b"defmacro", b"defmacrop"})


def _attribute(node: Node, text: bytes) -> bytes:
    """Return `doc` of `@doc "..."`, and an empty text for other unary operators."""
    operand = node.child_by_field_name("operand")
    operator = node.child_by_field_name("operator")
    if operand is None or operator is None or operator.type != "@" or operand.type != "call":
        return b""
    return content(_target(operand), text)


def _attribute_kind(node: Node, text: bytes) -> str | Match | None:
    name = _attribute(node, text)
    if name in _TYPES:
        return "type"
    if name in _CALLBACKS:
        return Match("function", _attribute_name(node), declaration=True)
    return None if not name or name in _BEFORE or name in _NO_CONSTANT else "constant"


def _attribute_name(node: Node) -> Node | None:
    """Return `line` of `@type line :: ...`, `limit` of `@limit 10`; None without a name."""
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
        "call": Rule(_called, nothing, by_type("do_block")),
        "unary_operator": Rule(_attribute_kind, _attribute_name, holds=False),
    },
    scopes=words("call do_block else_block stab_clause body arguments anonymous_function"),
    bodies=words("do_block else_block rescue_block after_block body"),
    attributes=words("unary_operator"),
    closures=words("anonymous_function"),
    is_attribute=lambda node, text: _attribute(node, text) in _BEFORE,
    docstring=_module_doc,
    is_doc=lambda node, text: _attribute(node, text) in (b"doc", b"typedoc"),
    clauses=True,
    heads=heads(
        rb"defmodule (?P<module>[\w.]+)",
        rb"defp?(?:macro)? (?P<function>[a-z_]\w*[?!]?)",
    ),
)

_operator = by_field("operator")


def _haskell_name(node: Node) -> Node | None:
    """Return `f` of `f x = ...`, `<+>` of `a <+> b = ...` and of `(<+>) :: ...`."""
    name = node.child_by_field_name("name")
    if name is None:
        infix = by_type("infix")(node)
        return _operator(infix) if infix else None
    return by_type("operator")(name) if name.type == "prefix_id" else name


def _constructor(node: Node) -> Node | None:
    """Return `Rect` of `Rect { width :: Int }`, `:+:` of `a :+: b`."""
    shape = node.child_by_field_name("constructor") or node
    return shape.child_by_field_name("name") or shape.child_by_field_name("operator")


def _fields(node: Node, text: bytes) -> list[Match]:
    """Return the fields that one declaration in a record makes: `x, y :: Int`."""
    names = node.children_by_field_name("name")
    return [Match("property", name) for name in names if name.is_named]


def _synonym(node: Node) -> Node | None:
    """Return `Pair` of `pattern Pair a b = (a, b)`."""
    found = node.child_by_field_name("synonym") or by_type("equation", "signature")(node)
    while found is not None and found.type not in ("constructor", "operator"):
        found = (
            found.child_by_field_name("synonym")
            or found.child_by_field_name("function")
            or found.child_by_field_name("operator")
            or found.child_by_field_name("name")
        )
    return found


_function = Rule("function", _haskell_name, by_field("match"))
_constructor_rule = Rule("constructor", _constructor, nothing)
_type = Rule("type", named, first_of(by_field("constructors"), by_field("constructor")))

HASKELL = Syntax(
    module="tree_sitter_haskell",
    rules={
        "header": Rule("module", by_field("module"), nothing, holds=False),
        "signature": Rule("function", _haskell_name, holds=False, declaration=True),
        "function": _function,
        "bind": _function,
        "data_type": _type,
        "data_instance": _type,
        "newtype": _type,
        "data_constructor": _constructor_rule,
        "gadt_constructor": _constructor_rule,
        "newtype_constructor": _constructor_rule,
        "field": Rule(_fields, nothing, nothing, holds=False),
        "type_synonym": Rule("type", named, by_field("type"), holds=False),
        "type_instance": Rule("type", named, nothing, holds=False),
        "type_family": Rule("type", holds=False),
        "data_family": Rule("type", holds=False),
        "class": Rule("class", named, by_field("declarations")),
        "instance": Rule("instance", named, by_field("declarations")),
        "foreign_import": Rule("function", by_field("signature", "name"), nothing, holds=False),
        "pattern_synonym": Rule("function", _synonym, nothing, holds=False),
    },
    scopes=words(
        "declarations class_declarations instance_declarations local_binds data_constructors "
        "gadt_constructors record fields"
    ),
    compact=words("data_constructors gadt_constructors record fields"),
    bodies=words("declarations class_declarations instance_declarations local_binds"),
    comments=words("comment haddock"),
    attributes=words("pragma"),
    clauses=True,
    heads=heads(
        rb"(?:data|newtype)(?: instance)? (?:[^=\n]{0,200}=> )?(?P<type>[A-Z][\w']*)",
        rb"class (?:[^=\n]{0,200}=> )?(?P<class>[A-Z][\w']*)",
        rb"instance (?:[^=\n]{0,200}=> )?(?P<instance>[A-Z][\w'.]*)",
        rb"(?P<function>[a-z_][\w']*) +::",
    ),
)
