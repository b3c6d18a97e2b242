"""The parts of a language's table: which nodes define something, and where their names are.

A `Syntax` is data: names of grammar nodes. A `Rule` says what one type of node defines and how to
find its name; the finders below are the few ways in which grammars hide a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from operator import methodcaller
from typing import TYPE_CHECKING, NamedTuple

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

FUNCTION_KINDS = frozenset({"function", "method", "macro", "test"})
"""Values directly inside one of these are locals."""

VALUE_KINDS = frozenset({"constant", "variable", "property"})
"""Inside a function these are locals, and locals are not definitions."""


@dataclass(frozen=True, slots=True)
class Field:
    """A finder that follows fields, one after the other."""

    names: tuple[str, ...]

    def __call__(self, node: Node) -> Node | None:
        """Return the node at the end of the fields, or None."""
        found: Node | None = node
        for name in self.names:
            if found is None:
                return None
            found = found.child_by_field_name(name)
        return found

    def bound(self, language: Language) -> Finder:
        """Return the same finder for one language: a field number is twice as fast as its name."""
        number = language.field_id_for_name(self.names[0])
        if len(self.names) > 1 or number is None:
            return self
        return methodcaller("child_by_field_id", number)


def by_field(*names: str) -> Field:
    """Return a finder that follows fields: `by_field("value", "body")`."""
    return Field(names)


def by_type(*types: str) -> Finder:
    """Return a finder of the first child of one of these types."""
    wanted = frozenset(types)

    def find(node: Node) -> Node | None:
        return next((child for child in node.children if child.type in wanted), None)

    return find


def first_of(*finders: Finder) -> Finder:
    """Return a finder that tries several, and takes the first result."""

    def find(node: Node) -> Node | None:
        return next((found for finder in finders if (found := finder(node)) is not None), None)

    return find


def last_part(finder: Finder) -> Finder:
    """Return a finder of the last part of a qualified name: `c` of `a::b::c` or `a.b.c`."""

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
    """Return True."""
    return True


def never(node: Node, text: bytes) -> bool:
    """Return False."""
    return False


def content(node: Node | None, text: bytes) -> bytes:
    """Return the text of a node; empty if there is no node."""
    return b"" if node is None else text[node.start_byte : node.end_byte]


class Written(NamedTuple):
    """A piece of text that is a name and no node of its own, as `byte_range`."""

    byte_range: tuple[int, int]


class Match(NamedTuple):
    """A definition that a rule found: its kind and the node of its name.

    `declaration` is as in `types.Definition`; `owner` is the node of the type that it belongs to
    where that does not enclose it. `whole` is all of it where that is not the node of the rule.
    """

    kind: str
    name: Node | Written | None
    declaration: bool = False
    owner: Node | Written | None = None
    whole: Node | Written | None = None


Kind = Callable[["Node", bytes], "str | Match | Sequence[Match] | None"]
"""The kind that a node defines, or all that it defines, or None where that is nothing."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a node of one type defines something.

    `name` finds the node whose text is the name; `body` finds where the header ends. `holds` says
    whether to look for definitions inside, or in which kinds, or in texts with which words; of `{`,
    only a second one counts.
    Nothing is defined where there is a `given` that finds nothing. `declaration` says that it is
    one, or, if None, that it is one without a body. `owner` finds the type that it belongs to.
    Where it does not enclose, things inside are beside it: of `typedef struct a { ... } b;`.
    """

    kind: str | Kind
    name: Finder = named
    body: Finder = body_field
    holds: bool | frozenset[str] | tuple[bytes, ...] = True
    given: Finder | None = None
    declaration: bool | None = False
    owner: Finder | None = None
    encloses: bool = True

    def bound(self, language: Language) -> Rule:
        """Return the same rule for this language only, and faster."""

        def bind(finder: Finder) -> Finder:
            return finder.bound(language) if isinstance(finder, Field) else finder

        given = None if self.given is None else bind(self.given)
        return replace(self, name=bind(self.name), body=bind(self.body), given=given)

    def holds_more(self, kind: str, text: bytes, start: int, end: int) -> bool:
        """Return whether to look for definitions inside one of this kind on `[start, end)`."""
        holds = self.holds
        if isinstance(holds, bool):
            return holds
        if isinstance(holds, frozenset):
            return kind in holds
        for word in holds:
            at = text.find(word, start, end)
            if at >= 0 and (word != b"{" or text.find(word, at + 1, end) >= 0):
                return True
        return False


Heads = tuple[bytes, ...]
"""Patterns of lines that begin a definition: see `Syntax.heads`."""

Repair = Callable[[bytes], tuple[bytes, list[tuple[int, int]]]]


@dataclass(frozen=True, slots=True)
class Syntax:
    """The table of one language. All sets hold node types of its grammar.

    - `rules`: nodes that define something.
    - `scopes`: nodes searched for definitions that are none themselves, besides the nodes of rules
      that turn out to define nothing. An anonymous function
      among them belongs in `closures` too: values inside it are locals.
    - `compact`: scopes that are searched even where they fit on a line.
    - `inline`: words that make any other scope worth a search that fits on a line.
    - `wrappers`: a definition that is all there is in one of these extends over it
      (`export`, decorators, a `type` with one specification).
    - `bodies`: lists of statements or members, between whose items a chunk may end.
    - `comments`, and `attributes`: what is written before the thing that it belongs to.
    - `docstring` finds documentation inside a definition; `is_doc` tells it among attributes, and
      `is_attribute` says whether a node of such a type is one.
    - `clauses`: neighbors of the same name are one definition (equations, signatures).
    - `prepare` rewrites a text, and `repair` one in which the parser has found errors, so that the
      parser can make sense of it. Both keep its length, so that offsets stay true. The latter also
      gives the ranges in which it blanked the heads of definitions.
    - `alternative` is the grammar to try where this one makes little sense of a text.
    - `heads` matches lines that begin a definition, for where the parser has lost its way: each
      named group is a kind (`class_2` is a class, too) and matches the name; `owner` comes before.
      Neighbors that match a group called `clause` are one function.
    - `ascii_only`: its scanner reads out of bounds on other characters, which are masked.
    """

    module: str
    rules: Mapping[str, Rule]
    entry: str = "language"
    scopes: frozenset[str] = frozenset()
    closures: frozenset[str] = frozenset()
    compact: frozenset[str] = frozenset()
    inline: tuple[bytes, ...] = ()
    wrappers: frozenset[str] = frozenset()
    bodies: frozenset[str] = frozenset()
    comments: frozenset[str] = frozenset({"comment"})
    attributes: frozenset[str] = frozenset()
    is_attribute: Test = always
    docstring: Callable[[Node, bytes], Node | None] = no_docstring
    is_doc: Test = never
    clauses: bool = False
    prepare: Callable[[bytes], bytes] | None = None
    repair: Repair | None = None
    heads: Heads = ()
    alternative: str | None = None
    ascii_only: bool = False


def heads(*lines: bytes) -> Heads:
    """Return patterns of lines; they are compiled at their first use."""
    return lines


@cache
def head_pattern(lines: Heads) -> re.Pattern[bytes]:
    """Return one pattern for all of them, for lines that are indented or not."""
    return re.compile(rb"^[ \t]*(?:" + rb"|".join(lines) + rb")", re.MULTILINE)


def words(text: str) -> frozenset[str]:
    """Return the set of words in a text: node types, written with spaces between them."""
    return frozenset(text.split())
