"""The request context: everything a search computes before it looks for candidates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.lazy import cached_property
from codelode.search.named import NameAsked, name_asked
from codelode.search.query_words import QueryWords
from codelode.segment.name_keys import clean_name, name_key
from codelode.text.tokens import is_compound

if TYPE_CHECKING:
    from codelode.search.parsed_query import ParsedQuery
    from codelode.search.request import SearchRequest
    from codelode.store.manifest import Manifest

CANDIDATES = 100
"""The least number of chunks that each leg brings to the ranker."""

DEEPER = 4
"""The factor by which each leg brings more if `max_per_file` left too few hits."""

DEEPEST = 64
"""The largest such factor: a file with still more candidates may hide other files."""


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """The statistics of BM25: totals over the live chunks of all segments of an index.

    `chunks` and `tokens` are the numbers of chunks and of their terms; `counts` int64[terms] holds
    the number of chunks with each term of the query. `weights`, if not empty, has a factor for the
    weight of each term.
    """

    chunks: int
    tokens: int
    counts: NDArray[np.int64]
    weights: tuple[float, ...] = ()

    @classmethod
    def of(
        cls, manifest: Manifest, counts: NDArray[np.int64], weights: tuple[float, ...] = ()
    ) -> Statistics:
        """Return the statistics of a whole index; `counts` is the sum over its shards."""
        return cls(manifest.chunks, manifest.tokens, counts, weights)

    @property
    def average_length(self) -> float:
        """The mean number of terms per chunk, at least 1."""
        return max(1.0, self.tokens / max(1, self.chunks))

    def idf(self) -> list[float]:
        """Return the weight of each term, 0 for a term that does not occur.

        Computes with scalars, because numpy may round the logarithm of an array differently.
        """
        idf = [
            float(np.log1p((self.chunks - n + 0.5) / (n + 0.5))) if n else 0.0
            for n in self.counts.tolist()
        ]
        if not self.weights:
            return idf
        return [weight * value for weight, value in zip(self.weights, idf, strict=True)]


@dataclass(frozen=True, eq=False)
class QueryContext:
    """A parsed request, with everything that is the same in all shards.

    `vector` is the unit vector float32[d] of the query, or None where the dense leg does not run.
    """

    request: SearchRequest
    query: ParsedQuery
    vector: NDArray[np.float32] | None
    statistics: Statistics
    depth: int = 1

    @property
    def limit(self) -> int:
        """The number of candidates of each leg."""
        return self.depth * max(CANDIDATES, 3 * self.request.limit)

    def deeper(self) -> QueryContext | None:
        """Return a context with more candidates; None if none are needed or `DEEPEST` is reached.

        Only a request with `max_per_file` may need more: otherwise each hit is a candidate of its
        own.
        """
        if self.request.max_per_file is None or self.depth >= DEEPEST:
            return None
        return replace(self, depth=self.depth * DEEPER)

    @cached_property
    def idf(self) -> list[float]:
        """The weight of each term of the query."""
        return self.statistics.idf()

    @cached_property
    def share(self) -> NDArray[np.float32]:
        """The share of each term in the weight of the query, float32[terms]."""
        weights = np.array(self.idf, np.float32)
        return weights / max(float(weights.sum()), 1e-9)

    @cached_property
    def share_of_term(self) -> dict[str, float]:
        """The share of each term in the weight of the query, by term."""
        return dict(zip(self.query.terms, map(float, self.share), strict=True))

    @cached_property
    def name(self) -> NameAsked | None:
        """The name that the whole query consists of, or None."""
        return name_asked(self.query.text)

    @cached_property
    def name_key(self) -> bytes:
        """The key of `name` (see `segment.name_keys`); empty without a name."""
        return name_key(clean_name(self.name.name)) if self.name is not None else b""

    @cached_property
    def has_compound(self) -> bool:
        """Whether a compound of the query, such as `query.from.hints`, occurs in the index."""
        known = zip(self.query.terms, self.statistics.counts.tolist(), strict=True)
        return any(count and is_compound(term.encode("utf-8", "replace")) for term, count in known)

    @cached_property
    def words(self) -> QueryWords:
        """The words of the query."""
        return QueryWords(self.query.text, self.share_of_term)
