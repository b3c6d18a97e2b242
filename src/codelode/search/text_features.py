"""The features that only the text of a candidate shows: "run" and "as_written".

Only candidates of the lexical leg are read, so this is done while idle cores scan for the dense
leg.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from codelode.search.as_written import fill_as_written, text_sought
from codelode.search.candidates import split_keys
from codelode.search.gathered import PROPOSERS, Gathered
from codelode.search.word_runs import ReadTexts, WordRuns, fill_runs
from codelode.text.csr import group_starts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.search.candidates import Candidates
    from codelode.search.context import QueryContext
    from codelode.search.lexical import Bm25
    from codelode.search.shard import Shard

_FEATURES = ("run", "as_written")


def text_features(found: Candidates, context: QueryContext, bm25: Bm25) -> Gathered | None:
    """Return the candidates of the lexical leg with the features that need their texts.

    Other features are not filled in. Returns None if the query has no such features.
    """
    runs = WordRuns(context)
    if not len(found) or not (runs.columns or text_sought(context)):
        return None
    found = found[found.keys.argsort()]
    read = Gathered.empty(found.keys, len(bm25.terms))
    read.proposals[:, PROPOSERS.index("lexical")] = found.scores
    bounds = [*group_starts(found.segments).tolist(), len(found)]
    for start, stop in pairwise(bounds):
        number, mine = int(found.segments[start]), found.ordinals[start:stop]
        read.paths[start:stop], read.starts[start:stop] = bm25.shard.places(number, mine)
        read.covered[start:stop] = bm25.covered(number, mine)
    texts = reading(read, bm25.shard)
    fill_runs(read, runs, texts)
    fill_as_written(read, context, texts)
    return read


def reading(gathered: Gathered, shard: Shard) -> ReadTexts:
    """Return a function that reads the texts of candidates, each only once."""
    known: dict[int, bytes] = {}

    def texts(rows: Sequence[int]) -> list[bytes]:
        new = [row for row in rows if row not in known]
        if new:
            numbers, ordinals = (part.tolist() for part in split_keys(gathered.keys[new]))
            known.update(zip(new, shard.texts(numbers, ordinals), strict=True))
        return [known[row] for row in rows]

    return texts


def copy_text_features(read: Gathered, gathered: Gathered) -> None:
    """Copy "run" and "as_written" from the candidates in `read` to the same ones in `gathered`."""
    rows = gathered.keys.searchsorted(read.keys)
    for name in _FEATURES:
        gathered.feature(name)[rows] = read.feature(name)
