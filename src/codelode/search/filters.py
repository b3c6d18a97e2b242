"""The chunks that may answer: live ones, of the languages and globs asked for.

Filters run before the best are chosen, in every leg, so chunks that a filter excludes never take
the places of chunks that match it. The masks of a filter are computed once per shard: people and
programs repeat their filters.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.discover.glob import GlobSet
from codelode.search.tree_part import WHOLE, TreePart
from codelode.segment.schema import path_hash
from codelode.text.csr import runs_of

if TYPE_CHECKING:
    from codelode.search.shard import Shard
    from codelode.search.verbatim import Required
    from codelode.segment.reader import Segment
    from codelode.store.snapshot import LiveSegment, Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class Allowed:
    """The allowed chunks of a segment, if some are not allowed.

    `mask` is bool[chunks], `ordinals` uint16[n]; `runs` int64[m, 2] has the start and the end of
    each run of neighboring chunks.
    """

    mask: NDArray[np.bool_]
    ordinals: NDArray[np.uint16]
    runs: NDArray[np.int64]

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> Allowed:
        """Return the chunks that a mask allows."""
        return cls(mask, np.flatnonzero(mask).astype(np.uint16), runs_of(mask))

    def __len__(self) -> int:
        return len(self.ordinals)

    def keep(self, ordinals: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the given ordinals that are allowed."""
        return ordinals[self.mask[ordinals]] if len(self) else ordinals[:0]


Mask = Allowed | None
"""None where every chunk may answer."""

_NOTHING = Allowed.of(np.zeros(0, bool))


def chunk_masks(
    shard: Shard,
    languages: Sequence[str] | None = None,
    globs: Sequence[str] | None = None,
    part: TreePart = WHOLE,
    required: Sequence[Required] = (),
) -> list[Mask]:
    """Return a mask per segment. Raises `UsageError` for a bad glob.

    Globs are relative to the folders of `part`. For each item of `required`, at least one of its
    patterns must match.
    """

    def compute(shard: Shard) -> list[Mask]:
        if not required:
            return _masks(shard, frozenset(languages or ()), tuple(globs or ()), part)
        masks = chunk_masks(shard, languages, globs, part, required[:-1])
        return _matching(shard, masks, required[-1])

    return shard.masks(mask_key(languages, globs, part, required), compute)


def mask_key(
    languages: Sequence[str] | None,
    globs: Sequence[str] | None,
    part: TreePart,
    required: Sequence[Required],
) -> Hashable:
    """Return the key of a filter: filters with equal keys have equal masks."""
    return frozenset(languages or ()), tuple(globs or ()), part, *required


def covers(shard: Shard, below: str) -> bool:
    """Return whether a shard has anything below a folder, given by its path with a final slash."""
    masks = chunk_masks(shard, part=TreePart((below,)))
    return any(mask is None or len(mask) for mask in masks)


def files_by_language(snapshot: Snapshot) -> dict[str, int]:
    """Return the number of live files with text in each language of a snapshot."""
    found: Counter[str] = Counter()
    for live in snapshot.segments:
        files = live.segment.files
        rows = live.files & (files["skip"] == 0)
        names = ["", *live.segment.languages]
        counts = np.bincount(files["language"][rows], minlength=len(names))
        found.update(dict(zip(names, counts.tolist(), strict=False)))
    return {name: count for name, count in sorted(found.items()) if name and count}


def languages_needed(languages: Collection[str]) -> set[str]:
    """Return the languages of which a tree must have at least one to be worth searching.

    The result is empty if any tree may be worth it. `languages` are names; a `!` excludes one.
    """
    return {name for name in languages if name[0] != "!" and f"!{name}" not in languages}


def _masks(
    shard: Shard, languages: frozenset[str], globs: tuple[str, ...], part: TreePart
) -> list[Mask]:
    if not languages and not globs and part.is_whole and part.since is None:
        return [mask_of(live.chunks) for live in shard.snapshot.segments]
    wanted = GlobSet(globs)
    return [_mask(live, languages, wanted, part) for live in shard.snapshot.segments]


def _matching(shard: Shard, masks: Sequence[Mask], patterns: Required) -> list[Mask]:
    """Return the given masks, restricted to the chunks in which a match begins."""
    from codelode.search.text_scan import matching_chunks  # few searches need it

    arrays = [
        mask
        if mask is None
        else mask.mask
        if len(mask)
        else np.zeros(len(live.segment.chunks), bool)
        for mask, live in zip(masks, shard.snapshot.segments, strict=True)
    ]
    found = matching_chunks(shard, arrays, patterns)
    return [
        mask_of(here if array is None else here & array)
        for here, array in zip(found, arrays, strict=True)
    ]


def _mask(live: LiveSegment, languages: frozenset[str], globs: GlobSet, part: TreePart) -> Mask:
    segment = live.segment
    files = np.zeros(len(segment.files), bool)
    files[allowed_files(live, np.arange(len(files)), languages, globs, part)] = True
    return mask_of(files[segment.chunks["file"]])


def allowed_files(
    live: LiveSegment,
    rows: NDArray[np.int64],
    languages: Collection[str],
    globs: GlobSet,
    part: TreePart,
) -> NDArray[np.int64]:
    """Return the rows of the live files with text that pass the filters, in the given order.

    `rows` int64[n] are rows of files of the segment. An empty collection of languages or globs
    allows every file. A file of unknown modification time never passes `part.since`.
    """
    segment = live.segment
    rows = rows[live.files[rows] & (segment.files["skip"][rows] == 0)]
    if languages:
        names = (None, *segment.languages)
        numbers = [i for i, name in enumerate(names) if is_language_wanted(name, languages)]
        rows = rows[np.isin(segment.files["language"][rows], numbers)]
    if part.since is not None:
        rows = rows[live.stats[rows, 0] >= part.since]
    if part.only_files is not None:  # few files pass this, so it comes before paths are read
        hashes = [path_hash(os.fsdecode(path)) for path in part.only_files]
        rows = rows[np.isin(segment.files["path_hash"][rows], np.array(hashes, np.uint64))]
    if part.is_whole and globs:
        rows = rows[np.array([globs.matches(path) for path in paths_of(segment, rows)], bool)]
    elif not part.is_whole:
        inside = map(part.relative, paths_of(segment, rows))
        keep = [path is not None and globs.matches(path) for path in inside]
        rows = rows[np.array(keep, bool)]
    return rows


def is_language_wanted(language: str | None, wanted: Collection[str]) -> bool:
    """Return whether files of a language pass a filter of names; a name after a `!` is excluded.

    An empty filter allows every file, even one of an unknown language. So does a filter that only
    excludes other languages.
    """
    if language is not None and f"!{language}" in wanted:
        return False
    return language in wanted or all(name.startswith("!") for name in wanted)


def mask_of(mask: NDArray[np.bool_] | None) -> Mask:
    """Convert an array, bool[chunks], to a `Mask`; None allows all chunks."""
    if mask is None or mask.all():
        return None
    return Allowed.of(mask) if mask.any() else _NOTHING


def paths_of(segment: Segment, rows: NDArray[np.int64]) -> list[bytes]:
    """Return the paths of some files, all from one read: a microsecond each."""
    files = segment.files
    return segment.pieces("paths", files["path_start"][rows], files["path_length"][rows])
