"""Pushes and pulls with stores that fail and disks without room: nothing is ever half visible."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from codelode.errors import CodelodeError, ObjectStoreError, UsageError
from codelode.index import Index
from codelode.objects.folder import FolderStore
from codelode.objects.pace import Pace
from codelode.objects.store import Content, ObjectInfo
from codelode.sharing import gather
from codelode.sharing.pull import PullOptions, pull
from codelode.sharing.push import PushOptions, push
from codelode.sharing.retention import Retention, clean
from tests.checkouts import built, committed, contents, repository
from tests.commandline import SAMPLE, CommandLine, write_tree
from tests.test_cluster_store import FaultyStore, fill, small_disk

__all__ = ["small_disk"]


class UnreliableStore(FaultyStore):
    """A faulty store that also refuses lists, deletions, and writes (sometimes after the write)."""

    def put(self, key: str, content: Content, pace: Pace | None = None) -> None:
        self._refuse(key)
        super().put(key, content, pace)
        self._refuse(key)

    def create(self, key: str, data: bytes) -> bool:
        self._refuse(key)
        created = super().create(key, data)
        self._refuse(key)
        return created

    def list(self, prefix: str = "", after: str = "") -> Iterator[ObjectInfo]:
        self._refuse(prefix)
        return super().list(prefix, after)

    def delete(self, keys: Iterable[str]) -> None:
        self._refuse("")
        super().delete(keys)

    def size(self, key: str) -> int:
        self._refuse(key)
        return super().size(key)

    def _refuse(self, key: str) -> None:
        if self.random.random() < self.refused:
            self.faults += 1
            raise ObjectStoreError(self.place, key, "500 Internal Server Error")


class Pair:
    """A repository that pushes to a store, and another index of it that pulls."""

    def __init__(self, folder: Path, store: Path | None = None) -> None:
        self.folder = folder
        self.sound = FolderStore(store or folder / "store")
        self.store = UnreliableStore(self.sound)
        self.origin = repository(folder / "origin", SAMPLE)
        self.index = built(self.origin, folder / "indexes")
        self.puller = Index.open(self.origin, index_dir=folder / "pulled")
        self.push(sound=True)
        self.pull(sound=True)

    def push(self, sound: bool = False) -> None:
        store = self.sound if sound else self.store
        push(self.index.snapshot(), self.origin, store, PushOptions())

    def pull(self, sound: bool = False) -> None:
        pull(self.puller.reader, self.sound if sound else self.store, PullOptions())

    def edit(self, number: int) -> None:
        write_tree(self.origin, {f"src/added{number}.py": f"def added{number}():\n    return 1\n"})
        committed(self.origin)
        self.index.update(jobs=1)

    def same(self) -> bool:
        return not self.puller.verify() and contents(self.puller) == contents(self.index)


def attempt(action: object) -> bool:
    """Return whether an action succeeds; if it fails, its error must be one line."""
    assert callable(action)
    try:
        action()
    except CodelodeError as error:
        assert "\n" not in str(error) and len(str(error)) < 500
        return False
    return True


@pytest.mark.parametrize("fault", ["refused", "flipped", "truncated"])
def test_a_pull_with_faults_is_complete_or_changes_nothing(tmp_path: Path, fault: str) -> None:
    pair = Pair(tmp_path)
    pair.store.random = random.Random(fault)
    failed = 0
    for number in range(4):
        before = contents(pair.puller)
        pair.edit(number)
        pair.push(sound=True)
        setattr(pair.store, fault, 0.4)
        if attempt(pair.pull):
            assert pair.same()
        else:
            failed += 1
            assert contents(pair.puller) == before and not pair.puller.verify()
            pair.store.mend()
            pair.pull()
            assert pair.same()
    assert failed and pair.store.faults >= failed


def test_a_push_with_faults_shows_the_old_or_the_new_index(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    failed = 0
    for number in range(5):
        before = contents(pair.puller)
        pair.edit(number)
        pair.store.refused = 0.12
        if attempt(pair.push):
            pair.pull(sound=True)
            assert pair.same()
            continue
        failed += 1
        pair.pull(sound=True)  # a commit may have succeeded although its reply was lost
        assert contents(pair.puller) in (before, contents(pair.index))
        pair.store.mend()
        pair.push()
        pair.pull()
        assert pair.same()
    assert failed


def test_a_clean_up_with_faults_removes_nothing_that_is_named(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    for number in range(4):
        pair.edit(number)
        pair.push(sound=True)
        pair.store.refused = 0.2
        attempt(lambda: clean(pair.store, Retention(keep=1)))
        pair.pull(sound=True)
        assert pair.same()
    assert pair.store.faults


def test_a_slow_store_is_waited_for(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    pair.edit(1)
    pair.store.delay = 0.05
    pair.push()
    pair.pull()
    assert pair.same()


def test_a_pull_to_a_full_disk_leaves_the_index_as_it_was(
    tmp_path: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = Pair(tmp_path)
    pair.puller = Index.open(pair.origin, index_dir=small_disk)
    with pytest.raises(UsageError, match="make room"):
        pair.pull()
    monkeypatch.setattr(gather, "_SPARE_BYTES", -1 << 40)
    pair.pull()
    before = contents(pair.puller)
    pair.edit(1)
    write_tree(pair.origin, {"src/large.py": random.Random(1).randbytes(200_000).hex()})
    pair.index.update(jobs=1)
    pair.push()
    fill(small_disk / "filler")
    assert not attempt(pair.pull)
    assert contents(pair.puller) == before and not pair.puller.verify()
    (small_disk / "filler").unlink()
    pair.pull()
    assert pair.same()


def test_a_push_to_a_full_store_leaves_the_last_push(tmp_path: Path, small_disk: Path) -> None:
    pair = Pair(tmp_path, small_disk / "store")
    before = contents(pair.puller)
    pair.edit(1)
    fill(small_disk / "filler")
    assert not attempt(pair.push)
    pair.pull()
    assert contents(pair.puller) == before
    names = {path.name[:5] for path in (small_disk / "store").rglob("*") if path.is_file()}
    assert ".new-" not in names
    (small_disk / "filler").unlink()
    pair.push()
    pair.pull()
    assert pair.same()


def test_a_full_disk_is_one_line_of_the_program(
    lode: CommandLine, tmp_path: Path, small_disk: Path
) -> None:
    origin = repository(tmp_path / "origin", SAMPLE)
    lode("index", origin).must_succeed()
    fill(small_disk / "filler")
    done = lode("push", small_disk / "store", origin)
    assert (done.code, done.text) == (2, "")
    assert "No space left" in done.message and done.message.count("\n") == 1
