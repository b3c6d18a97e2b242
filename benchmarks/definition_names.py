"""The definitions of a file: functions, types, constants and what documents them."""

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
    """A named definition on the bytes `[start, end)`, all offsets into the UTF-8 text.

    It begins with its attributes, decorators or `export`, but after its comments; `body_start` is
    where the header ends (`end` if there is no body). `doc` is the run of comments directly before
    it, or the docstring inside it, delimiters included. `parent` is the index, in the same list,
    of the definition that it lies in.
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
    """Parse `text` and list its definitions in the order of the file, outer before inner.

    `language` is a name of `languages.SYNTAXES`. Raises KeyError for any other. A text on which the
    parser loses its way (see `parse`) has none.
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
