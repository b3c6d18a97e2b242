"""Index a tree and run queries through the public API, for every quality benchmark."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from benchmarks.quality.scoring import CUTOFF, Place
from codelode import Index
from codelode.errors import StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codelode.types import Hit

Mode = Literal["hybrid", "semantic", "lexical"]
MODES: tuple[Mode, ...] = ("hybrid", "semantic", "lexical")


@dataclass(frozen=True, slots=True)
class IndexCost:
    """The cost of one update; `files` and `chunks` count what the update wrote."""

    seconds: float
    files: int
    chunks: int


@contextmanager
def index_folder(keep: Path | None, name: str) -> Iterator[Path]:
    """Provide a folder for the index of `name`: below `keep` if given, else temporary."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="codelode-quality-") as scratch:
            yield Path(scratch, "index")
    else:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep / name


def bring_up_to_date(
    tree: Path,
    folder: Path,
    *,
    rebuild: bool,
    jobs: int | None = None,
    model: str | None = None,
    hidden: bool = False,
) -> tuple[Index, IndexCost]:
    """Update the index of `tree` in `folder`; replace an index that cannot be used.

    `jobs` is the number of indexing processes (default: one per core); `model` is the name or
    folder of an embedding model (default: the bundled one). `hidden` also indexes names that begin
    with a dot.
    """
    if rebuild and folder.exists():
        shutil.rmtree(folder)
    start = time.perf_counter()
    try:
        index = Index.open(tree, index_dir=folder, model=model)
        report = index.update(jobs=jobs, hidden=hidden)
    except StoreError:
        # An older version of codelode made this index. The index is disposable: it is rebuilt.
        if not folder.exists():
            raise
        shutil.rmtree(folder)
        index = Index.open(tree, index_dir=folder, model=model)
        report = index.update(jobs=jobs, hidden=hidden)
    seconds = time.perf_counter() - start
    written = report.files_added + report.files_changed
    return index, IndexCost(seconds=seconds, files=written, chunks=report.chunks)


def ask(
    index: Index, query: str, mode: Mode, *, prefix: str = "", limit: int = CUTOFF
) -> tuple[list[Place], float]:
    """Return the places of the first `limit` hits, and the seconds taken.

    If `prefix` is given, the paths of the places begin with this folder.
    """
    start = time.perf_counter()
    hits = index.search(query, limit=limit, mode=mode, fresh="never")
    seconds = time.perf_counter() - start
    lead = f"{prefix}/" if prefix else ""
    return [Place(lead + hit.path, hit.start_line, hit.end_line) for hit in hits], seconds


def hits_of(index: Index, query: str, mode: Mode, limit: int = CUTOFF) -> list[Hit]:
    """Return the first `limit` hits; empty if the query is refused."""
    try:
        return index.search(query, limit=limit, mode=mode, fresh="never")
    except UsageError:
        return []


def place_text(hit: Hit) -> str:
    """Return the place of a hit as `path:start-end`, and its symbol if it has one."""
    return f"{hit.path}:{hit.start_line}-{hit.end_line}" + (f" {hit.symbol}" if hit.symbol else "")


def rank_scores(rank: int | None, ranks: tuple[int, ...]) -> dict[str, float]:
    """Return `hit@n` for each n, and `mrr`; `rank` is the 1-based rank of the first right hit."""
    scores = {f"hit@{n}": float(rank is not None and rank <= n) for n in ranks}
    return {**scores, "mrr": 1 / rank if rank else 0.0}
