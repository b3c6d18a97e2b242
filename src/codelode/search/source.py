"""`Source`: an index that is searched, alone or together with others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.search.shard import Shard
    from codelode.search.tree_part import TreePart


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An index to search: its shard, the root of its files, and the part to search.

    Without a root, no hit is marked as stale. Without a part, the request says which folder to
    search, or else the whole tree is searched.
    """

    shard: Shard
    root: Path | None = None
    part: TreePart | None = None
