"""How a node of a syntax tree becomes a definition: by the rule of its type."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from codelode.chunk.definitions import MODULE_KINDS, LeadingComments, RawDefinition
from codelode.chunk.languages import TYPE_KINDS, VALUE_KINDS, Match, Rule, Written

if TYPE_CHECKING:
    from tree_sitter import Node

    from codelode.chunk.grammars import Grammar

MAX_NAME_BYTES: Final = 256
"""Longer names are damage, or titles of tests that nobody types in full."""

_DECORATION: Final = frozenset("`'\"@:r")
"""Characters before a name that are not part of it."""
_QUOTED: Final = re.compile(r"[@:]?([`'\"]+)(.+)\1", re.DOTALL)
_OF_MODULE: Final = re.compile(r"(\w+(?:(?:\.|::)\w+)*)(?:\.|::)(\w+)")
_MARKED: Final = re.compile(r"(?:r#|@|:(?=\w))(.+)")
_Range: TypeAlias = "Node | Written | None"
_MatchFields: TypeAlias = tuple[str, _Range, bool, _Range, _Range]
"""A `Match`, or a plain tuple with the same fields, as most definitions have."""


Item: TypeAlias = "tuple[Node, int, int, int, LeadingComments | None, int]"
"""A child of the node being walked, and what precedes it: a plain tuple, as there are many.

It has the child's node and the role of the node, start and end, the comments and attributes before
the child, and the index of the definition before it among its siblings, or -1.
"""


class Place(NamedTuple):
    """A node to be walked, with properties of its direct children."""

    node: Node
    level: int  # the level of the cuts between the children
    parent: int = -1  # the index of the enclosing definition; -1: none
    local: bool = False  # whether the parent is a function
    defines: bool = True  # whether to look for definitions, or only for places to cut


class Definer:
    """A maker of definitions: it makes them from nodes, and adds them to a list."""

    def __init__(
        self, grammar: Grammar, source: bytes, text: bytes, definitions: list[RawDefinition]
    ) -> None:
        self.rules, self.clauses = grammar.rules, grammar.syntax.clauses
        self.source, self.text = source, text
        self.ascii = text.decode("ascii") if text.isascii() else None
        self.definitions = definitions

    def define_leaf(self, place: Place, node: Node, item: Item) -> int:
        """Do what `define` does, for a node that has no errors and holds no other definitions."""
        rule = self.rules[node.kind_id]
        _, _, start, end, comments, _ = item
        usual, kind = rule.usual, rule.kind
        if usual is None or not isinstance(kind, str):
            return self.define(place, node, item)
        found = usual.match(self.source, start)
        if found is None:
            return self.define(place, node, item)
        name_start, name_end = found.span(1)
        if self.ascii is not None:
            name = self.ascii[name_start:name_end]  # an identifier: needs no `bare`
        else:
            name = self.spelled(name_start, name_end)
        lead, doc = start, None
        if comments is not None:
            lead, start, end, doc = _extent(item, None)
        known = self.definitions
        known.append(
            RawDefinition(name, kind, name_start, lead, start, end, doc, place.parent, node, rule)
        )
        return len(known) - 1

    def define(self, place: Place, node: Node, item: Item) -> int:
        """Record the definitions that a node makes.

        `node` is the node of `item`, or a node inside that one. Returns the index of the last of
        these definitions, or -1 if there are none.
        """
        rule = self.rules[node.kind_id]
        if rule.given is not None and rule.given(node) is None:
            return -1
        kind = rule.kind
        if not isinstance(kind, str):
            found = kind(node, self.text)
            if found is None:
                return -1
            if isinstance(found, Match):
                return self.note(place, node, rule, item, found)
            if not isinstance(found, str):
                notes = [self.note(place, node, rule, item, match) for match in found]
                return max(notes, default=-1)
            kind = found
        return self.note(place, node, rule, item, (kind, rule.name(node), False, None, None))

    def note(self, place: Place, node: Node, rule: Rule, item: Item, match: _MatchFields) -> int:
        """Record a definition, or extend the one before it; return its index, or -1 if neither."""
        kind, token, declaration, owner, whole = match
        _, _, parent, local, _ = place
        if token is None or (local and kind in VALUE_KINDS):
            return -1
        name_start, name_end = token.byte_range
        if not 0 < name_end - name_start <= MAX_NAME_BYTES:
            return -1
        of, name, known = "", self.spelled(name_start, name_end), self.definitions
        if kind in MODULE_KINDS:
            of, name = in_module(name)
        if parent >= 0:
            outer = known[parent]
            if outer.name_start == name_start:
                return -1  # an inner node of the same definition
            if kind == "function" and outer.kind in TYPE_KINDS:
                kind = "method"
            elif kind == "constant" and outer.kind == "enum":
                kind, declaration = "variant", True
        _, _, start, end, comments, last = item
        if self.clauses and last >= 0 and known[last].joins(name, kind):
            known[last].extend(node, rule, name_start)
            return last
        if rule.declaration is not False:
            declaration = rule.declaration or self.is_bodiless(rule, node, kind, parent)
            if declaration and rule.unless is not None and rule.unless(node):
                return -1
        if owner is None and rule.owner is not None:
            owner = rule.owner(node)
        of = of if owner is None else self.spelled(*owner.byte_range)
        lead, doc = start, None
        if whole is not None or comments is not None:
            lead, start, end, doc = _extent(item, whole)
        made = RawDefinition(
            name, kind, name_start, lead, start, end, doc, parent, node, rule, declaration, of
        )
        known.append(made)
        return len(known) - 1

    def is_bodiless(self, rule: Rule, node: Node, kind: str, parent: int) -> bool:
        """Return whether a definition has no body, which makes it a declaration.

        A value without a body is a declaration only in an interface or a trait.
        """
        if rule.body(node) is not None:
            return False
        if kind not in VALUE_KINDS:
            return True
        return parent >= 0 and self.definitions[parent].kind in ("interface", "trait")

    def spelled(self, start: int, end: int) -> str:
        """Return the name that the bytes `[start, end)` of the text spell."""
        if self.ascii is not None:
            name = self.ascii[start:end]
        else:
            name = self.text[start:end].decode("utf-8", "replace")
        return name if name.isidentifier() else bare(name)


def _extent(item: Item, whole: _Range) -> tuple[int, int, int, tuple[int, int] | None]:
    """Return a definition's start with and without comments, its end, and its comments' range."""
    _, _, start, end, comments, _ = item
    if whole is not None:
        start, end = whole.byte_range
        return start, start, end, None
    if comments is None:
        return start, start, end, None
    after = start if comments.attribute is None else comments.attribute
    return comments.start, after, end, comments.doc


def in_module(name: str) -> tuple[str, str]:
    """Return the owner and the name of a module: `A.B` and `C` of `A.B.C` or `A::B::C`."""
    found = _OF_MODULE.fullmatch(name)
    return ("", name) if found is None else (found[1].replace("::", "."), found[2])


def bare(written: str) -> str:
    """Return a name without quotes, escapes and line ends: `match` of `r#match` or `"match"`."""
    if written[0] in _DECORATION:
        if (quoted := _QUOTED.fullmatch(written)) is not None:
            written = quoted[2]
        elif (marked := _MARKED.fullmatch(written)) is not None:
            written = marked[1]
    if '"' in written:
        written = written.replace('"', "")
    return written if written.isprintable() and "  " not in written else " ".join(written.split())
