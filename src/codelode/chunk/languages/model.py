"""The parts of a language's table: the nodes that define something, and the places of names.

A `Syntax` is data: names of grammar nodes. A `Rule` describes the definition made by one type of
node and how to find its name; the finders below cover the few ways in which grammars hide a name.
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
"""Finds a node below a given one (its name, its body), or None."""

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
    """A `Finder` that follows a chain of fields of the syntax tree."""

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
        """Return a finder for a language; it finds a single field by its number, twice as fast."""
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
    """Return a finder that tries several finders in turn, and takes the first result."""

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
    """Return None: a finder for nodes without the part that is looked for."""


def no_docstring(node: Node, text: bytes) -> None:
    """Return None, for a language without docstrings."""


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
    """A name that is not a node of the tree; like a node, it has a `byte_range`."""

    byte_range: tuple[int, int]


class Match(NamedTuple):
    """A definition that a rule found: its kind and the node of its name.

    `declaration` is as in `types.Definition`; `owner` is the node of its owner, if it has one.
    `whole` is the full range of the definition, if it is not that of the node matched.
    """

    kind: str
    name: Node | Written | None
    declaration: bool = False
    owner: Node | Written | None = None
    whole: Node | Written | None = None


Kind = Callable[["Node", bytes], "str | Match | Sequence[Match] | None"]
"""The kind of a node's definition, or all of its definitions, or None."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The definition that a node of one type makes.

    `name` finds the node whose text is the name; `body` finds the body, where the header ends.
    `holds` decides whether to search the node for further definitions: always, never, only if the
    definition has one of the given kinds, or only if the text has one of the given words (`{`
    twice: one opens its own body). If `given` is set and finds nothing, the node defines nothing.
    `declaration` marks a declaration; None means that a definition without a body is one. A
    declaration is left out if `unless` holds. `owner` finds the owner. If `encloses` is False and
    this definition is not a type, definitions inside become its siblings:
    `typedef struct a { ... } b;`. `usual` matches the text of most of these nodes, if they have a
    body and no errors; its group is the name. A match is faster than a search of the tree. Only a
    rule without `given` and `owner`, in a language without `clauses`, may have it.
    """

    kind: str | Kind
    name: Finder = named
    body: Finder = body_field
    holds: bool | frozenset[str] | tuple[bytes, ...] = True
    given: Finder | None = None
    declaration: bool | None = False
    owner: Finder | None = None
    encloses: bool = True
    unless: Callable[[Node], bool] | None = None
    usual: re.Pattern[bytes] | None = None

    def bound(self, language: Language) -> Rule:
        """Return the same rule, bound to one language for speed."""

        def bind(finder: Finder) -> Finder:
            return finder.bound(language) if isinstance(finder, Field) else finder

        given = None if self.given is None else bind(self.given)
        return replace(self, name=bind(self.name), body=bind(self.body), given=given)

    def holds_more(self, kind: str, text: bytes, start: int, end: int) -> bool:
        """Return whether to look for definitions in `[start, end)`, a definition of this kind."""
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
    - `scopes`: nodes that are searched for definitions but define nothing. A node with a rule that
      turns out to define nothing is a scope too.
    - `closures`: the scopes that are anonymous functions; values inside are locals.
    - `compact`: scopes that are searched even if they fit on a line.
    - `inline`: any other scope that fits on a line is searched only if it has one of these words.
    - `wrappers`: a definition that is the only child of one of these extends to the whole node
      (`export`, decorators, a `type` with one specification).
    - `bodies`: lists of statements or members; a chunk may end between two items.
    - `comments` and `attributes`: nodes that belong to the definition after them. `is_attribute`
      confirms that a node in `attributes` is one.
    - `docstring` finds documentation inside a definition; `is_doc` recognizes an attribute that is
      documentation.
    - `clauses`: neighbors of the same name are one definition (equations, signatures).
    - `prepare` rewrites any text before parsing, `repair` a text in which the parser found errors.
      Both keep its length, so that offsets stay valid. `repair` also returns the ranges in which it
      blanked the beginnings of definitions.
    - `alternative` is the grammar to try if this one finds errors outside of definitions.
    - `heads` matches lines that begin a definition, for ranges that the parser cannot parse. A
      group has the name of a kind (`class_2` is a class, too) and matches the definition's name;
      a group `owner` may precede it. Neighbors that match a group called `clause` are one function.
    - `ascii_only`: other characters are masked, because the scanner reads out of bounds on them.
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
    """Return patterns of lines as they are; `head_pattern` compiles them at their first use."""
    return lines


@cache
def head_pattern(lines: Heads) -> re.Pattern[bytes]:
    """Join patterns of lines into one pattern, which matches lines with any indentation."""
    return re.compile(rb"^[ \t]*(?:" + rb"|".join(lines) + rb")", re.MULTILINE)


def words(text: str) -> frozenset[str]:
    """Return the set of node types that a text lists, separated by spaces."""
    return frozenset(text.split())
