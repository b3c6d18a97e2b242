"""The contents of a cluster: the segments of all repositories, at one generation of the roster."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from codelode.lazy import cached_property
from codelode.store.manifest import SegmentEntry, entry_from_json
from codelode.system.framing import FrameError

if TYPE_CHECKING:
    from codelode.store.manifest import Manifest

_DIGEST = re.compile(r"([0-9a-f]{64})?\Z")


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment of a repository, as a searcher needs it.

    With a `digest`, the segment is the object with that digest in a roster, and `place` is the URL
    or the folder of the roster. Without one, `place` is the folder of an index. `prefix` is the
    folder in front of the repository's paths in hits, with a final slash, or "".
    """

    repository: str
    prefix: str
    place: str
    digest: str
    dimensions: int
    entry: SegmentEntry

    @property
    def key(self) -> str:
        """A name for the bytes of the segment: equal keys mean equal bytes."""
        return self.digest or f"{self.place}/{self.entry.name}"

    def pack(self) -> list[Any]:
        """Return the piece as JSON."""
        names = self.repository, self.prefix, self.place, self.digest
        return [*names, self.dimensions, asdict(self.entry)]


def unpack_piece(fields: list[Any]) -> Piece:
    """Return the piece that was packed. Raises `FrameError`."""
    try:
        *names, dimensions, entry = fields
        repository, prefix, place, digest = names
        if not all(isinstance(name, str) for name in names) or not _DIGEST.match(digest):
            raise ValueError("names that are no names")
        if type(dimensions) is not int or not 0 < dimensions < 1 << 16:
            raise ValueError(f"{dimensions} dimensions")
        return Piece(repository, prefix, place, digest, dimensions, entry_from_json(entry))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FrameError(f"no piece: {error}") from None


@dataclass(frozen=True, slots=True)
class HeldRepository:
    """A repository that a cluster searches: its name, its prefix, its manifest.

    `place` and `digests` say where its segments are, as in `Piece`; no digests mean a local index.
    """

    name: str
    prefix: str
    place: str
    manifest: Manifest
    digests: Sequence[str] = ()

    def pieces(self) -> Iterator[Piece]:
        """Yield the segments as pieces."""
        entries = self.manifest.segments
        for entry, digest in zip(entries, self.digests or [""] * len(entries), strict=True):
            dimensions = self.manifest.dimensions
            yield Piece(self.name, self.prefix, self.place, digest, dimensions, entry)


@dataclass(frozen=True)
class Corpus:
    """One generation of everything that a cluster searches.

    `generation` differs if anything else in the corpus differs.
    """

    generation: str
    repositories: tuple[HeldRepository, ...]

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """All segments, ordered by repository; the number of a piece is its index here."""
        return tuple(piece for each in self.repositories for piece in each.pieces())

    @cached_property
    def owners(self) -> NDArray[np.int64]:
        """For each piece, the number of its repository, int64[pieces]."""
        counts = [len(each.manifest.segments) for each in self.repositories]
        return np.repeat(np.arange(len(counts)), counts)

    @cached_property
    def fingerprint(self) -> str:
        """A short form of the generation, for the names of views."""
        return xxhash.xxh3_64_hexdigest(self.generation.encode("utf-8", "surrogatepass"))

    @cached_property
    def totals(self) -> NDArray[np.int64]:
        """The numbers of live chunks and of their terms in each piece, int64[pieces, 2]."""
        counts = [(each.entry.chunks, each.entry.tokens) for each in self.pieces]
        return np.array(counts, np.int64).reshape(-1, 2)

    def select(self, names: Collection[str]) -> NDArray[np.bool_]:
        """Return which pieces belong to the repositories with these names, bool[pieces]."""
        chosen = np.array([each.name in names for each in self.repositories], bool)
        return np.asarray(chosen[self.owners], np.bool_)

    def names(self, pieces: NDArray[np.bool_]) -> tuple[str, ...]:
        """Return the names of the repositories that have any of `pieces`, bool[pieces]."""
        numbers = np.unique(self.owners[pieces]).tolist()
        return tuple(self.repositories[number].name for number in numbers)
