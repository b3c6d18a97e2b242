"""What the walk over a syntax tree finds: definitions, and places to cut at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

    from codelode.chunk.languages import Rule


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


class Run:
    """Comments and attributes on their way to the thing that they precede."""

    __slots__ = ("attribute", "doc", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.attribute: int | None = None
        self.doc: tuple[int, int] | None = None

    def add(self, start: int, end: int, *, is_doc: bool) -> None:
        """Take in a comment, or an attribute that documents (`is_doc`), or any other attribute."""
        if is_doc:
            self.doc = (self.doc[0] if self.doc else start, end)
        elif self.attribute is None:
            self.attribute = start
