"""The outline of a text that holds code of other languages.

Each region is parsed alone, in its own language, and its definitions are moved to where they are in
the text. See `hosts` for the ways to find the regions.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import thread_time
from typing import Final

from codelode.chunk.definitions import Outline, RawDefinition, in_document_order
from codelode.chunk.grammars import installed_grammar
from codelode.chunk.heads import head_outline, nested
from codelode.chunk.hosts import Host, Region
from codelode.chunk.languages import SYNTAXES, head_pattern, heads_of
from codelode.chunk.outline import MAX_LEVEL, SOFT
from codelode.chunk.parse import MAX_CPU_SECONDS
from codelode.chunk.sizes import MAX_CHUNK_BYTES, MAX_LINE_BYTES
from codelode.chunk.syntax import syntax_outline

_LINE_ENDS: Final = b"\r\n"


def language_outline(name: str, text: bytes, *, parsed: bool = True) -> Outline | None:
    """Return the outline of a text in one language; None without grammar or `heads`.

    If `parsed` is False, definitions are found by their first lines.
    """
    known = installed_grammar(name) if parsed and name in SYNTAXES else None
    found = syntax_outline(known, text, MAX_CHUNK_BYTES) if known else None
    if found is None and (heads := heads_of(name)):
        found = head_outline(head_pattern(heads), text)
    return found


def add_embedded(found: Outline, host: Host, text: bytes, path: str) -> None:
    """Add the definitions of a host and of the code in it, and the split points around that code.

    Once this thread has spent `MAX_CPU_SECONDS` on regions, the remaining ones are left out.
    """
    definitions = [*found.definitions, *host.own(text)]
    give_up_at = thread_time() + MAX_CPU_SECONDS
    for region in host.regions(text, path):
        if thread_time() > give_up_at:
            break
        inner = _region_outline(region)
        if inner is None:
            continue
        first = len(definitions)
        for each in inner.definitions:
            each.parent += first if each.parent >= 0 else 0
            each.declaration = each.declaration or host.illustrates
        definitions += inner.definitions
        if not host.illustrates:
            for at, level in inner.cuts.items():
                if _may_cut(text, at):
                    found.cuts[at] = level + (level % SOFT < MAX_LEVEL)
            for line in _around(text, region):
                found.cuts[line] = 0
    if len(definitions) > len(found.definitions):
        found.definitions = in_document_order(nested(definitions))


def _region_outline(region: Region) -> Outline | None:
    """Return the outline of a region, with offsets in the text that contains it."""
    before, after = region.inside
    source = before + region.source + after
    found = language_outline(region.language, source)
    if found is None:
        return None
    first, last = len(before), len(source) - len(after)
    kept = [each for each in found.definitions if first <= each.name_start < last]
    places = {id(each): place for place, each in enumerate(kept)}
    parents = [found.definitions[each.parent] if each.parent >= 0 else None for each in kept]
    for each, parent in zip(kept, parents, strict=True):
        each.parent = places.get(id(parent), -1)
        _move(each, source, first, last, region)
    shift = region.start - first
    cuts = {at + shift: level for at, level in found.cuts.items() if first < at < last}
    return Outline(kept, cuts)


def _move(each: RawDefinition, source: bytes, first: int, last: int, region: Region) -> None:
    """Convert a definition's offsets in `source` to offsets in the text around the region."""

    def moved(at: int) -> int:
        indent = region.indent if source[at] not in _LINE_ENDS else 0
        return region.start + at - first + indent

    each.name_start = moved(each.name_start)
    each.lead = moved(max(first, each.lead))
    each.start = moved(max(first, each.start))
    each.end = moved(min(last, each.end) - 1) + 1
    each.doc = None


def _around(text: bytes, region: Region) -> Iterator[int]:
    """Yield the start of a region's first line, and the start of the line after its last."""
    end = region.start + len(region.source)
    yield text.rfind(b"\n", max(0, region.start - MAX_LINE_BYTES), region.start) + 1
    yield text.find(b"\n", end, end + MAX_LINE_BYTES) + 1


def _may_cut(text: bytes, at: int) -> bool:
    """Return whether a chunk may begin at `at`: at a line start, or in a long line."""
    if text[at - 1] in _LINE_ENDS:
        return True
    begun = text.rfind(b"\n", max(0, at - MAX_LINE_BYTES), at) + 1
    return text.find(b"\n", at, (begun or at) + MAX_LINE_BYTES) < 0
