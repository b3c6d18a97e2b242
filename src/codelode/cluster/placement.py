"""The placement of pieces: which searchers hold each piece.

Rendezvous hashing (Thaler and Ravishankar, "Using name-based mappings to increase hit rates",
1998): the owners of a piece are the searchers whose names, hashed with the piece's key, give the
highest values. A searcher that comes or goes moves only its own share of the pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xxhash
from numpy.typing import NDArray

from codelode.cluster.pieces import Corpus, Piece
from codelode.lazy import cached_property

REPLICAS = 2


@dataclass(frozen=True)
class View:
    """A generation of the corpus and its distribution over at least one searcher.

    `members` are the names of the searchers, and `nodes` the machines that they run on, if known.
    """

    corpus: Corpus
    members: tuple[str, ...]
    replicas: int = REPLICAS
    nodes: tuple[str, ...] = ()

    @cached_property
    def owners(self) -> NDArray[np.int64]:
        """The numbers of the members that hold each piece; the member to ask first comes first.

        int64[pieces, replicas], at most as many replicas as members.
        """
        return place(self.corpus.pieces, self.members, self.replicas, self.nodes)

    @cached_property
    def name(self) -> str:
        """A name that identifies the corpus, the members, and the nodes of the members."""
        names = "\0".join((*self.members, "", *self.nodes))
        members = xxhash.xxh3_64_hexdigest(names.encode("utf-8", "replace"))
        return f"{self.corpus.fingerprint}-{members}"

    @cached_property
    def holders(self) -> list[str]:
        """The members that hold any pieces."""
        return [self.members[number] for number in np.unique(self.owners).tolist()]

    def held_by(self, member: str) -> NDArray[np.int64]:
        """Return the numbers of the pieces that a searcher holds."""
        if member not in self.members:
            return np.zeros(0, np.int64)
        return np.flatnonzero((self.owners == self.members.index(member)).any(axis=1))


def place(
    pieces: Sequence[Piece], members: Sequence[str], replicas: int, nodes: Sequence[str] = ()
) -> NDArray[np.int64]:
    """Return the owners of each piece, int64[pieces, min(replicas, members)].

    `nodes` has the node of each member. The owners of a piece are on different nodes as far as
    possible: then the loss of a node costs only one owner. The first owner of a piece is asked
    first. Of the owners, it is the one that is first for the fewest chunks of the pieces before
    this piece, so that searchers that hold the same pieces share the work evenly.
    """
    where = nodes or [""] * len(members)
    count = min(replicas, len(members))
    owners = np.zeros((len(pieces), count), np.int64)
    load = [0] * len(members)
    names = [member.encode("utf-8", "replace") for member in members]
    for number, piece in enumerate(pieces):
        key = piece.key.encode("utf-8", "surrogatepass")
        weights = [xxhash.xxh3_64_intdigest(name + b"\0" + key) for name in names]
        ranked = sorted(range(len(members)), key=lambda member: -weights[member])
        best = _apart(ranked, where)[:count]
        best.sort(key=lambda member: load[member])
        load[best[0]] += piece.entry.chunks
        owners[number] = best
    return owners


def _apart(ranked: Sequence[int], nodes: Sequence[str]) -> list[int]:
    """Return the members, the best one of each node first, otherwise in the order of `ranked`."""
    best: dict[str, int] = {}
    for member in ranked:
        best.setdefault(nodes[member], member)
    chosen = set(best.values())
    return [*best.values(), *(member for member in ranked if member not in chosen)]
