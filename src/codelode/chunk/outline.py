"""One walk over a syntax tree that finds its definitions and the places where a chunk may end.

The walk is iterative (deep nesting must not overflow the stack) and goes only where it must: into
scopes, which may hold definitions, and into nodes larger than a chunk. Expressions are not
touched, because every node visited costs a Python object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from codelode.chunk.definitions import LeadingComments, Outline
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
from codelode.chunk.languages import FUNCTION_KINDS, TYPE_KINDS
from codelode.chunk.naming import Definer, Item, Place

if TYPE_CHECKING:
    from tree_sitter import Node

SOFT: Final = 64
"""Added to the level of a cut inside a function: such pieces are merged up to full size."""
MAX_LEVEL: Final = 31
NO_LIMIT: Final = 1 << 62
_SMALL_CHILD: Final = 24  # mean bytes per child: a node below this is a list of small items
_INTERESTING: Final = RULE | WRAPPER | SCOPE
_LEAF: Final = NAMED | RULE  # can be a definition, but cannot contain one
_LF: Final = 0x0A
_ENDS: Final = (b"}", b"end")


def outline(
    grammar: Grammar, root: Node, source: bytes, text: bytes, limit: int = NO_LIMIT
) -> Outline:
    """Find the definitions in the tree of a text, and cuts inside nodes over `limit` bytes.

    `source` is the text as it was prepared for the parser.
    """
    walk = _Walk(grammar, source, text, limit, broken=root.has_error)
    if root.is_error:
        walk.outline.damaged.append((0, len(text)))
        walk.outline.lost += 1
    places = walk.places
    places.append(Place(root, 0))
    while places:
        walk.search(places.pop())
    return walk.outline


class _Walk:
    """The state of a walk; `places` are the nodes that are still to be searched."""

    def __init__(
        self, grammar: Grammar, source: bytes, text: bytes, limit: int, *, broken: bool
    ) -> None:
        self.grammar = grammar
        self.roles = grammar.roles
        self.text = text
        self.limit = limit
        self.broken = broken
        self.outline = Outline()
        self.definer = Definer(grammar, source, text, self.outline.definitions)
        self.places: list[Place] = []

    def search(self, place: Place) -> None:
        """Search the children of one node for definitions, and queue the children to enter."""
        first, end = (node := place.node).byte_range
        if not place.defines and node.child_count * _SMALL_CHILD > end - first:
            return  # a long list of small items: splitting by lines is as good
        roles, text, cuts, limit = self.roles, self.text, self.outline.cuts, self.limit
        own_cut, bound_cut, inner = self.levels(place)
        cutting, interesting = end - first > limit, _INTERESTING if place.defines else 0
        comments: LeadingComments | None = None
        last, previous, broken = -1, first, self.broken
        for child in node.children:
            role = roles[child.kind_id]
            if not role & NAMED:
                previous = child.end_byte
                continue
            start, end = child.byte_range
            gap = previous - 1 if previous else 0  # a node may include its final newline
            line = start if start and text[start - 1] == _LF else text.rfind(b"\n", gap, start) + 1
            if comments is not None and text.count(b"\n", gap, start) > 1:
                comments = None
            cut = own_cut if comments is None else bound_cut
            if cutting and line and cuts.setdefault(line, cut) > cut:
                cuts[line] = cut
            previous = end
            if role & (COMMENT | ATTRIBUTE) and self.precedes(child, role):
                if comments is None and (line or start == first):
                    comments = LeadingComments(start)
                self.gather(comments, child, role)
                continue
            if role & interesting:
                before, item = last, (child, role, start, end, comments, last)
                if role == _LEAF and end - start <= limit and not (broken and child.has_error):
                    last = self.definer.define_leaf(place, child, item)
                else:
                    last = self.visit(place, inner, item)
                if last == before >= 0 and line in cuts:  # another clause of the same definition
                    cuts[line] = bound_cut
            elif end - start > limit or broken:
                self.enter_for_cuts(place, child, inner, start, end)
            comments = None

    def levels(self, place: Place) -> tuple[int, int, int]:
        """Return three cut levels for the children of a node.

        The first is for a cut before a child, the second for a cut between its comments and the
        child, the third for a cut inside the child. The items of a list are one level deeper than
        the list. The parts of an item (header, body) are on the level of the item, so that a header
        stays with the first members.
        """
        level = place.level
        deeper = min(level + 1, MAX_LEVEL)
        own = level + SOFT if place.local or not place.defines else level
        return own, deeper + SOFT, deeper if self.roles[place.node.kind_id] & BODY else level

    def precedes(self, node: Node, role: int) -> bool:
        """Return whether a comment or attribute belongs to the next sibling."""
        return bool(role & COMMENT) or self.grammar.syntax.is_attribute(node, self.text)

    def gather(self, comments: LeadingComments | None, node: Node, role: int) -> None:
        """Add a comment or attribute to `comments`.

        Does nothing if `comments` is None: then the node follows code on its line.
        """
        if comments is not None:
            is_doc = bool(role & COMMENT) or self.grammar.syntax.is_doc(node, self.text)
            comments.add(*node.byte_range, is_doc=is_doc)

    def enter_for_cuts(self, place: Place, node: Node, level: int, start: int, end: int) -> None:
        """Enter a large child without definitions, only for split points; record its errors."""
        if end - start > self.limit:
            self.places.append(Place(node, level, defines=False))
        if self.broken and place.defines and node.has_error:
            self.note_damage(node, start, end)

    def enter_defined_for_cuts(self, item: Item, level: int, index: int) -> None:
        """Enter a large definition, but only for split points; record the errors in it."""
        node, _, start, end, _, _ = item
        if end - start > self.limit:
            self.places.append(Place(node, level, defines=False))
        if self.broken and node.has_error:
            known = self.outline.definitions[index]
            is_lost = known.declaration and known.kind in FUNCTION_KINDS  # errors may hide a body
            if is_lost or self.swallows(start, end):
                self.outline.damaged.append((start, end))
                self.outline.lost += is_lost

    def note_damage(self, node: Node, start: int, end: int) -> None:
        """Record the errors in a node that is not a definition."""
        self.outline.damaged.append((start, end))
        self.outline.lost += self.spans_lines(node) or (
            "declaration" in node.type and self.text.find(b"(", start, end) >= 0
        )

    def swallows(self, start: int, end: int) -> bool:
        """Return whether a definition continues after a line that looks like its end."""
        line = self.text.rfind(b"\n", 0, start) + 1
        indent = self.text[line:start] if self.text[line:start].isspace() else b""
        return any(self.text.find(b"\n" + indent + word, start, end - 4) >= 0 for word in _ENDS)

    def visit(self, place: Place, level: int, item: Item) -> int:
        """Record the definitions of a child, and enter it on this level if it may contain more.

        Returns the index of the last definition that the child makes or extends, or -1.
        """
        node, role, start, end, _, _ = item
        index = -1
        while True:
            if role & RULE:
                index = self.definer.define(place, node, item)
            if index >= 0 or not role & WRAPPER:
                break
            inside = self.worth_a_look(node)
            if len(inside) != 1:
                role = SCOPE if inside else 0
                break
            (node,) = inside
            role = self.roles[node.kind_id]
        if index >= 0:
            self.enter_definition(place, level, item, node, index)
        elif role & SCOPE and self.worth_a_search(node, role):
            local = place.local or bool(role & CLOSURE)
            self.places.append(Place(node, level, place.parent, local))
            if self.broken and node.is_error:
                self.outline.damaged.append((start, end))
                self.outline.lost += 1
        else:
            self.enter_for_cuts(place, item[0], level, start, end)
        return index

    def enter_definition(
        self, place: Place, level: int, item: Item, node: Node, index: int
    ) -> None:
        """Search the node of a definition, if it may hold more definitions."""
        if self.roles[node.kind_id] & SCOPE:
            kind = self.outline.definitions[index].kind
            rule = self.grammar.rules[node.kind_id]
            if rule.holds_more(kind, self.text, *item[2:4]):
                local = place.local or kind in FUNCTION_KINDS
                parent = index if rule.encloses or kind in TYPE_KINDS else place.parent
                self.places.append(Place(node, level, parent, local))
                return
        self.enter_defined_for_cuts(item, level, index)

    def spans_lines(self, node: Node) -> bool:
        """Return whether a node extends beyond its first line."""
        return self.text.find(b"\n", *node.byte_range) >= 0

    def worth_a_search(self, node: Node, role: int) -> bool:
        """Return whether a scope may hold a definition.

        Bodies, compact scopes and scopes of several lines always count. Any other scope counts only
        if it holds a word such as `class` that begins a definition inside an expression. This
        spares a search of most call expressions.
        """
        if role & BODY or node.kind_id in self.grammar.compact or self.spans_lines(node):
            return True
        start, end = node.byte_range
        return any(self.text.find(word, start, end) >= 0 for word in self.grammar.syntax.inline)

    def worth_a_look(self, node: Node) -> list[Node]:
        """Return the children that may be or hold definitions."""
        roles = self.roles
        return [child for child in node.children if roles[child.kind_id] & _INTERESTING]
