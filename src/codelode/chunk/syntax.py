"""The outline of a text by its syntax: parse it, walk the tree, recover what was lost."""

from __future__ import annotations

from typing import Final

from codelode.chunk.definitions import Outline, in_document_order
from codelode.chunk.grammars import Grammar, grammar
from codelode.chunk.heads import heads_in, whole_lines
from codelode.chunk.languages import Repair, head_pattern
from codelode.chunk.outline import NO_LIMIT, outline
from codelode.chunk.parse import parse

MARGIN: Final = 500
"""How far from where the parser is lost the reason may be, in bytes."""


def syntax_outline(known: Grammar, text: bytes, limit: int = NO_LIMIT) -> Outline | None:
    """Return a text's definitions in document order, and cuts inside nodes over `limit` bytes.

    Returns None if the parser has given up (see `parse`).
    """
    source = known.legible(text)
    found = _parsed(known, source, text, limit)
    if found is None:
        return None
    if found.lost:
        found = _mended(known, source, text, limit, found)
    definitions = found.definitions
    if found.damaged and known.syntax.heads:
        pattern = head_pattern(known.syntax.heads)
        definitions = heads_in(found.damaged, pattern, text, definitions)
    found.definitions = in_document_order(definitions)
    return found


def _parsed(known: Grammar, source: bytes, text: bytes, limit: int) -> Outline | None:
    tree = parse(known, source)
    return None if tree is None else outline(known, tree.root_node, source, text, limit)


def _mended(known: Grammar, source: bytes, text: bytes, limit: int, found: Outline) -> Outline:
    """Parse the text again, repaired or with another grammar; return the best outline."""
    syntax = known.syntax
    if syntax.repair is not None:
        mended, blanked = _repaired(syntax.repair, source, found.damaged)
        again = _parsed(known, mended, text, limit) if mended != source else None
        if again is not None and again.lost <= found.lost:
            found = again
            found.damaged += blanked
    if syntax.alternative is not None and found.lost:
        again = _parsed(grammar(syntax.alternative), source, text, limit)
        if again is not None and again.lost < found.lost:
            found = again
    return found


def _repaired(
    repair: Repair, source: bytes, damaged: list[tuple[int, int]]
) -> tuple[bytes, list[tuple[int, int]]]:
    """Return a text, repaired in and near its damaged ranges, and the ranges that were blanked."""
    pieces: list[bytes] = []
    blanked: list[tuple[int, int]] = []
    at = 0
    around = [(max(0, first - MARGIN), last + MARGIN) for first, last in damaged]
    for start, end in whole_lines(around, source):
        mended, heads = repair(source[start:end])
        blanked += [(start + first, start + last) for first, last in heads]
        pieces += (source[at:start], mended)
        at = end
    return b"".join((*pieces, source[at:])), blanked
