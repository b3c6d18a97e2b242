"""Pairs as arrays: written by `vocabulary`, read by `train` and `evaluate`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codelode.embed.row_counts import RowCounts

KINDS = ("doc", "comment", "name", "header", "path")


@dataclass(frozen=True, slots=True)
class BagRows:
    """A flat array of n bags: bag i has the items `[indptr[i], indptr[i+1])` of `rows`.

    `weights` has 1 + ln(count) for each item; the count is how often the bag has the row.
    Dtypes: indptr int64[n+1], rows int32, weights float32.
    """

    indptr: NDArray[np.int64]
    rows: NDArray[np.int32]
    weights: NDArray[np.float32]

    @staticmethod
    def of(found: RowCounts) -> BagRows:
        """Convert the encoder's counts of rows to bags with weights."""
        weights = (1 + np.log(found.counts)).astype(np.float32)
        return BagRows(found.indptr, found.rows.astype(np.int32), weights)

    @staticmethod
    def concatenate(several: Sequence[BagRows]) -> BagRows:
        """Concatenate several arrays of bags."""
        lengths = np.concatenate([np.diff(one.indptr) for one in several])
        return BagRows(
            np.concatenate([[0], np.cumsum(lengths)]),
            np.concatenate([one.rows for one in several]),
            np.concatenate([one.weights for one in several]),
        )

    def take(self, chosen: NDArray[np.int64], keep: NDArray[np.bool_] | None = None) -> BagRows:
        """Return the chosen bags in order; a bag is empty where `keep` is False."""
        lengths = self.indptr[chosen + 1] - self.indptr[chosen]
        if keep is not None:
            lengths = np.where(keep, lengths, 0)
        indptr = np.concatenate([[0], np.cumsum(lengths)])
        at = np.repeat(self.indptr[chosen] - indptr[:-1], lengths) + np.arange(indptr[-1])
        return BagRows(indptr, self.rows[at], self.weights[at])


@dataclass(frozen=True, slots=True)
class PairArrays:
    """All pairs: bags of query, passage and path, with their origins.

    `source` is the number of the file, `asked` the number of the query. Pairs with the same file or
    the same query are not negatives of each other.
    Dtypes of [n] arrays: project, source, asked int32; kind, language int8; held_out bool.
    """

    query: BagRows
    passage: BagRows
    path: BagRows
    project: NDArray[np.int32]
    source: NDArray[np.int32]
    asked: NDArray[np.int32]
    kind: NDArray[np.int8]
    language: NDArray[np.int8]
    held_out: NDArray[np.bool_]

    @staticmethod
    def concatenate(several: Sequence[PairArrays]) -> PairArrays:
        """Concatenate several arrays of pairs."""
        joined: dict[str, Any] = {}
        for field in fields(PairArrays):
            values = [getattr(one, field.name) for one in several]
            join = BagRows.concatenate if isinstance(values[0], BagRows) else np.concatenate
            joined[field.name] = join(values)
        return PairArrays(**joined)

    def save(self, path: Path) -> None:
        """Write an .npz file."""
        arrays = {}
        for field in fields(PairArrays):
            value = getattr(self, field.name)
            if isinstance(value, BagRows):
                for part in fields(BagRows):
                    arrays[f"{field.name}.{part.name}"] = getattr(value, part.name)
            else:
                arrays[field.name] = value
        np.savez(path, **arrays)

    @staticmethod
    def load(path: Path) -> PairArrays:
        """Read a file that `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            bag_names = {name.partition(".")[0] for name in stored.files if "." in name}
            values: dict[str, Any] = {
                name: BagRows(*(stored[f"{name}.{part.name}"] for part in fields(BagRows)))
                for name in bag_names
            }
            values |= {name: stored[name] for name in stored.files if "." not in name}
        return PairArrays(**values)
