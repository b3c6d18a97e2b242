"""NDCG@10 as the benchmark defines it: binary gains; a target counts at its first appearance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.quality.dataset import Target

CUTOFF = 10


class Place(NamedTuple):
    """The place of a hit: a POSIX path from the top of the checkout and 1-based inclusive lines."""

    path: str
    start_line: int
    end_line: int


def matches(place: Place, target: Target) -> bool:
    """Return whether a hit shows a target: its path ends with the target's, and lines overlap.

    The match begins at a slash: the target `TeX.hs` matches `src/TeX.hs` but not `src/LaTeX.hs`.
    A target without lines is the whole file.
    """
    if place.path != target.path and not place.path.endswith("/" + target.path):
        return False
    if target.start_line is None or target.end_line is None:
        return True
    return place.start_line <= target.end_line and target.start_line <= place.end_line


def ranks(places: Sequence[Place], targets: Iterable[Target]) -> list[int | None]:
    """Return, for each target, the 1-based rank of the first hit that shows it, or None."""
    return [
        next((rank for rank, place in enumerate(places, 1) if matches(place, target)), None)
        for target in targets
    ]


def ndcg(target_ranks: Sequence[int | None], cutoff: int = CUTOFF) -> float:
    """Return NDCG: the discounted gain of the targets' ranks, over the gain of the ideal ranks.

    The ideal ranks are 1, 2, 3, and so on. If one hit shows two targets, both count at its rank, as
    the benchmark defines it. So a query whose targets are two line ranges of one file can score
    above 1.
    """
    if not target_ranks:
        raise ValueError("a query needs at least one target")
    gain = sum(_discount(rank) for rank in target_ranks if rank is not None and rank <= cutoff)
    ideal = sum(_discount(rank) for rank in range(1, min(cutoff, len(target_ranks)) + 1))
    return gain / ideal


def _discount(rank: int) -> float:
    return 1.0 / math.log2(rank + 1)


def mean(values: Iterable[float]) -> float:
    """Return the mean, or 0 if there are no values."""
    numbers = list(values)
    return math.fsum(numbers) / len(numbers) if numbers else 0.0
