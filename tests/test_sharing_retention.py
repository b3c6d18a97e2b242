"""Clean-ups never delete what a push that can be pulled needs, whoever pushes meanwhile."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from codelode.errors import NoObjectError
from codelode.objects.generations import Generations, digest_of
from codelode.roster.manifest import repository_key
from codelode.roster.manifest import segment_key as roster_segment_key
from codelode.sharing import push as pushing
from codelode.sharing.layout import (
    Push,
    SharedIndex,
    decode_pushes,
    encode_pushes,
    fetch_index,
    segment_key,
    without_place,
)
from codelode.sharing.push import PushOptions, push
from codelode.sharing.retention import Retention, clean
from codelode.store.snapshot import Snapshot
from tests.checkouts import built
from tests.commandline import write_tree
from tests.object_stores import MemoryStore

HOUR = 3600.0


def snapshots(folder: Path) -> list[Snapshot]:
    """Return three generations of an index; they share segments."""
    root = write_tree(folder / "tree", {"a.py": "def a():\n    return 1\n"})
    index = built(root, folder / "index")
    made = []
    for number in range(3):
        made.append(index.snapshot())
        write_tree(root, {f"b{number}.py": f"def b{number}():\n    return 1\n"})
        index.update()
    return made


FOLDER = Path(tempfile.mkdtemp(prefix="lode-retention-"))
SNAPSHOTS: list[Snapshot] = []


@pytest.fixture(scope="module", autouse=True)
def _snapshots() -> object:
    SNAPSHOTS.extend(snapshots(FOLDER))
    yield
    shutil.rmtree(FOLDER)


class Pushers(RuleBasedStateMachine):
    """Pushes, clean-ups and time in any order; a push may stop between uploading and committing."""

    @initialize()
    def begin(self) -> None:
        self.store = MemoryStore()
        self.stopped: list[tuple[SharedIndex, float]] = []

    @rule(number=st.integers(0, 2))
    def push(self, number: int) -> None:
        push(SNAPSHOTS[number], FOLDER, self.store, PushOptions())

    @rule(number=st.integers(0, 2))
    def begin_push(self, number: int) -> None:
        snapshot = SNAPSHOTS[number]
        objects = {
            live.entry.name: digest_of(live.segment.file.buffer.view) for live in snapshot.segments
        }
        generations = Generations(self.store)
        pushing._upload_missing(snapshot, objects, generations, PushOptions(), None)
        shared = SharedIndex(without_place(snapshot.manifest), objects, "", "stopped")
        self.stopped.append((shared, self.store.ahead))

    @rule()
    def end_push(self) -> None:
        if not self.stopped:
            return
        shared, began = self.stopped.pop(0)
        if self.store.ahead - began > 11 * HOUR:
            return
        _, made = pushing._store_index(self.store, shared, None)
        Generations(self.store).commit(
            lambda newest: encode_pushes([*decode_pushes(self.store, newest), made])
        )

    @rule(hours=st.sampled_from([1.0, 5.0, 11.0, 23.0, 30.0]))
    def wait(self, hours: float) -> None:
        self.store.ahead += hours * HOUR

    @rule(keep=st.integers(1, 3))
    def clean(self, keep: int) -> None:
        before = Generations(self.store).newest()
        report = clean(self.store, Retention(keep=keep))
        assert (report.pushes > 0) == (before is not None)

    @invariant()
    def every_push_can_be_pulled(self) -> None:
        for each in decode_pushes(self.store, Generations(self.store).newest()):
            _, shared = fetch_index(self.store, each.index)
            for name, digest in shared.objects.items():
                size = self.store.size(segment_key(digest))
                assert size == next(
                    entry.bytes for entry in shared.manifest.segments if entry.name == name
                )


Pushers.TestCase.settings = settings(max_examples=60, stateful_step_count=25)
TestPushers = Pushers.TestCase


def test_old_objects_are_removed() -> None:
    store = MemoryStore()
    for snapshot in SNAPSHOTS:
        push(snapshot, FOLDER, store, PushOptions())
    report = clean(store, Retention(keep=1))
    assert (report.pushes, report.pushes_removed, report.objects_removed) == (1, 2, 0)
    store.ahead += 25 * HOUR
    dry = clean(store, Retention(keep=1), dry_run=True)
    report = clean(store, Retention(keep=1))
    assert report.objects_removed > 0 and report.generations_removed > 0
    assert dry.objects_removed == 0  # a dry run cannot ask for the store's time: that takes a write
    indexes = [each.key for each in store.list("indexes")]
    assert len(indexes) == 1
    named = {each.key for each in store.list("segments")}
    _, shared = fetch_index(store, indexes[0].removeprefix("indexes/"))
    assert named == {segment_key(digest) for digest in shared.objects.values()}


def test_a_clean_up_spares_a_roster_in_the_same_store() -> None:
    store = MemoryStore()
    push(SNAPSHOTS[0], FOLDER, store, PushOptions())
    theirs = [roster_segment_key("ab" * 32), repository_key("cd" * 32)]
    for key in theirs:
        store.put(key, b"x")
    store.ahead += 25 * HOUR
    assert clean(store, Retention(keep=1)).objects_removed == 0
    assert all(store.size(key) == 1 for key in theirs)


def made(branch: str, age: float, index: int) -> Push:
    return Push(f"{index:064x}", "", branch, time.time() - age, 1, 1, 1)


def test_the_last_pushes_of_each_branch_stay() -> None:
    pushes = [made("main", 900 - n, n) for n in range(5)] + [made("topic", 10, 7)]
    stay, gone = Retention(keep=2).split(pushes, time.time())
    assert stay == [pushes[3], pushes[4], pushes[5]] and gone == pushes[:3]
    stay, _ = Retention(keep=2, older_than=100).split(pushes, time.time())
    assert stay == [pushes[5]]
    stay, _ = Retention(keep=2, older_than=1).split(pushes, time.time())
    assert stay == [pushes[5]]  # the most recent push


def test_a_push_without_its_index_does_not_stop_a_clean_up() -> None:
    store = MemoryStore()
    report = push(SNAPSHOTS[0], FOLDER, store, PushOptions())
    push(SNAPSHOTS[1], FOLDER, store, PushOptions())
    store.delete([f"indexes/{report.push.index}"])
    assert clean(store, Retention(keep=5)).objects_removed == 0
    with pytest.raises(NoObjectError):
        fetch_index(store, replace(report.push).index)
