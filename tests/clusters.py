"""Clusters for tests: a front in this process, and searchers in threads or in processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from pathlib import Path

from codelode import Answer, Freshness, Hit
from codelode.cluster.files import PieceFiles
from codelode.cluster.front import Chosen, Found, Front, FrontOptions
from codelode.cluster.pieces import Corpus, HeldRepository, Piece
from codelode.cluster.searcher import Searcher, SearcherOptions
from codelode.embed.encoder import Encoder
from codelode.search.request import SearchRequest
from codelode.search.searcher import search_all
from codelode.search.shard import Shard
from codelode.search.source import Source
from codelode.store.manifest import Manifest, read_manifest
from codelode.store.snapshot import LiveSegment, Snapshot, open_segment
from codelode.store.storage import LocalStorage
from codelode.system.processes import ChildProcess
from tests.segments import DIMENSIONS, TextEncoder, shard_of

TOKEN = "a token of the tests"

TREE = {f"src/{n}.py": f"def name_{n % 7}():\n    return {n % 5}\n".encode() for n in range(40)}
"""A tree of forty small files, which has words that many of them share."""

_PLACES = count()


@dataclass
class MemoryPieces:
    """Repositories whose segments are in memory."""

    segments: dict[str, LiveSegment] = field(default_factory=dict)

    def repository(
        self, name: str, tree: dict[str, bytes], dead: set[str], segments: int
    ) -> HeldRepository:
        """Return a tree as a repository of new segments, whose keys are unique."""
        place = f"{name}.{next(_PLACES)}"
        live_segments = shard_of(tree, dead, segments).snapshot.segments
        entries = []
        for live in live_segments:
            entry = replace(live.entry, name=f"{len(self.segments):016x}.seg")
            self.segments[f"{place}/{entry.name}"] = LiveSegment(live.segment, entry)
            entries.append(entry)
        manifest = Manifest(
            1, "/", 0, "m", "f", DIMENSIONS, "q", "c", "t", {}, segments=tuple(entries)
        )
        return HeldRepository(name, f"{name}/", place, manifest)

    def fetch(self, pieces: Sequence[Piece]) -> None:
        """Do nothing: all segments are in memory."""

    def open(self, piece: Piece) -> LiveSegment:
        return self.segments[piece.key]

    def discard_damaged(self, piece: Piece) -> None:
        """Do nothing: there are no copies."""


def one_machine(
    repositories: Sequence[HeldRepository],
    open_piece: Callable[[Piece], LiveSegment],
    encoder: Encoder,
    request: SearchRequest,
) -> list[Hit]:
    """Search some repositories as one shard of one process."""
    pieces = [piece for each in repositories for piece in each.pieces()]
    segments = [open_piece(piece) for piece in pieces]
    entries = tuple(live.entry for live in segments)
    dimensions = pieces[0].dimensions
    manifest = Manifest(1, "/", 0, "m", "f", dimensions, "q", "c", "t", {}, segments=entries)
    whole = Shard(Snapshot(manifest, segments), [piece.prefix for piece in pieces])
    return search_all([Source(whole)], encoder, request).hits


def local_repository(name: str, directory: Path) -> HeldRepository:
    """Return a local index as a repository of a cluster."""
    manifest = read_manifest(LocalStorage(directory))
    return HeldRepository(name, f"{name}/", str(directory), manifest)


def open_local(piece: Piece) -> LiveSegment:
    """Open a piece of a local index."""
    return open_segment(LocalStorage(Path(piece.place)), piece.entry, piece.dimensions)


def corpus(generation: str, repositories: Sequence[HeldRepository]) -> Corpus:
    return Corpus(generation, tuple(repositories))


def ask(
    front: Front,
    request: SearchRequest,
    encoder: Encoder | None = None,
    names: Sequence[str] | None = None,
    *,
    whole: bool = True,
    seconds: float = 10,
) -> Found:
    """Search all repositories, or those in `names`; if `whole`, check that nothing is missing."""

    def choose(shown: Corpus) -> Chosen:
        wanted = [each.name for each in shown.repositories] if names is None else names
        return Chosen(shown.select(wanted), encoder or TextEncoder())

    found = front.search(request, choose, seconds)
    assert not (whole and found.missing)
    return found


@contextmanager
def front_of(searchers: int, replicas: int = 2) -> Iterator[Front]:
    """Run a front that waits for some searchers."""
    front = Front(FrontOptions(TOKEN, replicas=replicas, searchers=searchers))
    try:
        yield front
    finally:
        front.close()


@contextmanager
def threads(
    front: Front, searchers: int, files: PieceFiles, first: int = 0
) -> Iterator[list[Searcher]]:
    """Run searchers in threads of this process; the connections are real."""
    numbers = range(first, first + searchers)
    running = [start_thread(front, f"s{number}", files) for number in numbers]
    try:
        yield running
    finally:
        for each in running:
            each.close()


def start_thread(front: Front, name: str, files: PieceFiles) -> Searcher:
    return Searcher(SearcherOptions(name, [front.address], TOKEN), files)


class Processes:
    """Searchers as processes, which tests kill, stop and start again."""

    def __init__(self, front: Front, searchers: int) -> None:
        """Start searchers of local indexes."""
        self.front = front
        self.running = {f"s{number}": self._start(f"s{number}") for number in range(searchers)}

    def restart(self, name: str) -> None:
        """Start a searcher that was killed."""
        self.running[name].wait(0)
        self.running[name].close()
        self.running[name] = self._start(name)

    def close(self) -> None:
        for process in self.running.values():
            process.end_input()
        for process in self.running.values():
            process.wait(2)
            process.close()

    def _start(self, name: str) -> ChildProcess:
        options = SearcherOptions(name, [self.front.address], TOKEN)
        return ChildProcess(
            "codelode.cluster.process",
            {
                "searcher": asdict(options),
                "files": {"folder": "/nowhere", "most_bytes": 1},
                "processes": 2,
            },
        )


@contextmanager
def asking(check: Callable[[int], str], least: int, clients: int = 1) -> Iterator[list[float]]:
    """Call `check` with 0, 1, … in threads, without pauses, while the block runs.

    `check` returns a problem or "". Makes at least `least` calls. Yields the seconds of each call;
    raises if there was a problem.
    """
    seconds: list[float] = []
    problems: list[str] = []
    numbers = count()
    over = threading.Event()

    def go_on() -> None:
        while not over.is_set() or len(seconds) < least:
            began = time.perf_counter()
            try:
                problem = check(next(numbers))
            except Exception as error:  # reported at the end, like any other problem
                problem = repr(error)
            if problem:
                problems.append(problem)
            seconds.append(time.perf_counter() - began)

    running = [threading.Thread(target=go_on) for _ in range(clients)]
    for each in running:
        each.start()
    try:
        yield seconds
    finally:
        over.set()
        for each in running:
            each.join(60)
    assert not problems, (len(problems), problems[0])
    assert len(seconds) >= least


def comparable(answer: Answer) -> Answer:
    """Return an answer without its seconds and freshness, which differ between searches."""
    return replace(answer, seconds=0.0, freshness=Freshness())


def show(front: Front, shown: Corpus, members: int, seconds: float = 8) -> None:
    """Let a front search a corpus; wait until it does so with `members` searchers."""
    front.show(shown)
    assert front.views.wait_for(
        lambda view: view.corpus.generation == shown.generation and len(view.members) == members,
        seconds,
    )
