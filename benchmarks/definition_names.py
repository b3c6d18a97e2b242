"""Extract the definitions of a file (functions, types, constants) and their documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codelode.chunk.definitions import Found
from codelode.chunk.grammars import grammar
from codelode.chunk.outline import outline
from codelode.chunk.parse import parse

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True, slots=True)
class Definition:
    """A named definition: the bytes `[start, end)` of the UTF-8 text.

    It includes its attributes, decorators and `export`, but not the comments before it. The header
    ends at `body_start` (`end` if there is no body). `doc` is the range of the comments directly
    before it or of the docstring inside it, delimiters included. `parent` is the list index of the
    enclosing definition.
    """

    name: str
    kind: str
    start: int
    end: int
    body_start: int
    doc: tuple[int, int] | None
    parent: int | None
    name_start: int


def definitions(language: str, text: bytes) -> list[Definition]:
    """Parse `text` and return its definitions in file order, outer before inner.

    `language` is a key of `languages.SYNTAXES`; any other raises KeyError. Returns an empty list
    for text that the parser gives up on (see `parse`).
    """
    known = grammar(language)
    tree = parse(known, text)
    if tree is None:
        return []
    found = outline(known, tree.root_node, text).found
    order = sorted(range(len(found)), key=lambda i: (found[i].start, -found[i].end, i))
    place = {old: new for new, old in enumerate(order)}
    docstring = known.syntax.docstring
    return [
        _definition(found[i], place.get(found[i].parent), docstring(found[i].node, text))
        for i in order
    ]


def _definition(found: Found, parent: int | None, docstring: Node | None) -> Definition:
    body = found.rule.body(found.node)
    return Definition(
        name=found.name,
        kind=found.kind,
        start=found.start,
        end=found.end,
        body_start=found.end if body is None else body.start_byte,
        doc=found.doc if docstring is None else docstring.byte_range,
        parent=parent,
        name_start=found.name_start,
    )
