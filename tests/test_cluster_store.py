"""Stores that are slow, refuse requests or damage data, and full disks: no answer is wrong."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from codelode import Hit
from codelode.cluster import files as files_module
from codelode.cluster.answer import ClusterRepositories, Restriction
from codelode.cluster.files import CachedFiles, FileOptions
from codelode.cluster.front import Front
from codelode.cluster.searcher import Searcher, SearcherOptions
from codelode.errors import ClusterError, DamagedError, ObjectStoreError
from codelode.objects.folder import FolderStore
from codelode.objects.store import MAX_OBJECT
from codelode.roster.cache import ObjectCache, Wanted
from codelode.roster.manifest import segment_key
from codelode.roster.roster import Roster
from codelode.search.request import SearchRequest
from tests.clusters import TOKEN, asking, front_of
from tests.commandline import until
from tests.rosters import Remote, World, make_world

SEARCHERS = 2
REQUEST = SearchRequest("retry", explain=True)
RETRY = "def retry(): return {}\n"


@dataclass
class FaultyStore(Remote):
    """A store whose replies have faults if the key begins with `prefix`.

    `delay` is in seconds; `refused`, `flipped` and `truncated` are the shares of the reads that
    fail, that have one bit flipped, and that lack their second half.
    """

    inner: FolderStore
    prefix: str = ""
    delay: float = 0.0
    refused: float = 0.0
    flipped: float = 0.0
    truncated: float = 0.0
    random: random.Random = field(default_factory=lambda: random.Random(1))
    faults: int = 0

    def __post_init__(self) -> None:
        super().__init__(self.inner)

    def get(self, key: str, most: int = MAX_OBJECT) -> bytes:
        return self._spoil(key, super().get(key, most))

    def get_range(self, key: str, start: int, length: int) -> bytes:
        return self._spoil(key, super().get_range(key, start, length))

    def mend(self) -> None:
        self.delay = self.refused = self.flipped = self.truncated = 0.0

    def _spoil(self, key: str, data: bytes) -> bytes:
        if not key.startswith(self.prefix):
            return data
        time.sleep(self.delay)
        before = data
        if self.random.random() < self.refused:
            self.faults += 1
            raise ObjectStoreError(self.place, key, "503 Slow Down")
        if data and self.random.random() < self.flipped:
            at = self.random.randrange(len(data))
            data = data[:at] + bytes([data[at] ^ 1 << self.random.randrange(8)]) + data[at + 1 :]
        if self.random.random() < self.truncated:
            data = data[: len(data) // 2]
        self.faults += data != before
        return data


@dataclass
class Clustered:
    """A roster in a faulty store, searched by a cluster whose searchers have a cache each."""

    world: World
    store: FaultyStore
    front: Front
    folder: Path
    searchers: list[Searcher] = field(default_factory=list)

    def start(self, number: int) -> None:
        options = SearcherOptions(f"s{number}", [self.front.address], TOKEN)
        files = CachedFiles(FileOptions(str(self.cache(number)), 1 << 30))
        self.searchers.append(Searcher(options, files))

    def cache(self, number: int) -> Path:
        return self.folder / f"cache-{number}"

    def commit(self, name: str, number: int) -> list[Hit]:
        """Commit new files of a repository; return the hits of a search without the cluster."""
        self.world.write(name, {"a.py": RETRY.format(number), f"b{number}.py": RETRY.format("0")})
        self.world.add(name)
        return self.hits()

    def hits(self) -> list[Hit]:
        return self.world.opened().answer(REQUEST).hits


@pytest.fixture
def clustered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clustered]:
    world = make_world(tmp_path, {name: {"a.py": RETRY.format(name)} for name in ("one", "two")})
    store = FaultyStore(FolderStore(world.place))
    monkeypatch.setattr(files_module, "open_object_store", lambda place: store)
    with front_of(SEARCHERS) as front:
        cluster = Clustered(world, store, front, tmp_path)
        for number in range(SEARCHERS):
            cluster.start(number)
        try:
            yield cluster
        finally:
            for searcher in cluster.searchers:
                searcher.close()


@contextmanager
def searched(clustered: Clustered, *, whole: bool = True) -> Iterator[ClusterRepositories]:
    repositories = ClusterRepositories(clustered.front, Roster.of(clustered.store))
    try:
        until(lambda: clustered.front.is_whole() or not whole, 10)
        yield repositories
    finally:
        repositories.close()


@contextmanager
def only(repositories: ClusterRepositories, expected: list[list[Hit]]) -> Iterator[list[float]]:
    """Search during the block; the hits of each answer must be one of the lists in `expected`."""

    def check(_: int) -> str:
        hits = repositories.answer(REQUEST, Restriction(strict=True)).hits
        return "" if hits in expected else "other hits"

    with asking(check, least=20) as seconds:
        yield seconds


def finds(repositories: ClusterRepositories, hits: list[Hit]) -> bool:
    repositories.look()
    return repositories.answer(REQUEST, Restriction(strict=True)).hits == hits


def test_a_slow_store_is_not_waited_for(clustered: Clustered) -> None:
    with searched(clustered) as repositories:
        expected = [clustered.hits()]
        with only(repositories, expected) as seconds:
            clustered.store.delay = 0.3
            expected.append(clustered.commit("two", 1))
            until(lambda: finds(repositories, expected[-1]), 20)
        assert max(seconds[1:]) < 1.0


@pytest.mark.parametrize("prefix", ["", "segments/"])
def test_while_a_store_refuses_the_old_generation_is_searched(
    clustered: Clustered, prefix: str
) -> None:
    """The store refuses all reads, or reads of segments: the new generation cannot be opened."""
    with searched(clustered) as repositories:
        expected = [clustered.hits()]
        with only(repositories, expected):
            clustered.store.prefix, clustered.store.refused = prefix, 1.0
            expected.append(clustered.commit("two", 1))
            until(lambda: clustered.store.faults > 4, 20)
            assert finds(repositories, expected[0])
            if not prefix:
                until(lambda: "503 Slow Down" in repositories.problem, 5)
            clustered.store.mend()
            until(lambda: finds(repositories, expected[-1]), 10)
        until(lambda: not repositories.problem, 5)


@pytest.mark.parametrize("fault", ["refused", "flipped", "truncated"])
def test_occasional_faults_are_overcome(clustered: Clustered, fault: str) -> None:
    """A third of the reads of manifests and segments fail or return damaged data."""
    with searched(clustered) as repositories:
        expected = [clustered.hits()]
        with only(repositories, expected):
            setattr(clustered.store, fault, 0.33)
            for number in range(1, 3):
                expected.append(clustered.commit("two", number))
                until(lambda: finds(repositories, expected[-1]), 30)
        assert clustered.store.faults
        clustered.store.mend()
        until(lambda: clustered.front.is_whole(), 10)


def test_a_copy_damaged_on_disk_is_fetched_again(clustered: Clustered) -> None:
    """A searcher starts with damaged copies: the other searcher answers until they are replaced."""
    with searched(clustered) as repositories:
        expected = [clustered.hits()]
        until(lambda: finds(repositories, expected[0]), 10)
        with only(repositories, expected):
            clustered.searchers.pop(0).close()
            until(lambda: clustered.front.searchers() == ["s1"], 10)
            copies = [path for path in clustered.cache(0).glob("*/*") if path.is_file()]
            assert copies
            for turn, path in enumerate(copies):
                data = bytearray(path.read_bytes())
                for at in range(turn % 7, len(data), 97):
                    data[at] ^= 1
                path.write_bytes(data)
            clustered.start(0)
            until(lambda: clustered.front.is_whole(), 20)
            until(lambda: len(clustered.front.searchers()) == SEARCHERS, 10)
        assert all(path.name == digest_of_file(path) for path in copies)


def digest_of_file(path: Path) -> str:
    from codelode.objects.generations import digest_of

    return digest_of(path.read_bytes())


def test_an_object_that_stays_damaged_is_named(clustered: Clustered) -> None:
    """Answers name the repository of the damaged segment as missing, until a commit replaces it."""
    roster = Roster.of(clustered.store)
    broken = next(each for each in roster.everything() if each.name == "two")
    (digest,) = roster.manifest(broken).digests
    path = clustered.world.place / segment_key(digest)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with searched(clustered, whole=False) as repositories:
        answer = repositories.answer(REQUEST, Restriction())
        assert answer.missing == ("two",)
        assert {hit.path.split("/")[0] for hit in answer.hits} == {"one"}
        with pytest.raises(ClusterError, match="two"):
            repositories.answer(REQUEST, Restriction(strict=True))
        clustered.world.write("two", {"a.py": RETRY.format("'two' + 'three'")})
        clustered.world.add("two")
        until(lambda: not repositories.answer(REQUEST, Restriction()).missing, 10)
        assert finds(repositories, clustered.hits())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder that is a separate file system of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        made = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        made = False
    if not made:
        pytest.skip("this user may not mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_keeps_the_old_generation(clustered: Clustered, small_disk: Path) -> None:
    """Both searchers have their copies on a full disk: the new generation has to wait for room."""
    for number in range(SEARCHERS):
        clustered.searchers.pop(0).close()
        clustered.cache(number).symlink_to(small_disk / str(number))
        (small_disk / str(number)).mkdir()
        clustered.start(number)
    with searched(clustered) as repositories:
        expected = [clustered.hits()]
        until(lambda: finds(repositories, expected[0]), 10)
        with only(repositories, expected):
            filler = small_disk / "filler"
            fill(filler)
            expected.append(clustered.commit("two", 1))
            time.sleep(2.5)  # long enough for the front to see the new generation
            assert finds(repositories, expected[0])
            filler.unlink()
            until(lambda: finds(repositories, expected[-1]), 10)


def fill(path: Path) -> None:
    """Write to a file until the disk is full."""
    with open(path, "wb", buffering=0) as sink:
        for size in (1 << 16, 1 << 10, 1):
            while True:
                try:
                    sink.write(b"x" * size)
                except OSError:
                    break


def test_what_was_used_longest_ago_makes_room_on_a_full_disk(
    small_disk: Path, tmp_path: Path
) -> None:
    from codelode.objects.generations import digest_of

    store = FolderStore(tmp_path / "store")
    wanted = []
    for number in range(3):
        data = random.Random(number).randbytes(400_000)
        digest = digest_of(data)
        store.put(segment_key(digest), data)
        wanted.append(Wanted(segment_key(digest), digest, len(data)))
    cache = ObjectCache(small_disk / "cache")
    for age, each in enumerate(wanted[:2]):
        cache.fetch(store, [each])
        os.utime(small_disk / "cache" / each.digest[:2] / each.digest, (0, age))
    cache.fetch(store, wanted[1:])
    assert [cache.read(each.digest) is not None for each in wanted] == [False, True, True]
    with pytest.raises(ObjectStoreError, match="No space left"):
        cache.fetch(store, wanted)
    path = small_disk / "cache" / wanted[1].digest[:2] / wanted[1].digest
    cache.discard_damaged(wanted[1].digest)
    assert path.exists()
    path.write_bytes(b"something else")
    cache.discard_damaged(wanted[1].digest)
    assert not path.exists()
    store.put(wanted[0].key, b"x" * 400_000)
    with pytest.raises(DamagedError, match="wrong checksum"):
        cache.fetch(store, wanted[:1])
