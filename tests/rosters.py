"""Repositories, rosters of them, and the same repositories on one machine."""

from __future__ import annotations

import itertools
import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from codelode import Hit, Index
from codelode.objects.folder import FolderStore
from codelode.objects.pace import Pace
from codelode.objects.store import MAX_OBJECT, ObjectInfo, ObjectStore
from codelode.roster.answer import SelectedRepositories
from codelode.roster.cache import ObjectCache
from codelode.roster.roster import Roster
from codelode.roster.upload import Uploader
from codelode.roster.writer import RosterWriter
from codelode.search.filters import files_by_language, languages_needed
from codelode.search.request import MODES, SearchRequest
from codelode.search.searcher import search_all
from codelode.search.source import Source
from codelode.several import SeveralRoots
from codelode.store.storage import LocalStorage
from tests.commandline import SAMPLE, write_tree

Tree = Mapping[str, str | bytes]

WEB: Tree = {
    "src/retry.py": "def retry(delay):\n    return delay * 2\n",
    "src/app.ts": "export class RetryScheduler {\n  schedule(attempt: number) { return 1 }\n}\n",
    "api/settings.ts": "export function parse_config(text: string) { return text.split('=') }\n",
    "README.md": "# Web\n\nThe settings of the scheduler.\n",
}
QUEUE: Tree = {
    "queue.go": "package queue\n\nfunc (q *Queue) Push(i int) {\n\tq.list = append(q.list, i)\n}\n",
    "retry/retry.go": (
        "package retry\n\n// Schedule a request again.\n"
        "func Schedule(delay int) int {\n\treturn delay\n}\n"
    ),
}
REPOSITORIES: dict[str, Tree] = {
    "acme/api": SAMPLE,
    "acme/web": WEB,
    "acme.mirror/api": SAMPLE,  # a copy, so that all scores tie
    "queue": QUEUE,
    "docs/tests": {"guide.md": "# Guide\n\nHow to test the retry scheduler.\n"},
}

QUERIES = (
    "retry",
    "schedule a request again",
    "parseConfig",
    "parse_config",
    "RetryScheduler.schedule",
    "append item to the queue",
    "delay",
    "settings of the environment",
    "where is jitter added",
    "test the scheduler",
    "acme web",
    "src/retry.py",
    "acme/web/src/retry.py:2",
    "api/src/config.ts",
    "queue.Push",
    "retri",
    "mirror of the guide",
    '"retry scheduler"',
    "Traceback (most recent call last):\n"
    '  File "/srv/acme/api/src/retry.py", line 11, in schedule\n'
    "    delay = 0.1 * 2**attempt\nValueError: bad delay",
    "xyzzy plugh",
)
FILTERS: tuple[dict[str, object], ...] = (
    {},
    {"languages": ["python"]},
    {"languages": ["go", "markdown"]},
    {"languages": ["rust"]},
    {"globs": ["/src/"]},
    {"globs": ["*.md", "!README.md"]},
    {"fixed_strings": ["delay"]},
    {"max_per_file": 1},
    {"regex": [r"\bre\w+y\b"], "ignore_case": True},
)


def requests(number: int, seed: int = 0) -> list[SearchRequest]:
    """Return a random sample of the combinations of queries, modes, filters and limits."""
    every = itertools.product(QUERIES, MODES, FILTERS, (3, 40))
    chosen = random.Random(seed).sample(list(every), number)
    return [
        SearchRequest(query, limit, mode, explain=True, **filters)  # type: ignore[arg-type]
        for query, mode, filters, limit in chosen
    ]


class Remote:
    """A store that hides that it is a folder on this machine, and records the keys of all reads."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.read: list[str] = []

    @property
    def place(self) -> str:
        return self._store.place

    def get(self, key: str, most: int = MAX_OBJECT) -> bytes:
        self.read.append(key)
        return self._store.get(key, most)

    def get_range(self, key: str, start: int, length: int) -> bytes:
        self.read.append(key)
        return self._store.get_range(key, start, length)

    def put(self, key: str, content: bytes | memoryview | Path, pace: Pace | None = None) -> None:
        self._store.put(key, content, pace)

    def create(self, key: str, data: bytes) -> bool:
        return self._store.create(key, data)

    def list(self, prefix: str = "", after: str = "") -> Iterator[ObjectInfo]:
        return self._store.list(prefix, after)

    def delete(self, keys: Iterable[str]) -> None:
        self._store.delete(keys)

    def size(self, key: str) -> int:
        return self._store.size(key)


@dataclass
class World:
    """Trees in folders named after them, their indexes, and a roster of some of them.

    The roster is in a folder beside them, or in another store.
    """

    folder: Path
    names: set[str] = field(default_factory=set)
    store: ObjectStore | None = None

    @property
    def place(self) -> Path:
        return self.folder / "roster"

    @property
    def objects(self) -> ObjectStore:
        return self.store or FolderStore(self.place)

    @property
    def writer(self) -> RosterWriter:
        return RosterWriter(self.objects)

    def index(self, name: str) -> Index:
        return Index.open(self.folder / "trees" / name, self.folder / "indexes")

    def write(self, name: str, tree: Tree) -> None:
        """Write files of a tree, and bring its index up to date."""
        write_tree(self.folder / "trees" / name, tree)
        self.index(name).update(jobs=1)

    def add(self, name: str, label: str = "") -> None:
        """Add a tree to the roster, or update it."""
        uploader = Uploader(self.objects)
        repository = uploader.upload(LocalStorage(self.index(name).directory), name, label)
        if name in self.names:
            self.writer.update([repository])
        else:
            self.writer.add([repository])
        self.names.add(name)

    def remove(self, name: str) -> None:
        self.writer.remove([name])
        self.names.discard(name)

    def one_machine(self, request: SearchRequest, names: Collection[str]) -> list[Hit]:
        """Return the hits of the trees on one machine: the reference for all answers.

        The roots are in descending order, unlike the trees of a roster: this must not matter.
        """
        trees = self.folder / "trees"
        names = sorted(names, reverse=True)
        roots = [str(trees / name) for name in names]
        several = SeveralRoots(roots, str(self.folder / "indexes"))
        if several.root == trees:
            return several.answer(request, "never").hits
        # All names begin with the same folder. The paths of `several` lack this folder, but the
        # paths of the roster have it: search the shards with the whole names as prefixes.
        shards = [self.index(name).reader.shard().below(f"{name}/") for name in names]
        sources = [
            Source(shard)
            for shard in shards
            if not (needed := languages_needed(request.languages or ()))
            or files_by_language(shard.snapshot).keys() & needed
        ]
        if not sources:
            return []
        return search_all(sources, self.index(min(names)).encoder(), request).hits

    def opened(self, globs: Sequence[str] = (), labels: Sequence[str] = ()) -> SelectedRepositories:
        """Return selected repositories of the roster, with their segments mapped in place."""
        cache = ObjectCache(self.folder / "unused", 0)
        return SelectedRepositories(Roster.of(FolderStore(self.place)), globs, labels, cache)

    def fetched(
        self, cache: ObjectCache, globs: Sequence[str] = ()
    ) -> tuple[SelectedRepositories, Remote]:
        """Return selected repositories, fetched as if their store were remote, and the store."""
        store = Remote(FolderStore(self.place))
        return SelectedRepositories(Roster.of(store), globs, (), cache), store


def make_world(folder: Path, trees: Mapping[str, Tree] = REPOSITORIES) -> World:
    """Return a world whose roster has all the given trees."""
    world = World(folder)
    for name, tree in trees.items():
        world.write(name, tree)
        world.add(name)
    return world
