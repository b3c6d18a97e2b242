"""One walk over a syntax tree that finds its definitions and the places where a chunk may end.

The walk is iterative (deep nesting must not overflow the stack) and goes only where it must: into
scopes, which may hold definitions, and into nodes larger than a chunk. Expressions are not
touched, because every node visited costs a Python object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from codelode.chunk.definitions import Found, Outline, Run
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
from codelode.chunk.languages import TYPE_KINDS, VALUE_KINDS

if TYPE_CHECKING:
    from tree_sitter import Node

SOFT: Final = 64
"""Added to the level of a cut inside a function: there, pieces are merged without regard."""
MAX_LEVEL: Final = 31
_FUNCTION_KINDS: Final = frozenset({"function", "method", "macro", "test"})
NO_LIMIT: Final = 1 << 62
_SMALL_CHILD: Final = 24  # bytes
_LF: Final = 0x0A
_INTERESTING: Final = RULE | WRAPPER | SCOPE
_LEAF: Final = NAMED | RULE  # it may be a definition, and nothing else
_NO_CUT: Final = SOFT + SOFT
_MAX_NAME: Final = 256  # bytes; longer ones are damage


class _Place(NamedTuple):
    """A node to be searched for definitions, and what holds for the things directly inside it."""

    node: Node
    level: int  # of the cuts between them
    parent: int  # the definition they lie in
    local: bool  # whether that is a function


def outline(grammar: Grammar, root: Node, text: bytes, limit: int = NO_LIMIT) -> Outline:
    """Find the definitions in the tree of `text`, and cuts inside nodes over `limit` bytes."""
    walk = _Walk(grammar, text, limit)
    walk.scopes.append(_Place(root, 0, -1, False))
    while walk.scopes:
        walk.search(walk.scopes.pop())
    while walk.large:
        walk.cut(*walk.large.pop())
    return walk.outline


class _Walk:
    """`scopes` are still to be searched; `large` are nodes without definitions, still to be cut.

    The latter come last: there, nothing is found that the search would have to know.
    """

    def __init__(self, grammar: Grammar, text: bytes, limit: int) -> None:
        self.grammar = grammar
        self.roles, self.rules, self.clauses = grammar.roles, grammar.rules, grammar.syntax.clauses
        self.text = text
        self.ascii = text.decode("ascii") if text.isascii() else None
        self.limit = limit
        self.outline = Outline()
        self.scopes: list[_Place] = []
        self.large: list[tuple[Node, int]] = []

    def search(self, place: _Place) -> None:
        """Look at the children of one node for definitions, and note what is to be entered."""
        node, level = place.node, place.level
        roles, text, limit, cuts = self.roles, self.text, self.limit, self.outline.cuts
        first, end = node.byte_range
        cutting = end - first > limit
        inner = self.inner_level(node, level)
        own_cut = level + SOFT if place.local else level
        bound_cut = min(level + 1, MAX_LEVEL) + SOFT  # between a thing and its comments
        run: Run | None = None
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
            if run is not None and text.count(b"\n", gap, start) > 1:
                run = None
            if cutting and line:
                cut = own_cut if run is None else bound_cut
                if cut < cuts.get(line, _NO_CUT):
                    cuts[line] = cut
            previous = end
            if role & (COMMENT | ATTRIBUTE) and self.precedes(child, role):
                if run is None and (line or start == first):
                    run = Run(start)
                if run is not None:
                    run.add(start, end, is_doc=self.is_doc(child, role))
                continue
            if role & _INTERESTING:
                before = last
                if role == _LEAF:
                    last = self.define(place, start, end, child, run, last)
                    if end - start > limit:
                        self.large.append((child, inner))
                else:
                    last = self.visit(place, inner, child, role, start, end, run, last)
                if last == before >= 0 and line in cuts:  # another clause of the same definition
                    cuts[line] = bound_cut
            elif end - start > limit:
                self.large.append((child, inner))
            run = None

    def cut(self, node: Node, level: int) -> None:
        """Note where a node that is too large may be cut, between its children."""
        roles, text, limit, cuts = self.roles, self.text, self.limit, self.outline.cuts
        first, end = node.byte_range
        if node.child_count * _SMALL_CHILD > end - first:
            return  # a long list of small things: lines are as good a guide
        inner = self.inner_level(node, level)
        own_cut, bound_cut = level + SOFT, min(level + 1, MAX_LEVEL) + SOFT
        bound = False  # to a comment before it
        previous = first
        for child in node.children:
            role = roles[child.kind_id]
            if not role & NAMED:
                previous = child.end_byte
                continue
            start, end = child.byte_range
            gap = previous - 1 if previous else 0
            line = text.rfind(b"\n", gap, start) + 1
            bound = bound and text.count(b"\n", gap, start) <= 1
            if line:
                cut = bound_cut if bound else own_cut
                if cut < cuts.get(line, _NO_CUT):
                    cuts[line] = cut
            previous = end
            if role & (COMMENT | ATTRIBUTE) and self.precedes(child, role):
                bound = bound or line > 0 or start == first
                continue
            bound = False
            if end - start > limit:
                self.large.append((child, inner))

    def inner_level(self, node: Node, level: int) -> int:
        """The level of the cuts in the children of a node, where those between them have `level`.

        The items of a list lie deeper than the list; the parts of an item (its header, its body) do
        not lie deeper than the item, so that a header stays with the first members.
        """
        return min(level + 1, MAX_LEVEL) if self.roles[node.kind_id] & BODY else level

    def precedes(self, node: Node, role: int) -> bool:
        return bool(role & COMMENT) or self.grammar.syntax.is_attribute(node, self.text)

    def is_doc(self, node: Node, role: int) -> bool:
        return bool(role & COMMENT) or self.grammar.syntax.is_doc(node, self.text)

    def visit(
        self,
        place: _Place,
        level: int,
        child: Node,
        role: int,
        start: int,
        end: int,
        run: Run | None,
        last: int,
    ) -> int:
        """Define what `child` defines, and enter it, at this level, if there may be more inside.

        It lies on `[start, end)`. `last` is the definition before it among its siblings, or -1; the
        same for it comes back.
        """
        node, index = child, -1
        while True:
            if role & RULE:
                index = self.define(place, start, end, node, run, last)
            if index >= 0 or not role & WRAPPER:
                break
            inside = self.worth_a_look(node)
            if len(inside) != 1:
                role = SCOPE if inside else 0
                break
            (node,) = inside
            role = self.roles[node.kind_id]
        if index >= 0:
            found = self.outline.found[index]
            if role & SCOPE and found.rule.holds_more(found.kind):  # the role alone says no faster
                local = place.local or found.kind in _FUNCTION_KINDS
                self.scopes.append(_Place(node, level, index, local))
                return index
        elif role & SCOPE and (role & BODY or self.spans_lines(node)):
            local = place.local or bool(role & CLOSURE)
            self.scopes.append(_Place(node, level, place.parent, local))
            return index
        if end - start > self.limit:
            self.large.append((child, level))
        return index

    def spans_lines(self, node: Node) -> bool:
        """Definitions are not looked for in what fits on a line, such as most calls."""
        return self.text.find(b"\n", *node.byte_range) >= 0

    def worth_a_look(self, node: Node) -> list[Node]:
        roles = self.roles
        return [child for child in node.children if roles[child.kind_id] & _INTERESTING]

    def define(
        self, place: _Place, start: int, end: int, node: Node, run: Run | None, last: int
    ) -> int:
        """Note the definition of `node`, wrapped on `[start, end)`; its index, or -1 for none."""
        rule = self.rules[node.kind_id]
        if rule.given is not None and rule.given(node) is None:
            return -1
        kind, token = rule.kind, None
        if not isinstance(kind, str):
            told = kind(node, self.text)
            if told is None:
                return -1
            kind, token = told if isinstance(told, tuple) else (told, None)
        if place.local and kind in VALUE_KINDS:
            return -1
        if token is None:
            token = rule.name(node)
            if token is None:
                return -1
        name_start, name_end = token.byte_range
        if not 0 < name_end - name_start <= _MAX_NAME:
            return -1
        name = self.spelled(name_start, name_end)
        found = self.outline.found
        parent = place.parent
        if parent >= 0 and kind == "function" and found[parent].kind in TYPE_KINDS:
            kind = "method"
        if self.clauses and last >= 0 and found[last].joins(name, kind):
            found[last].extend(node, rule)
            return last
        lead, doc = start, None
        if run is not None:
            lead, doc = run.start, run.doc
            start = start if run.attribute is None else run.attribute
        found.append(Found(name, kind, name_start, lead, start, end, doc, parent, node, rule))
        return len(found) - 1

    def spelled(self, start: int, end: int) -> str:
        """The characters of `[start, end)`."""
        if self.ascii is not None:
            return self.ascii[start:end]
        return self.text[start:end].decode("utf-8", "replace")
