"""Chunks of one or more shards as parallel arrays, which can be used without the shards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from typing import Self


@dataclass(frozen=True, slots=True, eq=False)
class ChunkRows:
    """n chunks of a shard; a subclass adds arrays of n rows.

    | array  | dtype and shape | per chunk                                      |
    |--------|-----------------|------------------------------------------------|
    | keys   | int64[n]        | `chunk_keys` in its shard                      |
    | files  | int64[n]        | `chunk_keys` of the segment and the file's row |
    | paths  | uint64[n]       | hash of the path                               |
    | starts | uint32[n]       | first byte in the file's text                  |
    """

    keys: NDArray[np.int64]
    files: NDArray[np.int64]
    paths: NDArray[np.uint64]
    starts: NDArray[np.uint32]

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Concatenate the chunks of several shards; do not copy those of a single shard."""
        if len(parts) == 1:
            return parts[0]
        names = cls.__dataclass_fields__
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, rows: slice | NDArray[np.intp | np.bool_]) -> Self:
        """Return some of the chunks; a slice shares memory with these arrays."""
        return type(self)(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))
