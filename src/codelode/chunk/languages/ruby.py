"""Ruby, including definitions by calls such as `attr_reader :name` and `it "works" do`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    by_field,
    content,
    heads,
    last_part,
    named,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_ALL = {
    name.encode(): "property"
    for name in "attr attr_accessor attr_reader attr_writer cattr_accessor cattr_reader "
    "cattr_writer mattr_accessor mattr_reader mattr_writer thread_mattr_accessor class_attribute "
    "thread_cattr_accessor attr_internal config_accessor".split()
} | {b"delegate": "method", b"def_delegators": "method"}
"""Calls that define each symbol among their arguments."""

_FIRST = (
    {
        name.encode(): "method"
        for name in "define_method define_singleton_method alias_method scope let let! subject "
        "def_delegator define_callbacks helper_method alias_attribute".split()
    }
    | {name.encode(): "property" for name in "has_many has_one belongs_to".split()}
    | {name.encode(): "function" for name in "task".split()}
)
"""Calls that define their first argument."""

_DECLARED = frozenset({b"delegate", b"def_delegators", b"has_many", b"has_one", b"belongs_to"})
_TITLED = frozenset(
    name.encode()
    for name in "it specify test should example scenario describe context feature xit fit "
    "shared_examples shared_examples_for shared_context".split()
)
_LITERALS = words("simple_symbol string delimited_symbol")
_MAKERS = frozenset({b"Struct", b"Class", b"Data"})


def _called(node: Node, text: bytes) -> Match | list[Match] | None:
    """Return what a call such as `attr_reader :size` defines; None if it is no such call."""
    method = content(node.child_by_field_name("method"), text)
    kind = _ALL.get(method) or _FIRST.get(method)
    if kind is None and method not in _TITLED:
        return None
    arguments = node.child_by_field_name("arguments")
    first = arguments.named_child(0) if arguments and arguments.named_child_count else None
    if arguments is None or first is None:
        return None
    if kind is None:
        titled = node.child_by_field_name("block") is not None
        return Match("test", first) if titled and first.type in _NAMES else None
    if method in _ALL:
        names = [child for child in arguments.named_children if child.type in _LITERALS]
        return [Match(kind, name, method in _DECLARED, whole=node) for name in names]
    if first.type == "pair":  # a task with its prerequisites
        first = first.child_by_field_name("key")
    is_name = first is not None and first.type in _LITERALS | {"hash_key_symbol"}
    return Match(kind, first, method in _DECLARED) if is_name else None


_NAMES = _LITERALS | words("constant scope_resolution")


def _assigned(node: Node, text: bytes) -> str | None:
    """Return the kind: `LIMIT = 10` is a constant, `Point = Struct.new(...)` a class."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or left.type != "constant":
        return None
    is_class = right.type == "call" and content(right.child_by_field_name("receiver"), text)
    return "class" if is_class in _MAKERS else "constant"


def _scope(node: Node) -> Node | None:
    """Return the innermost scope of a qualified name: `B` of `class A::B::C`."""
    name = node.child_by_field_name("name")
    scope = name.child_by_field_name("scope") if name and name.type == "scope_resolution" else None
    return scope.child_by_field_name("name") or scope if scope is not None else None


def _receiver(node: Node) -> Node | None:
    """Return `Foo` of `def Foo.bar`; None for `def self.bar`, whose class is around it."""
    receiver = node.child_by_field_name("object")
    return receiver if receiver is not None and receiver.type == "constant" else None


_LOCAL = (b"def ", b"class ", b"define_method")

RUBY = Syntax(
    module="tree_sitter_ruby",
    rules={
        "class": Rule("class", last_part(named), owner=_scope),
        "module": Rule("module", last_part(named), owner=_scope),
        "method": Rule("method", named, holds=_LOCAL),
        "singleton_method": Rule("method", named, holds=_LOCAL, owner=_receiver),
        "alias": Rule("method", named, holds=False),
        "assignment": Rule(_assigned, by_field("left"), by_field("right")),
        "call": Rule(_called, nothing, by_field("block")),
    },
    scopes=words(
        "body_statement singleton_class call do_block block begin if unless then else elsif "
        "block_body argument_list case when rescue ensure if_modifier unless_modifier"
    ),
    inline=(b"def ", b"class ", b"attr"),
    bodies=words("body_statement block_body then do_block"),
    heads=heads(
        rb"class (?:\w+::)*(?P<class>[A-Z]\w*)",
        rb"module (?:\w+::)*(?P<module>[A-Z]\w*)",
        rb"(?:\w+ )?def (?:self\.)?(?P<function>\w+[?!=]?)",
    ),
)
