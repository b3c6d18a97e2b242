"""Experimental features: measured here, and added to the ranker if they prove useful.

Each is a number per candidate, comparable between queries. `FileFacts` caches, for each index, the
facts that need all files. Names in quotes, such as "prose", are features of the ranker. A report is
a query of several lines or very many words: see `search.parsed_query.is_report`.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.search.query_words import likeness
from codelode.text.tokens import text_parts

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from codelode.search.context import QueryContext
    from codelode.search.shard import Shard

OF_FILES = (
    "stem_loose",  # share of the query's weight that loosely matches the file's name
    "folder_loose",  # share of the query's weight that loosely matches the file's folders
    "stem_length",  # logarithm of 1 + the number of parts of the file's name
    "stem_rarity",  # mean rarity of the parts of the file's name, among all file names
    "same_names",  # logarithm of the number of files with this name
)
OF_CHUNKS = (
    "symbol_loose",  # share of the query's weight that loosely matches the chunk's symbol
    "prose_covered",  # "prose" times the share of the query's weight that occurs in the file
    "run_of_three",  # "run" if it covers at least three words, else 0
    "half_run",  # by how much "run" exceeds 0.5
    "prose_reported",  # the feature "prose" if the query is a report, else 0
    "docs_reported",  # the feature "docs" if the query is a report, else 0
    "test_reported",  # the feature "test" if the query is a report, else 0
)
EXTRA = (*OF_FILES, *OF_CHUNKS)

_FOLDER_NAMES = frozenset(("index", "mod", "__init__", "main", "lib", "init"))


def best_likeness(part: str, others: Collection[str]) -> float:
    """Return the similarity of `part` to the most similar of `others`; 0 if there are none."""
    return 1.0 if part in others else max((likeness(part, other) for other in others), default=0.0)


def stem_of(path: str) -> str:
    """Return a file's name up to its first dot; for `__init__` and the like, its folder's name."""
    *folders, name = path.split("/")
    stem = name.lstrip(".").partition(".")[0] or name
    return folders[-1] if stem in _FOLDER_NAMES and folders else stem


class FileFacts:
    """The facts about the files of one index that the extra features need, each computed once."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard

    @cached_property
    def name_parts(self) -> Counter[str]:
        """The number of file names that contain each part."""
        counts: Counter[str] = Counter()
        for path in self._paths:
            counts.update(set(text_parts(stem_of(path))))
        return counts

    @cached_property
    def names(self) -> Counter[str]:
        """The number of files by name."""
        return Counter(path.rpartition("/")[2] for path in self._paths)

    @cached_property
    def _paths(self) -> list[str]:
        segments = [self.shard.segment(number) for number in range(len(self.shard))]
        return [segment.path(file) for segment in segments for file in range(len(segment.files))]

    @property
    def files(self) -> int:
        """The number of files."""
        return len(self._paths)


def extra_features(
    facts: FileFacts,
    context: QueryContext,
    keys: Sequence[int],
    symbols: Sequence[str],
    columns: Mapping[str, NDArray[np.float32]],
) -> NDArray[np.float64]:
    """Return the extra features of n candidates, float64[n, len(EXTRA)].

    `keys` are the candidates' files, `symbols` the names of their definitions ("" for none), and
    `columns` the candidates' features by name.
    """
    share = context.words.shares
    words = max(len(context.words.sequence), 1)
    is_report = bool(context.query.weights)
    by_file = {key: _of_file(facts, key, share) for key in set(keys)}
    rows = np.zeros((len(keys), len(EXTRA)))
    for row, (key, symbol) in enumerate(zip(keys, symbols, strict=True)):
        run = float(columns["run"][row])
        of_chunk = (
            loose_share(share, frozenset(text_parts(symbol))),
            float(columns["prose"][row]) * float(columns["file_coverage"][row]),
            run if run * words > 2.5 else 0.0,
            max(0.0, run - 0.5),
            *(float(columns[name][row]) * is_report for name in ("prose", "docs", "test")),
        )
        rows[row] = *by_file[key], *of_chunk
    return rows


def loose_share(share: Mapping[str, float], names: Collection[str]) -> float:
    """Return the sum of the shares of a query's parts, each times its best likeness to `names`."""
    return sum(value * best_likeness(part, names) for part, value in share.items())


def _of_file(facts: FileFacts, key: int, share: Mapping[str, float]) -> tuple[float, ...]:
    path = facts.shard.segment(key >> 32).path(key & 0xFFFFFFFF)
    stem = stem_of(path)
    parts = text_parts(stem) or [stem.casefold()]
    known = [facts.name_parts[part] for part in parts]
    return (
        loose_share(share, frozenset(parts)),
        loose_share(share, frozenset(text_parts(path.rpartition("/")[0]))),
        float(np.log1p(len(parts))),
        float(np.mean([np.log1p(facts.files / max(count, 1)) for count in known])),
        float(np.log(facts.names[path.rpartition("/")[2]])),
    )
