"""Split documents into chunks: by syntax where there is a grammar, by lines elsewhere.

The chunks of a document cover it without gaps or overlap. They begin at line starts, except inside
lines longer than `MAX_LINE_BYTES`, and never inside a character.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from operator import sub
from typing import Final

from codelode.chunk.definitions import Outline, RawDefinition
from codelode.chunk.embedded import add_embedded, language_outline
from codelode.chunk.grammars import grammar_name, is_installed
from codelode.chunk.hosts import HOSTS, host_name
from codelode.chunk.languages import EXTRA
from codelode.chunk.lines import Lines
from codelode.chunk.merge import merge
from codelode.chunk.outline import MAX_LEVEL, SOFT
from codelode.chunk.sizes import MAX_CHUNK_BYTES
from codelode.chunk.symbols import symbols
from codelode.chunk.table import definition_columns
from codelode.chunked import ChunkedDocument, DefinitionColumns
from codelode.types import Chunk, Document

CHUNKER: Final = "syntax-9"
"""Change it with anything that changes chunks, definitions or heads: see `chunker_identity`."""

MAX_PARSED_BYTES: Final = 500_000
"""In a larger text, definitions are found by the look of their first lines."""
MAX_LONG_SHARE: Final = 0.5
"""A text with a larger share of long lines was made by a program; parsing it helps little."""
MIN_LONG_BYTES: Final = 16_000
"""A text with fewer bytes in long lines is parsed in any case: it has a few long strings."""
_LINE_CUT: Final = SOFT + MAX_LEVEL  # the level of a cut made by lines, not by syntax
_new_chunk = partial(tuple.__new__, Chunk)  # faster than `Chunk(...)`


def chunk(document: Document) -> ChunkedDocument:
    """Split a document into chunks and list its definitions; an empty document has neither.

    The syntax tree is not kept. A document takes at most about two CPU seconds.
    """
    text = document.text
    if not text:
        return ChunkedDocument([], DefinitionColumns())
    lines = Lines(text)
    found, cuts = _outline(document, lines)
    cuts.pop(0, None)
    cuts.pop(len(text), None)  # an empty node at the very end causes a cut there
    bounds = [0, *sorted(cuts), len(text)]
    if max(map(sub, bounds[1:], bounds)) > MAX_CHUNK_BYTES:
        for start, end in pairwise(bounds):
            if end - start > MAX_CHUNK_BYTES:
                cuts.update((offset, _LINE_CUT) for offset in lines.cuts(start, end))
    starts = merge(cuts, len(text))
    ends = [*starts[1:], len(text)]
    numbers = lines.numbers([*starts, len(text)])
    named = symbols(found, starts, ends)
    chunks = [
        _new_chunk((start, end, first, last, symbol))
        for start, end, (first, last), symbol in zip(starts, ends, numbers, named, strict=True)
    ]
    return ChunkedDocument(chunks, definition_columns(found, lines))


def chunker_identity() -> str:
    """Return the version of the chunker and the installed extra grammars; chunks depend on both.

    The manifest records it; an index is never updated by another chunker.
    """
    extra = sorted(name for name in EXTRA if is_installed(name))
    return f"{CHUNKER}+{','.join(extra)}" if extra else CHUNKER


def _outline(document: Document, lines: Lines) -> tuple[list[RawDefinition], dict[int, int]]:
    """Return the definitions of a document, and its split points with their levels."""
    text = document.text
    language, path = document.language, document.path
    name = host_name(language, path) or grammar_name(language, path) or language
    if name is None:
        return [], {}
    host = HOSTS.get(name)
    any_lines = host is not None and host.long_lines
    is_written = any_lines or _is_written(text, lines)
    is_small = len(text) <= MAX_PARSED_BYTES
    found = language_outline(name, text, parsed=is_small) if is_written else None
    found = found or Outline()
    if host is not None:
        found.cuts |= host.cuts(text)
        if is_written and is_small:
            add_embedded(found, host, text, path)
    return found.definitions, found.cuts


def _is_written(text: bytes, lines: Lines) -> bool:
    """Return whether a text looks as if people wrote it: few of its lines are long."""
    return lines.long_bytes() <= max(MIN_LONG_BYTES, MAX_LONG_SHARE * len(text))
