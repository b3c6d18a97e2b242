"""One walk over a syntax tree that finds its definitions and the places where a chunk may end.

The walk is iterative (deep nesting must not overflow the stack) and goes only where it must: into
scopes, which may hold definitions, and into nodes larger than a chunk. Expressions are not
touched, because every node visited costs a Python object.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

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
from codelode.chunk.languages import TYPE_KINDS, VALUE_KINDS, Rule

if TYPE_CHECKING:
    from tree_sitter import Node

SOFT: Final = 64
"""Added to the level of a cut inside a function: there, pieces are merged without regard."""
MAX_LEVEL: Final = 31
_FUNCTION_KINDS: Final = frozenset({"function", "method", "macro", "test"})
NO_LIMIT: Final = 1 << 62
_SMALL_CHILD: Final = 24  # bytes
_MAX_NAME: Final = 256  # bytes; longer ones are damage


@dataclass(slots=True)
class Found:
    """A definition in the tree. `lead` is where its comments begin, `parent` an index or -1."""

    name: str
    kind: str
    name_start: int
    lead: int
    start: int
    end: int
    doc: tuple[int, int] | None
    parent: int
    node: Node
    rule: Rule

    def joins(self, name: str, kind: str) -> bool:
        """Whether a neighbour of this name and kind is another clause of this definition."""
        return self.name == name and self.kind == kind

    def extend(self, node: Node, rule: Rule) -> None:
        """Take in another clause. The body is that of the first clause that has one."""
        self.end = node.end_byte
        if self.rule.body(self.node) is None:
            self.node, self.rule = node, rule


@dataclass(slots=True)
class Outline:
    """Definitions in no particular order, parents first, and cuts: byte offset -> level.

    A lower level is a better place to cut: 0 is between two things at the top of the file.
    """

    found: list[Found] = field(default_factory=list)
    cuts: dict[int, int] = field(default_factory=dict)


class _Run:
    """Comments and attributes on their way to the thing that they precede."""

    __slots__ = ("attribute", "doc", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.attribute: int | None = None
        self.doc: tuple[int, int] | None = None

    def add(self, start: int, end: int, *, is_doc: bool) -> None:
        if is_doc:
            self.doc = (self.doc[0] if self.doc else start, end)
        elif self.attribute is None:
            self.attribute = start


class _Place(NamedTuple):
    """Where the walk is: a node, and what holds for the things directly inside it."""

    node: Node
    level: int  # of the cuts between them
    parent: int  # the definition they lie in
    local: bool  # whether that is a function
    searching: bool  # whether definitions are looked for


def outline(grammar: Grammar, root: Node, text: bytes, limit: int = NO_LIMIT) -> Outline:
    """Find the definitions in the tree of `text`, and cuts inside nodes over `limit` bytes."""
    walk = _Walk(grammar, text, limit)
    walk.stack.append(_Place(root, 0, -1, False, True))
    while walk.stack:
        walk.enter(walk.stack.pop())
    return walk.outline


class _Walk:
    def __init__(self, grammar: Grammar, text: bytes, limit: int) -> None:
        self.grammar = grammar
        self.roles = grammar.roles
        self.text = text
        self.limit = limit
        self.outline = Outline()
        self.stack: list[_Place] = []

    def enter(self, place: _Place) -> None:
        """Look at the children of one node, and put those to be entered on the stack."""
        node, roles, text = place.node, self.roles, self.text
        previous, size = node.start_byte, node.end_byte - node.start_byte
        cutting = size > self.limit
        if not place.searching and node.child_count * _SMALL_CHILD > size:
            return  # a long list of small things: lines are as good a guide
        interesting = RULE | WRAPPER | SCOPE if place.searching else 0
        run: _Run | None = None
        last = -1
        for child in node.children:
            role = roles[child.kind_id]
            if not role & NAMED:
                previous = child.end_byte
                continue
            start, end = child.byte_range
            gap = previous - 1 if previous else 0  # some nodes end with their newline
            line = text.rfind(b"\n", gap, start) + 1
            if run is not None and text.count(b"\n", gap, start) > 1:
                run = None
            if cutting and line:
                self.cut(line, place, attached=run is not None)
            if role & (COMMENT | ATTRIBUTE) and self.precedes(child, role):
                if run is None and (line or previous == node.start_byte):
                    run = _Run(start)
                if run is not None:
                    run.add(start, end, is_doc=self.is_doc(child, role))
            else:
                if role & interesting:
                    last = self.visit(place, child, run or _Run(start), last)
                elif end - start > self.limit:
                    self.push(place, child, place.parent, place.local, searching=False)
                run = None
            previous = end

    def cut(self, at: int, place: _Place, *, attached: bool) -> None:
        level = min(place.level + attached, MAX_LEVEL)
        if place.local or not place.searching:
            level += SOFT
        cuts = self.outline.cuts
        if level < cuts.get(at, SOFT + SOFT):
            cuts[at] = level

    def push(self, place: _Place, node: Node, parent: int, local: bool, *, searching: bool) -> None:
        """Enter `node`, which lies in `place`, later."""
        level = place.level
        if self.roles[place.node.kind_id] & BODY:  # its items; else a part: header and body mix
            level = min(level + 1, MAX_LEVEL)
        self.stack.append(_Place(node, level, parent, local, searching))

    def precedes(self, node: Node, role: int) -> bool:
        test = self.grammar.syntax.is_attribute
        return bool(role & COMMENT) or test is None or test(node)

    def is_doc(self, node: Node, role: int) -> bool:
        return bool(role & COMMENT) or self.grammar.syntax.is_doc(node)

    def visit(self, place: _Place, child: Node, run: _Run, last: int) -> int:
        """Define what `child` defines, and enter it if there may be more inside.

        `last` is the definition before it among its siblings, or -1; the same for it comes back.
        """
        inner, role = self.unwrap(child)
        index = self.define(place, child, inner, run, last) if role & RULE else -1
        if index >= 0:
            found = self.outline.found[index]
            if found.rule.holds:
                local = place.local or found.kind in _FUNCTION_KINDS
                self.push(place, inner, index, local, searching=True)
                return index
        elif role & SCOPE:
            local = place.local or bool(role & CLOSURE)
            self.push(place, inner, place.parent, local, searching=True)
            return -1
        if child.end_byte - child.start_byte > self.limit:
            self.push(place, child, place.parent, place.local, searching=False)
        return index

    def unwrap(self, node: Node) -> tuple[Node, int]:
        """The one thing inside `export`, a decorator and the like, and its role."""
        roles = self.roles
        role = roles[node.kind_id]
        while role & WRAPPER and not role & RULE:
            inside = [
                child for child in node.children if roles[child.kind_id] & (RULE | WRAPPER | SCOPE)
            ]
            if len(inside) != 1:
                return node, (SCOPE if inside else 0)
            (node,) = inside
            role = roles[node.kind_id]
        return node, role

    def define(self, place: _Place, outer: Node, node: Node, run: _Run, last: int) -> int:
        """Note the definition of `node`, which `outer` wraps; its index, or -1 if it is none."""
        rule = self.grammar.rules[node.kind_id]
        kind = rule.kind if isinstance(rule.kind, str) else rule.kind(node)
        if kind is None or (place.local and kind in VALUE_KINDS):
            return -1
        token = rule.name(node)
        if token is None or not 0 < token.end_byte - token.start_byte <= _MAX_NAME:
            return -1
        name = self.text[token.start_byte : token.end_byte].decode("utf-8", "replace")
        found = self.outline.found
        if kind == "function" and place.parent >= 0 and found[place.parent].kind in TYPE_KINDS:
            kind = "method"
        if self.grammar.syntax.clauses and last >= 0 and found[last].joins(name, kind):
            found[last].extend(node, rule)
            return last
        start = outer.start_byte if run.attribute is None else run.attribute
        found.append(
            Found(
                name=name,
                kind=kind,
                name_start=token.start_byte,
                lead=run.start,
                start=start,
                end=outer.end_byte,
                doc=run.doc,
                parent=place.parent,
                node=node,
                rule=rule,
            )
        )
        return len(found) - 1
