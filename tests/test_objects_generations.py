"""Commits on an object store: none is lost, none counts twice, unfit stores are refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from codelode.errors import ObjectStoreError, StaleWriterError, UnfitStoreError
from codelode.objects.folder import FolderStore
from codelode.objects.generations import KEPT_SECONDS, Generation, Generations
from codelode.objects.store import ObjectStore
from tests.object_stores import ForgetfulStore, KeepingLiar, MemoryStore, OverwritingStore

DAY = KEPT_SECONDS


def adding(item: object) -> Callable[[Generation | None], bytes]:
    """Return a change that appends `item` to the list in the newest generation's body."""

    def change(newest: Generation | None) -> bytes:
        return json.dumps([*items(newest), item]).encode()

    return change


def items(newest: Generation | None) -> list[object]:
    return list(json.loads(newest.body)) if newest else []


class Writers(RuleBasedStateMachine):
    """Writers that begin, stall and go on in any order; old generations are removed meanwhile.

    A stalled writer has read the newest generation long ago and creates the next one now.
    """

    @initialize()
    def begin(self) -> None:
        self.store = MemoryStore()
        self.committed: list[object] = []
        self.stalled: list[Generation | None] = []
        self.count = 0

    def generations(self) -> Generations:
        return Generations(self.store)

    @rule()
    def commit(self) -> None:
        self.count += 1
        self.generations().commit(adding(self.count))
        self.committed.append(self.count)

    @rule()
    def stall(self) -> None:
        self.stalled.append(self.generations().newest())

    @rule(data=st.data())
    def wake(self, data: st.DataObject) -> None:
        if not self.stalled:
            return
        began = self.stalled.pop(data.draw(st.integers(0, len(self.stalled) - 1)))
        self.count += 1
        made = self.generations()._create(began, adding(self.count)(began))
        if made is not None:
            self.committed.append(self.count)

    @rule(seconds=st.sampled_from([60.0, DAY / 2, DAY + 60]))
    def wait(self, seconds: float) -> None:
        self.store.ahead += seconds

    @rule(keep=st.integers(0, 3))
    def remove_old(self, keep: int) -> None:
        newest = self.generations().newest()
        self.generations().remove_old(keep)
        assert self.generations().newest() == newest

    @invariant()
    def nothing_is_lost_or_counted_twice(self) -> None:
        assert items(self.generations().newest()) == self.committed

    @invariant()
    def the_kept_ones_are_one_line(self) -> None:
        generations = self.generations()
        kept = [generations.read(int(each.key[-12:])) for each in generations.kept()]
        for before, after in pairwise(kept):
            assert (after.number, after.parent) == (before.number + 1, before.digest)


TestWriters = Writers.TestCase

WRITER = """
import json, sys
from codelode.objects.generations import Generations
from codelode.objects.urls import open_object_store
url, writer, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
generations = Generations(open_object_store(url))
for number in range(count):
    generations.commit(
        lambda newest: json.dumps(
            (json.loads(newest.body) if newest else []) + [[writer, number]]
        ).encode()
    )
"""


def race(url: str, writers: int, commits: int) -> None:
    """Let processes commit at the same time, and check that every commit counts once."""
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, url, str(writer), str(commits)])
        for writer in range(writers)
    ]
    assert [process.wait(120) for process in running] == [0] * writers


def check_race(store: ObjectStore, writers: int, commits: int) -> None:
    newest = Generations(store).newest()
    found = items(newest)
    assert newest is not None and newest.number == writers * commits
    assert sorted(map(str, found)) == sorted(
        str([writer, number]) for writer in range(writers) for number in range(commits)
    )
    for writer in range(writers):  # the commits of each writer are in order
        own = [item for item in found if isinstance(item, list) and item[0] == writer]
        assert own == [[writer, number] for number in range(commits)]


def test_eight_processes_race(tmp_path: Path) -> None:
    race(str(tmp_path), 8, 12)
    check_race(FolderStore(tmp_path), 8, 12)


@pytest.mark.skipif("not config.getoption('-m')", reason="takes a while: -m long")
@pytest.mark.long
def test_eight_processes_race_for_a_thousand_commits(tmp_path: Path) -> None:
    race(str(tmp_path), 8, 125)
    check_race(FolderStore(tmp_path), 8, 125)


@pytest.mark.parametrize("kind", [OverwritingStore, KeepingLiar])
def test_a_store_that_creates_twice_is_refused(kind: type[MemoryStore]) -> None:
    store = kind()
    with pytest.raises(UnfitStoreError, match="created twice"):
        Generations(store).commit(adding(1))
    assert not store.objects


def test_a_lost_answer_is_no_lost_commit_and_no_second_one() -> None:
    store = ForgetfulStore()
    generations = Generations(store)
    for number in range(3):
        generations.commit(adding(number))
    assert items(generations.newest()) == [0, 1, 2]


def test_equal_bodies_are_different_commits() -> None:
    generations = Generations(MemoryStore())
    for _ in range(2):
        generations.commit(lambda _: b"same")
    newest = generations.newest()
    assert newest is not None and newest.number == 2
    assert newest.digest != generations.read(1).digest == newest.parent


def test_nothing_to_commit_changes_nothing() -> None:
    store = MemoryStore()
    assert Generations(store).commit(lambda _: None) is None
    Generations(store).commit(adding(1))
    made = Generations(store).commit(lambda _: None)
    assert made is not None and made.number == 1 and len(store.objects) == 1


def test_the_change_is_applied_again_if_another_writer_was_faster() -> None:
    store = MemoryStore()
    seen: list[int] = []

    def change(newest: Generation | None) -> bytes:
        seen.append(newest.number if newest else 0)
        if len(seen) == 1:
            Generations(store).commit(adding("faster"))
        return adding("slower")(newest)

    Generations(store).commit(change)
    assert seen == [0, 1]
    assert items(Generations(store).newest()) == ["faster", "slower"]


def test_a_writer_older_than_an_hour_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    store, now = MemoryStore(), [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def slow(newest: Generation | None) -> bytes:
        now[0] += 3601
        return b"x"

    with pytest.raises(StaleWriterError):
        Generations(store).commit(slow)
    assert not store.objects


def test_damaged_generations_are_named(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    Generations(store).commit(adding(1))
    whole = store.get("manifests/000000000001")
    for at in range(0, len(whole), 7):
        store.put("manifests/000000000001", whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(ObjectStoreError, match="manifests/000000000001: it is damaged"):
            Generations(store).newest()
        store.put("manifests/000000000001", whole[:at])
        with pytest.raises(ObjectStoreError, match="damaged"):
            Generations(store).newest()


def test_folders_of_generations_are_independent() -> None:
    store = MemoryStore()
    one, other = Generations(store, "repos/a/manifests"), Generations(store, "repos/a-b/manifests")
    one.commit(adding(1))
    assert other.newest() is None
    other.commit(adding(2))
    assert (items(one.newest()), items(other.newest())) == ([1], [2])


def test_young_generations_stay_whatever_their_number() -> None:
    store = MemoryStore()
    generations = Generations(store)
    for number in range(5):
        generations.commit(adding(number))
    assert generations.remove_old(keep=1) == []
    store.ahead += DAY + 1
    generations.commit(adding(5))
    assert generations.remove_old(keep=3) == [1, 2, 3]
    assert [int(each.key[-12:]) for each in generations.kept()] == [4, 5, 6]
    assert generations.remove_old() == [4]  # 5 was the newest until just now
