"""What a language's table is made of: which nodes define something, and how they are named.

A `Syntax` is data: names of grammar nodes. A `Rule` tells how one kind of node is named and what
kind of thing it defines; the finders below are the few ways in which grammars hide a name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from operator import methodcaller
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Node

Test = Callable[["Node", bytes], bool]
"""A question about a node in a text. (`Node.text` is not to be used: see `chunk.parse`.)"""

Finder = Callable[["Node"], "Node | None"]
"""From a node to one below it (its name, its body), or None where there is none."""

TYPE_KINDS = frozenset(
    {"class", "interface", "struct", "union", "enum", "trait", "impl", "object", "extension"}
    | {"instance"}
)
"""A function directly inside one of these is a method."""

VALUE_KINDS = frozenset({"constant", "variable", "property"})
"""Inside a function these are locals, and locals are not definitions."""


@dataclass(frozen=True, slots=True)
class Field:
    """Finds what lies in a field, or in a field of that, and so on."""

    names: tuple[str, ...]

    def __call__(self, node: Node) -> Node | None:
        """What is there, or None."""
        found: Node | None = node
        for name in self.names:
            if found is None:
                return None
            found = found.child_by_field_name(name)
        return found

    def bound(self, language: Language) -> Finder:
        """The same for this language only: a field is found twice as fast by its number."""
        number = language.field_id_for_name(self.names[0])
        if len(self.names) > 1 or number is None:
            return self
        return methodcaller("child_by_field_id", number)


def by_field(*names: str) -> Field:
    """Follow fields, one after the other: `by_field("value", "body")`."""
    return Field(names)


def by_type(*types: str) -> Finder:
    """The first child of one of these types."""
    wanted = frozenset(types)

    def find(node: Node) -> Node | None:
        return next((child for child in node.children if child.type in wanted), None)

    return find


def first_of(*finders: Finder) -> Finder:
    """What the first finder that finds something finds."""

    def find(node: Node) -> Node | None:
        return next((found for finder in finders if (found := finder(node)) is not None), None)

    return find


def last_part(finder: Finder) -> Finder:
    """The last named part of a qualified name: `c` of `a::b::c` or `a.b.c`."""

    def find(node: Node) -> Node | None:
        found = finder(node)
        while found is not None and (count := found.named_child_count):
            found = found.named_child(count - 1)
        return found

    return find


named = by_field("name")
body_field = by_field("body")


def nothing(node: Node) -> None:
    """Find nothing."""


def no_docstring(node: Node, text: bytes) -> None:
    """Find nothing."""


def always(node: Node, text: bytes) -> bool:
    """Say yes."""
    return True


def never(node: Node, text: bytes) -> bool:
    """Say no."""
    return False


def content(node: Node | None, text: bytes) -> bytes:
    """The bytes of a node; none, if there is no node."""
    return b"" if node is None else text[node.start_byte : node.end_byte]


@dataclass(frozen=True, slots=True)
class Rule:
    """How a node of one type defines something.

    `kind` is a word, or a function of the node and the text that answers None where the node
    defines nothing after all, and with the node of the name as well where it has come by it.
    `name` finds the node whose text is the name; `body` finds where the header ends. `holds` says
    that definitions inside are looked for, or in which kinds.
    Nothing is defined where there is a `given` that finds nothing.
    """

    kind: str | Callable[[Node, bytes], str | tuple[str, Node | None] | None]
    name: Finder = named
    body: Finder = body_field
    holds: bool | frozenset[str] = True
    given: Finder | None = None

    def bound(self, language: Language) -> Rule:
        """The same rule for this language only, and faster."""

        def bind(finder: Finder) -> Finder:
            return finder.bound(language) if isinstance(finder, Field) else finder

        given = None if self.given is None else bind(self.given)
        return replace(self, name=bind(self.name), body=bind(self.body), given=given)

    def holds_more(self, kind: str) -> bool:
        """Whether to look for definitions inside one that is of this kind."""
        return self.holds if isinstance(self.holds, bool) else kind in self.holds


@dataclass(frozen=True, slots=True)
class Syntax:
    """The table of one language. All sets hold node types of its grammar.

    - `rules`: nodes that define something.
    - `scopes`: nodes searched for definitions that are none themselves, besides the nodes of rules
      that turn out to define nothing. An anonymous function
      among them belongs in `closures` too: values inside it are locals.
    - `wrappers`: a definition that is all there is in one of these extends over it
      (`export`, decorators, a `type` with one specification).
    - `bodies`: lists of statements or members, between whose items a chunk may end.
    - `comments`, and `attributes`: what is written before the thing that it belongs to.
    - `docstring` finds documentation inside a definition; `is_doc` tells it among attributes, and
      `is_attribute` says whether a node of such a type is one.
    - `clauses`: neighbours of the same name are one definition (equations, signatures).
    - `ascii_only`: its scanner reads out of bounds on other characters, which are masked.
    """

    module: str
    rules: Mapping[str, Rule]
    entry: str = "language"
    scopes: frozenset[str] = frozenset()
    closures: frozenset[str] = frozenset()
    wrappers: frozenset[str] = frozenset()
    bodies: frozenset[str] = frozenset()
    comments: frozenset[str] = frozenset({"comment"})
    attributes: frozenset[str] = frozenset()
    is_attribute: Test = always
    docstring: Callable[[Node, bytes], Node | None] = no_docstring
    is_doc: Test = never
    clauses: bool = False
    ascii_only: bool = False


def words(text: str) -> frozenset[str]:
    """Node types, written with spaces between them."""
    return frozenset(text.split())
