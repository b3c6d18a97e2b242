"""One walk over a syntax tree that finds its definitions and the places where a chunk may end.

The walk is iterative (deep nesting must not overflow the stack) and goes only where it must: into
scopes, which may hold definitions, and into nodes larger than a chunk. Expressions are not
touched, because every node visited costs a Python object.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from codelode.chunk.definitions import LeadingComments, Outline, RawDefinition
from codelode.chunk.grammars import (
    ATTRIBUTE,
    BODY,
    CLOSURE,
    COMMENT,
    NAMED,
    RULE,
    SCOPE,
    WRAPPER,
    Grammar,
)
from codelode.chunk.languages import FUNCTION_KINDS, TYPE_KINDS, VALUE_KINDS, Match, Written
from codelode.chunk.names import MAX_NAME_BYTES, spelled

if TYPE_CHECKING:
    from tree_sitter import Node

SOFT: Final = 64
"""Added to the level of a cut inside a function: there, pieces are merged without regard."""
MAX_LEVEL: Final = 31
NO_LIMIT: Final = 1 << 62
_SMALL_CHILD: Final = 24  # bytes
_ENDS: Final = (b"}", b"end")
_LF: Final = 0x0A
_INTERESTING: Final = RULE | WRAPPER | SCOPE
_LEAF: Final = NAMED | RULE  # it may be a definition, and nothing else
_NO_CUT: Final = SOFT + SOFT


class _Place(NamedTuple):
    """A node to be walked, and what holds for the things directly inside it."""

    node: Node
    level: int  # of the cuts between them
    parent: int = -1  # the definition they lie in
    local: bool = False  # whether that is a function
    defines: bool = True  # whether to look for definitions, or only for places to cut


_Match = tuple[str, "Node | Written | None", bool, "Node | Written | None", "Node | Written | None"]
"""A `Match`, or a plain tuple of the same: most definitions are made without one."""


class _Item(NamedTuple):
    """A child of the node being walked, on `[start, end)`, and what precedes it.

    `last` is the definition before it among its siblings, or -1.
    """

    node: Node
    role: int
    start: int
    end: int
    comments: LeadingComments | None
    last: int


_new_item = partial(tuple.__new__, _Item)  # `_Item(...)` is a call of Python


def outline(grammar: Grammar, root: Node, text: bytes, limit: int = NO_LIMIT) -> Outline:
    """Find the definitions in the tree of `text`, and cuts inside nodes over `limit` bytes."""
    walk = _Walk(grammar, text, limit, broken=root.has_error)
    if root.is_error:
        walk.outline.damaged.append((0, len(text)))
        walk.outline.lost += 1
    places = walk.places
    places.append(_Place(root, 0))
    while places:
        walk.search(places.pop())
    return walk.outline


class _Walk:
    """The state of a walk: `places` are still to be searched."""

    def __init__(self, grammar: Grammar, text: bytes, limit: int, *, broken: bool) -> None:
        self.grammar = grammar
        self.roles, self.rules, self.clauses = grammar.roles, grammar.rules, grammar.syntax.clauses
        self.text = text
        self.ascii = text.decode("ascii") if text.isascii() else None
        self.limit = limit
        self.broken = broken
        self.outline = Outline()
        self.places: list[_Place] = []

    def search(self, place: _Place) -> None:
        """Look at the children of one node for definitions, and note what is to be entered."""
        node = place.node
        first, end = node.byte_range
        if not place.defines and node.child_count * _SMALL_CHILD > end - first:
            return  # a long list of small things: lines are as good a guide
        roles, text, limit, cuts = self.roles, self.text, self.limit, self.outline.cuts
        cutting = end - first > limit
        inner = self.inner_level(place)
        own_cut = place.level + SOFT if place.local or not place.defines else place.level
        bound_cut = min(place.level + 1, MAX_LEVEL) + SOFT  # between a thing and its comments
        interesting = _INTERESTING if place.defines else 0
        comments: LeadingComments | None = None
        last = -1
        previous = first
        for child in node.children:
            role = roles[child.kind_id]
            if not role & NAMED:
                previous = child.end_byte
                continue
            start, end = child.byte_range
            gap = previous - 1 if previous else 0  # some nodes end with their newline
            at_line_start = start and text[start - 1] == _LF
            line = start if at_line_start else text.rfind(b"\n", gap, start) + 1
            if comments is not None and text.count(b"\n", gap, start) > 1:
                comments = None
            if cutting and line:
                cut = own_cut if comments is None else bound_cut
                if cut < cuts.get(line, _NO_CUT):
                    cuts[line] = cut
            previous = end
            if role & (COMMENT | ATTRIBUTE) and self.precedes(child, role):
                if comments is None and (line or start == first):
                    comments = LeadingComments(start)
                if comments is not None:
                    comments.add(start, end, is_doc=self.is_doc(child, role))
                continue
            if role & interesting:
                before = last
                item = _new_item((child, role, start, end, comments, last))
                if role == _LEAF:
                    last = self.define(place, child, item)
                    self.leave(child, start, end, inner, last)
                else:
                    last = self.visit(place, inner, item)
                if last == before >= 0 and line in cuts:  # another clause of the same definition
                    cuts[line] = bound_cut
            elif place.defines:
                self.leave(child, start, end, inner)
            elif end - start > limit:
                self.places.append(_Place(child, inner, defines=False))
            comments = None

    def inner_level(self, place: _Place) -> int:
        """Return the level of the cuts in the children of a node.

        The items of a list lie deeper than the list; the parts of an item (its header, its body) do
        not lie deeper than the item, so that a header stays with the first members.
        """
        level = place.level
        return min(level + 1, MAX_LEVEL) if self.roles[place.node.kind_id] & BODY else level

    def precedes(self, node: Node, role: int) -> bool:
        """Return whether a comment or attribute belongs to what follows it."""
        return bool(role & COMMENT) or self.grammar.syntax.is_attribute(node, self.text)

    def is_doc(self, node: Node, role: int) -> bool:
        """Return whether a comment or attribute documents what follows it."""
        return bool(role & COMMENT) or self.grammar.syntax.is_doc(node, self.text)

    def leave(self, node: Node, start: int, end: int, level: int, index: int = -1) -> None:
        """Look for no definitions in a node (which may be one itself), only for places to cut."""
        if end - start > self.limit:
            self.places.append(_Place(node, level, defines=False))
        if self.broken and node.has_error:
            if index < 0:
                self.outline.lost += self.spans_lines(node) or "declaration" in node.type
            elif not self.swallows(start, end):
                return
            self.outline.damaged.append((start, end))

    def swallows(self, start: int, end: int) -> bool:
        """Return whether a definition goes on after a line that looks like its end."""
        line = self.text.rfind(b"\n", 0, start) + 1
        indent = self.text[line:start] if self.text[line:start].isspace() else b""
        return any(self.text.find(b"\n" + indent + word, start, end - 4) >= 0 for word in _ENDS)

    def visit(self, place: _Place, level: int, item: _Item) -> int:
        """Define what a child defines, and enter it, at this level, if there may be more inside.

        Returns the last definition among the siblings so far, or -1.
        """
        node, role = item.node, item.role
        index = -1
        while True:
            if role & RULE:
                index = self.define(place, node, item)
            if index >= 0 or not role & WRAPPER:
                break
            inside = self.worth_a_look(node)
            if len(inside) != 1:
                role = SCOPE if inside else 0
                break
            (node,) = inside
            role = self.roles[node.kind_id]
        if not role & SCOPE:
            self.leave(item.node, item.start, item.end, level, index)
        elif index >= 0:
            found = self.outline.definitions[index]
            rule = self.rules[node.kind_id]
            if rule.holds_more(found.kind, node, self.text):
                local = place.local or found.kind in FUNCTION_KINDS
                parent = index if rule.encloses or found.kind in TYPE_KINDS else place.parent
                self.places.append(_Place(node, level, parent, local))
            else:
                self.leave(item.node, item.start, item.end, level, index)
        elif self.worth_a_search(node, role):
            local = place.local or bool(role & CLOSURE)
            self.places.append(_Place(node, level, place.parent, local))
            if self.broken and node.is_error:
                self.outline.damaged.append((item.start, item.end))
                self.outline.lost += 1
        else:
            self.leave(item.node, item.start, item.end, level)
        return index

    def spans_lines(self, node: Node) -> bool:
        """Return whether a node goes on after its first line."""
        return self.text.find(b"\n", *node.byte_range) >= 0

    def worth_a_search(self, node: Node, role: int) -> bool:
        """Return whether a scope may hold a definition: not what fits on a line, as most calls."""
        if role & BODY or node.kind_id in self.grammar.compact or self.spans_lines(node):
            return True
        start, end = node.byte_range
        return any(self.text.find(word, start, end) >= 0 for word in self.grammar.syntax.inline)

    def worth_a_look(self, node: Node) -> list[Node]:
        """Return the children that may be or hold definitions."""
        roles = self.roles
        return [child for child in node.children if roles[child.kind_id] & _INTERESTING]

    def define(self, place: _Place, node: Node, item: _Item) -> int:
        """Note what a node defines; returns the index of it, or of the last of several, or -1."""
        rule = self.rules[node.kind_id]
        if rule.given is not None and rule.given(node) is None:
            return -1
        kind = rule.kind
        if isinstance(kind, str):
            return self.note(place, item, node, (kind, rule.name(node), False, None, None))
        found = kind(node, self.text)
        if found is None:
            return -1
        if isinstance(found, str):
            return self.note(place, item, node, (found, rule.name(node), False, None, None))
        if isinstance(found, Match):
            return self.note(place, item, node, found)
        return max([self.note(place, item, node, match) for match in found], default=-1)

    def note(self, place: _Place, item: _Item, node: Node, match: _Match) -> int:
        """Note one definition of a node; returns its index, or -1 if it has no name."""
        kind, token, declaration, owner, whole = match
        if token is None or (place.local and kind in VALUE_KINDS):
            return -1
        name_start, name_end = token.byte_range
        if not 0 < name_end - name_start <= MAX_NAME_BYTES:
            return -1
        name = self.spelled(name_start, name_end)
        known, parent, rule = self.outline.definitions, place.parent, self.rules[node.kind_id]
        if parent >= 0:
            if known[parent].name_start == name_start:
                return -1  # the same definition, one node further in
            if kind == "function" and known[parent].kind in TYPE_KINDS:
                kind = "method"
            elif kind == "constant" and known[parent].kind == "enum":
                kind, declaration = "variant", True
        if self.clauses and item.last >= 0 and known[item.last].joins(name, kind):
            known[item.last].extend(node, rule)
            return item.last
        start, end = (item.start, item.end) if whole is None else whole.byte_range
        lead, doc, comments = start, None, item.comments
        if comments is not None and whole is None:
            lead, doc = comments.start, comments.doc
            start = start if comments.attribute is None else comments.attribute
        if rule.declaration is not False:
            declaration = rule.declaration or self.is_bodiless(node, kind, parent)
        if owner is None and rule.owner is not None:
            owner = rule.owner(node)
        known.append(
            RawDefinition(
                name,
                kind,
                name_start,
                lead,
                start,
                end,
                doc,
                parent,
                node,
                rule,
                declaration,
                "" if owner is None else self.spelled(*owner.byte_range),
            )
        )
        return len(known) - 1

    def is_bodiless(self, node: Node, kind: str, parent: int) -> bool:
        """Return whether a definition has no body; a value needs none, but in an interface."""
        if self.rules[node.kind_id].body(node) is not None:
            return False
        if kind not in VALUE_KINDS:
            return True
        return parent >= 0 and self.outline.definitions[parent].kind in ("interface", "trait")

    def spelled(self, start: int, end: int) -> str:
        """Return the name that is written on `[start, end)`."""
        if self.ascii is not None:
            name = self.ascii[start:end]
        else:
            name = self.text[start:end].decode("utf-8", "replace")
        return name if name.isidentifier() else spelled(name)
