"""The table rows of the words and the path of each passage, with their counts.

The static encoder and the training of its model share this code, so that they count alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codelode.embed.vocabulary import FlatRows, Rows, Vocabulary, flat_rows
from codelode.text.csr import group_starts, ranges
from codelode.text.tokens import text_parts
from codelode.text.word_counts import WordCounts

PATH_COMPONENTS = 3

# The bits of a key, from the top: passage, row (24 bits), whether from the path, count (16 bits).
# Sorting the keys groups the counts to be added.
_PASSAGE, _ROW, _PATH = 41, 17, 16
_COUNT_MASK = (1 << 16) - 1
_ROW_MASK = (1 << 24) - 1


@dataclass(frozen=True, slots=True)
class RowCounts:
    """The table rows of n passages: passage i has items `[indptr[i], indptr[i+1])` of the arrays.

    Within a passage, rows ascend. A row may occur twice, once for the text (in_path 0) and once for
    the path (1). All arrays are int64.
    """

    indptr: NDArray[np.int64]
    rows: NDArray[np.int64]
    counts: NDArray[np.int64]
    in_path: NDArray[np.int64]


def count_rows(vocabulary: Vocabulary, words: WordCounts, paths: Sequence[str]) -> RowCounts:
    """Count the table rows of each passage; passage i is text i of `words`, with `paths[i]`."""
    keys = np.concatenate([_text_keys(vocabulary, words), _path_keys(vocabulary, paths)])
    keys.sort()
    group = keys >> _PATH
    first = group_starts(group)
    counts = np.add.reduceat(keys & _COUNT_MASK, first) if len(first) else first
    group = group[first]
    passage = group >> (_PASSAGE - _PATH)
    return RowCounts(
        indptr=np.searchsorted(passage, np.arange(len(paths) + 1)),
        rows=(group >> (_ROW - _PATH)) & _ROW_MASK,
        counts=counts,
        in_path=group & 1,
    )


def _text_keys(vocabulary: Vocabulary, words: WordCounts) -> NDArray[np.int64]:
    """Return keys for the texts of passages: one for each table row of each part of a passage."""
    found, split = words.part_counts, words.parts
    rows = vocabulary.rows_of_each(split.parts, split.hashes)
    keys = (found.texts << _PASSAGE) | np.minimum(found.counts, _COUNT_MASK)
    return _with_rows(keys, found.parts, rows)


def _path_keys(vocabulary: Vocabulary, paths: Sequence[str]) -> NDArray[np.int64]:
    """Return keys for the paths of passages: one for each table row of a path.

    The rows of equal paths, and of equal components, are looked up only once.
    """
    distinct = {path: number for number, path in enumerate(dict.fromkeys(paths))}
    met: dict[str, Rows] = {}
    found: list[Rows] = []
    for path in distinct:
        rows: Rows = ()
        for component in path.split("/")[-PATH_COMPONENTS:]:
            if component not in met:
                met[component] = vocabulary.rows_of_parts(text_parts(component))
            rows += met[component]
        found.append(rows)
    ids = np.fromiter((distinct[path] for path in paths), np.int64, len(paths))
    return _with_rows((np.arange(len(paths)) << _PASSAGE) | (1 << _PATH) | 1, ids, flat_rows(found))


def _with_rows(
    keys: NDArray[np.int64], ids: NDArray[np.int64], found: FlatRows
) -> NDArray[np.int64]:
    """Return a key for each row of item `ids[i]` in `found`: `keys[i]` with the bits of the row."""
    flat, lengths = found
    starts = (np.cumsum(lengths) - lengths)[ids]
    lengths = lengths[ids]
    return np.repeat(keys, lengths) | (flat << _ROW).take(ranges(starts, lengths))
