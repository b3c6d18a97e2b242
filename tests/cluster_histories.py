"""Histories of a roster on a running cluster: random commits, and searchers that come and go."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from codelode import Answer, UsageError
from codelode.cluster.answer import ClusterRepositories, Restriction
from codelode.cluster.files import CachedFiles, FileOptions
from codelode.cluster.searcher import Searcher, SearcherOptions
from codelode.roster.roster import Roster
from codelode.search.request import SearchRequest
from tests.clusters import TOKEN, asking, comparable, front_of
from tests.rosters import Remote, World, requests
from tests.test_roster_commits import History

SEARCHERS = 3
LABELS = ("staff", "owners")
LATEST = 3
"""The number of generations that a search during commits may answer from."""

REQUEST = SearchRequest("retry delay", explain=True)


class FetchingFiles(CachedFiles):
    """Pieces that are fetched, although the roster is a folder on this machine."""

    def __init__(self, options: FileOptions, store: Remote) -> None:
        super().__init__(options)
        self._stores[store.place] = (store, None)


@dataclass
class ClusterHistory:
    """A history, and a cluster that follows it.

    The first searcher maps the segments of the roster, the others fetch them.
    """

    history: History
    repositories: ClusterRepositories
    cache: Path
    random: random.Random
    searchers: dict[str, Searcher] = field(default_factory=dict)
    expected: list[list[object]] = field(default_factory=list)
    """The hits of `REQUEST` at the latest generations, for somebody with all labels."""
    generations: int = 0
    answers: int = 0
    searches: int = 0
    restarts: int = 0

    def start(self, name: str) -> None:
        address = self.repositories.front.address
        options = FileOptions(str(self.cache / name), 1 << 30)
        files = CachedFiles(options)
        if name != "s0":
            files = FetchingFiles(options, Remote(self.history.world.objects))
        self.searchers[name] = Searcher(SearcherOptions(name, [address], TOKEN), files)

    def restart(self) -> None:
        """End a searcher, and start it again."""
        name = self.random.choice(sorted(self.searchers))
        self.searchers[name].close()
        self.start(name)
        self.restarts += 1

    def step(self) -> None:
        """Commit, sometimes after a restart of a searcher; wait for the new generation."""
        if self.random.random() < 0.1:
            self.restart()
        self.history.step()
        self.expected = [*self.expected[1 - LATEST :], self._hits()]
        self.repositories.look()
        number = self.repositories.roster.number
        newest = f"{self.history.world.place} {number} "
        views = self.repositories.front.views
        assert views.wait_for(lambda view: view.corpus.generation.startswith(newest), 20)
        self.generations = number

    def _hits(self) -> list[object]:
        try:
            return list(self._one_machine(REQUEST, LABELS).hits)
        except UsageError:
            return []

    def _one_machine(self, request: SearchRequest, labels: tuple[str, ...]) -> Answer:
        """Search on one machine. Raises `UsageError` if there is nothing to search."""
        return self.history.world.opened(labels=labels).answer(request)

    def compare(self) -> None:
        """Compare the cluster's answers with one machine's in all fields, for random labels."""
        labels = self.random.choice(((), LABELS[:1], LABELS))
        for request in requests(3, self.random.randrange(1 << 30)):
            try:
                expected = self._one_machine(request, labels)
            except UsageError as refused:
                self._must_refuse(request, labels, str(refused))
                continue
            found = self.repositories.answer(request, Restriction((), labels, strict=True))
            assert comparable(found) == comparable(expected), request
            self.answers += 1

    def _must_refuse(self, request: SearchRequest, labels: tuple[str, ...], problem: str) -> None:
        try:
            self.repositories.answer(request, Restriction((), labels, strict=True))
        except UsageError as refused:
            assert str(refused) == problem
        else:
            raise AssertionError(f"an answer of nothing: {request}")

    def check(self, _: int) -> str:
        """Search while commits happen; return a problem or ""."""
        with suppress(UsageError):  # all repositories are removed
            before = self.expected[-LATEST:]
            hits = self.repositories.answer(REQUEST, Restriction((), LABELS, strict=True)).hits
            self.searches += 1
            if before and hits not in (*before, *self.expected[-LATEST:], self._hits()):
                return f"hits of no generation near {self.generations}"
        return ""

    def close(self) -> None:
        for searcher in self.searchers.values():
            searcher.close()


@contextmanager
def history_of(folder: Path, seed: int) -> Iterator[ClusterHistory]:
    """Run a cluster on a roster with one repository."""
    history = History(World(folder), random.Random(seed))
    history.add()
    with front_of(SEARCHERS) as front:
        repositories = ClusterRepositories(front, Roster.of(history.world.objects))
        cluster = ClusterHistory(history, repositories, folder / "caches", random.Random(-seed))
        for number in range(SEARCHERS):
            cluster.start(f"s{number}")
        cluster.expected.append(cluster._hits())
        try:
            yield cluster
        finally:
            cluster.close()
            repositories.close()


def run_history(folder: Path, commits: int, seed: int) -> ClusterHistory:
    """Make random commits, comparing after each; raise `AssertionError` at the first difference."""
    with history_of(folder, seed) as cluster, asking(cluster.check, least=1):
        for _ in range(commits):
            cluster.step()
            cluster.compare()
    return cluster
