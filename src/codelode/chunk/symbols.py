"""Which definitions a chunk is, lies in, and holds."""

from __future__ import annotations

from collections.abc import Iterator

from codelode.chunk.outline import Found
from codelode.types import Symbol


def symbols(
    found: list[Found], starts: list[int], ends: list[int]
) -> Iterator[tuple[Symbol | None, tuple[Symbol, ...]]]:
    """For each chunk `[start, end)`, in order: its symbol, and the definitions named in it.

    The symbol is the innermost definition that most of the chunk lies in, comments included.
    """
    outer_first = sorted(found, key=lambda definition: (definition.lead, -definition.end))
    by_name = sorted(found, key=lambda definition: definition.name_start)
    open_ones: list[Found] = []
    next_open = next_name = 0
    for start, end in zip(starts, ends, strict=True):
        open_ones = [definition for definition in open_ones if definition.end > start]
        while next_open < len(outer_first) and outer_first[next_open].lead < end:
            open_ones.append(outer_first[next_open])
            next_open += 1
        first_name = next_name
        while next_name < len(by_name) and by_name[next_name].name_start < end:
            next_name += 1
        defines = tuple(
            Symbol(definition.name, definition.kind) for definition in by_name[first_name:next_name]
        )
        yield _enclosing(open_ones, start, end), defines


def _enclosing(candidates: list[Found], start: int, end: int) -> Symbol | None:
    for definition in reversed(candidates):
        overlap = min(end, definition.end) - max(start, definition.lead)
        if 2 * overlap > end - start:
            return Symbol(definition.name, definition.kind)
    return None
