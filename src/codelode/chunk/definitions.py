"""The result of a walk over a syntax tree: definitions in byte offsets, and split points."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

    from codelode.chunk.languages import Rule


MODULE_KINDS = frozenset({"module", "namespace", "interface"})
"""The kinds whose names may be qualified by others: `A.B.C`."""


@dataclass(slots=True)
class RawDefinition:
    """A definition on the bytes `[start, end)`; `lead` is where the comments before it begin.

    `name_start` is the offset of its name, `doc` the range of its comments. `parent` is an index
    into `Outline.definitions`, or -1. `node` and `rule` are the syntax node and the
    rule that define it; they are None if it was found by its first line alone (see `chunk.heads`).
    `declaration` and `owner` are as in `types.Definition`.
    """

    name: str
    kind: str
    name_start: int
    lead: int
    start: int
    end: int
    doc: tuple[int, int] | None = None
    parent: int = -1
    node: Node | None = None
    rule: Rule | None = None
    declaration: bool = False
    owner: str = ""

    def joins(self, name: str, kind: str) -> bool:
        """Return whether a neighbor of this name and kind is another clause of this definition."""
        return self.name == name and self.kind == kind and kind not in MODULE_KINDS

    def extend(self, node: Node, rule: Rule, name_start: int) -> None:
        """Add another clause. Name and body come from the first clause with a body."""
        self.end = node.end_byte
        if self.declaration and rule.declaration is not True:
            self.name_start, self.declaration = name_start, False
        if self.rule is None or self.node is None or self.rule.body(self.node) is None:
            self.node, self.rule = node, rule


@dataclass(slots=True)
class Outline:
    """Definitions, every parent before its children, and the cuts: their levels by byte offset.

    A lower level is a better place to cut: 0 is between two top-level items of the file. `damaged`
    are the ranges with text that the parser could not parse. `lost` is the number of damaged
    ranges in which a definition, or the body of a function, may have been lost.
    """

    definitions: list[RawDefinition] = field(default_factory=list)
    cuts: dict[int, int] = field(default_factory=dict)
    damaged: list[tuple[int, int]] = field(default_factory=list)
    lost: int = 0


def in_document_order(definitions: list[RawDefinition]) -> list[RawDefinition]:
    """Return definitions in the order of the document, outer before inner, parents renumbered."""
    # Each key, one number, orders by start, then longer definitions first. A pair would be slower.
    keys = [(each.start << 32) - each.end for each in definitions]
    if keys == sorted(keys):
        return definitions
    order = sorted(range(len(definitions)), key=keys.__getitem__)
    place = [0] * len(order)
    for new, old in enumerate(order):
        place[old] = new
    ordered = [definitions[i] for i in order]
    for each in ordered:
        if each.parent >= 0:
            each.parent = place[each.parent]
    return ordered


class LeadingComments:
    """Comments and attributes, collected until the definition after them is found."""

    __slots__ = ("attribute", "doc", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.attribute: int | None = None
        self.doc: tuple[int, int] | None = None

    def add(self, start: int, end: int, *, is_doc: bool) -> None:
        """Add a comment or attribute; `is_doc` holds for comments and documenting attributes."""
        if is_doc:
            self.doc = (self.doc[0] if self.doc else start, end)
        elif self.attribute is None:
            self.attribute = start
