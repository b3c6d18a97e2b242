"""A roster searched by a cluster of processes on this machine, and by one process."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.cluster.searchers import QUERIES as QUESTIONS
from codelode import Answer, Freshness
from codelode.cluster.answer import ClusterRepositories, Restriction
from codelode.cluster.front import Front, FrontOptions
from codelode.cluster.searcher import SearcherOptions
from codelode.cluster.serve import PROCESS
from codelode.lru import LruCache
from codelode.roster.answer import SelectedRepositories
from codelode.roster.cache import ObjectCache
from codelode.roster.roster import Roster
from codelode.search.request import MODES, SearchRequest
from codelode.system.processes import ChildProcess

OPEN_SECONDS = 120.0

DEADLINE_SECONDS = 120.0
"""The first pattern of a search reads all texts."""

QUERIES = (
    *QUESTIONS,
    "tcp_v4_rcv",
    "copy_from_user",
    "parseConfig",
    "HttpRequest.headers",
    "std::vector",
    "operator==",
    "__init__",
    "retri",
    "drivers/net",
    "src/index.js",
    "setup.py:12",
    '"not implemented"',
    '"return -EINVAL" ioctl',
    "Traceback (most recent call last):\n"
    '  File "/srv/app/src/config.py", line 11, in load\n'
    "    return json.loads(text)\nValueError: no JSON object could be decoded",
    "xyzzy plugh",
)
FILTERS: tuple[dict[str, object], ...] = (
    {},
    {},
    {"languages": ["c"]},
    {"languages": ["python", "go"]},
    {"globs": ["*.md"]},
    {"globs": ["/src/", "!*.h"]},
    {"fixed_strings": ["return"]},
    {"regex": [r"\bget_\w+\b"], "ignore_case": True},
    {"max_per_file": 1},
)
LIMITS = (10, 10, 40)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, and the globs of the repositories to search."""

    request: SearchRequest
    globs: tuple[str, ...] = ()


def asks(roster: Roster, number: int, seed: int = 0) -> list[Ask]:
    """Return a random sample of combinations of queries, modes, filters, limits and selections."""
    rng = random.Random(seed)
    names = [each.name for each in roster.select()]
    some = rng.choice(names)
    selections = ((), (), (), (f"!{some}",), (some, names[0], names[-1]))
    every = list(itertools.product(QUERIES, MODES, FILTERS, LIMITS, selections))
    return [
        Ask(SearchRequest(query, limit, mode, explain=True, **filters), globs)  # type: ignore[arg-type]
        for query, mode, filters, limit, globs in rng.sample(every, number)
    ]


def comparable(answer: Answer) -> Answer:
    """Return an answer without its duration and freshness, which differ between searches."""
    return replace(answer, seconds=0.0, freshness=Freshness())


class OneMachine:
    """The repositories of a roster, searched by this process."""

    def __init__(self, roster: Roster, cache: Path) -> None:
        self._roster = roster
        self._cache = ObjectCache(cache)
        self._opened: LruCache[tuple[str, ...], SelectedRepositories] = LruCache(4)

    def answer(self, ask: Ask) -> Answer:
        """Answer a request from the repositories that its globs select."""
        opened = self._opened.get(ask.globs)
        if opened is None:
            opened = SelectedRepositories(self._roster, ask.globs, cache=self._cache)
            self._opened.put(ask.globs, opened)
        return opened.answer(ask.request)


class Cluster:
    """A front in this process, and searchers of a roster in child processes."""

    def __init__(self, roster: Roster, searchers: int, cache: Path, replicas: int = 2) -> None:
        """Start the front and the searchers; wait until all have opened their pieces."""
        self.front = Front(FrontOptions("benchmark", replicas=replicas, searchers=searchers))
        self.repositories = ClusterRepositories(self.front, roster)
        self._cache = cache
        self._searchers = searchers
        self.processes = [self.start(number) for number in range(searchers)]
        whole = self.front.views.wait_for(lambda view: len(view.members) == searchers, OPEN_SECONDS)
        assert whole, "the searchers have not opened their pieces"

    def start(self, number: int) -> ChildProcess:
        """Start searcher `number`."""
        searcher = SearcherOptions(f"s{number}", [self.front.address], self.front.token)
        files = {"folder": os.fspath(self._cache), "most_bytes": 1 << 40}
        options = {
            "searcher": asdict(searcher),
            "files": files,
            "processes": min(self._searchers, os.cpu_count() or 1),
        }
        return ChildProcess(PROCESS, options)

    def answer(self, ask: Ask) -> Answer:
        """Search; refuse an answer that leaves out any repository."""
        restriction = Restriction(ask.globs, strict=True, seconds=DEADLINE_SECONDS)
        return self.repositories.answer(ask.request, restriction)

    def answer_soon(self, ask: Ask) -> Answer:
        """Search within the usual time limit; the answer says which repositories are missing."""
        return self.repositories.answer(ask.request, Restriction(ask.globs))

    def close(self) -> None:
        """End the searchers and the front."""
        self.repositories.close()
        end(self.front, self.processes)


def end(front: Front, processes: Sequence[ChildProcess]) -> None:
    """End a front and its searchers."""
    for process in processes:
        process.end_input()
    front.close()
    for process in processes:
        process.wait(5)
        process.close()
