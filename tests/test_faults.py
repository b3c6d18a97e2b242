"""Short versions of `benchmarks/faults/`: faults that an index survives.

docs/reliability.md has the figures.
"""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from benchmarks.faults import damage, errors, fuzz, histories, kill, powerloss, soak, writers
from benchmarks.faults.calls import in_child
from benchmarks.faults.world import (
    WrongError,
    code,
    contents,
    edit,
    must_be_whole,
    open_index,
    plant,
    scratch_folder,
)
from codelode.errors import CodelodeError
from codelode.store import storage
from codelode.store.commit import publish
from codelode.store.manifest import Manifest, read_manifest
from codelode.store.storage import LocalStorage


def test_kill_before_every_third_call_and_at_random(tmp_path: Path) -> None:
    tally = kill.Tally()
    with kill.small_segments():
        scene = kill.make_scene(tmp_path, 1, files=8, edits=4, updates=2)
        calls = kill.kill_at_every_call(scene, tally, only=lambda number: number % 3 == 0)
        kill.kill_at_random(scene, 8, random.Random(1), tally)
    assert calls > 15
    assert {"old", "new"} <= set(tally.states)


def test_kill_of_a_first_build(tmp_path: Path) -> None:
    tally = kill.Tally()
    with kill.small_segments():
        scene = kill.make_scene(tmp_path, 2, files=8)
        kill.kill_at_every_call(scene, tally, only=lambda number: number % 3 == 1)
    assert {"none", "new"} <= set(tally.states)


def lose_power(folder: Path, series: int, states: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for seed in range(series):
        with kill.small_segments(), scratch_folder(folder) as place:
            made = powerloss.record(place, seed, updates=5)
            found += powerloss.lose_power(made, states, random.Random(seed), place / "place")
    return found


def test_power_loss(tmp_path: Path) -> None:
    found = lose_power(tmp_path, 3, 60)
    assert found.total() == 180
    assert {"none", "reported", "newer"} <= set(found)


@pytest.mark.parametrize("forgotten", ["sync_folder", "sync_file", "sync_ancestors"])
def test_power_loss_would_find_a_forgotten_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgotten: str
) -> None:
    without = {"sync_file": lambda sink: sink.flush()}.get(forgotten, lambda _: None)
    monkeypatch.setattr(storage, forgotten, without)
    with pytest.raises((WrongError, CodelodeError)):
        lose_power(tmp_path, 6, 100)


def test_damage_to_any_byte_and_length(tmp_path: Path) -> None:
    rng = random.Random(4)
    patient = damage.admit(tmp_path, 1, 3, 1)
    for path in patient.files():
        size = path.stat().st_size
        places, lengths = range(rng.randrange(23), size, 23), range(0, size, 41)
        outcome = in_child(partial(damage.examine_all, patient, path, places, lengths, rng))
        assert outcome.kind == "done", outcome
        found = json.loads(outcome.said.removeprefix("done "))
        # No hit is stale here, so searches need no times; only `verify` reads them.
        wanted = "answered rightly" if path.suffix == ".stat" else "DamagedError"
        assert found.get(wanted, 0) > 10


def test_a_file_cut_short_while_it_is_open_or_searched(tmp_path: Path) -> None:
    patient = damage.admit(tmp_path, 1, 3, 1)
    damage.cut_while_open(patient, 8, random.Random(2))
    damage.cut_while_open(patient, 4, random.Random(2), at_rest=False)
    assert patient.results["cut while open: DamagedError"] > 1
    assert not [kind for kind in patient.results if "SIG" in kind]


def test_repair_restores_everything(tmp_path: Path) -> None:
    patient = damage.admit(tmp_path, 1, 4, 1)
    damage.repair(patient, 10, random.Random(5))
    assert patient.results["repaired"] == 10


@pytest.mark.parametrize("error", ["ENOSPC", "EIO", "short"])
def test_every_other_call_is_refused(tmp_path: Path, error: str) -> None:
    tally, kinds = kill.Tally(), Counter[str]()
    with kill.small_segments():
        scene = kill.make_scene(tmp_path, 3, files=6, edits=4, updates=1)
        errors.refuse_every_call(scene, error, error == "ENOSPC", tally, kinds, step=2)
    assert tally.runs > 8
    assert any("refused" in kind for kind in kinds) == (error != "short")


def test_a_real_limit_on_the_size_of_files(tmp_path: Path) -> None:
    tally, kinds = kill.Tally(), Counter[str]()
    scene = kill.make_scene(tmp_path, 3, files=6, edits=4, updates=1)
    errors.refuse_large_files(scene, [0, 1, 700, 1 << 20], tally, kinds)
    errors.interrupt_often(scene, 2, tally, kinds)
    assert kinds == {
        "file size limit: refused": 3,
        "file size limit: done": 1,
        "signals: done": 2,
    }


def test_writers_at_once(tmp_path: Path) -> None:
    waiting = writers.contend(tmp_path, 4, 3, 60.0)
    assert waiting["done"] == 12
    assert waiting["waited"] > 0
    refused = writers.contend(tmp_path, 4, 6, 0.0)
    assert refused["done"] + refused["locked"] == 24
    assert refused["done"] > 0


def test_readers_while_a_writer_commits_and_compacts(tmp_path: Path) -> None:
    with kill.small_segments():
        rows = dict(soak.soak(tmp_path, readers=3, seconds=5, pause=0.02))
    assert int(str(rows["answers"])) > 30
    assert int(str(rows["segments removed"])) > 0


def test_an_interrupted_update_vouches_for_no_file_it_has_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, directory, rng = tmp_path / "tree", tmp_path / "index", random.Random(1)
    plant(root, 40, rng)
    open_index(root, directory).update(jobs=1)
    before = read_manifest(LocalStorage(directory))
    for path in root.rglob("*.py"):
        path.write_text(code(rng))

    def publish_once(place: LocalStorage, manifest: Manifest) -> None:
        publish(place, manifest)
        raise KeyboardInterrupt

    monkeypatch.setattr("codelode.pipeline.seal.publish", publish_once)
    monkeypatch.setattr("codelode.pipeline.batch.BATCH_FILES", 8)
    with kill.small_segments(), pytest.raises(KeyboardInterrupt):
        open_index(root, directory).update(jobs=1)
    after = read_manifest(LocalStorage(directory))
    assert (after.complete, after.generation) == (False, before.generation + 1)
    assert after.started_ns == before.started_ns


def test_threads_share_an_index_while_it_is_updated(tmp_path: Path) -> None:
    root, rng = tmp_path / "tree", random.Random(1)
    plant(root, 6, rng)
    index = open_index(root, tmp_path / "index")
    index.update(jobs=1)
    done = threading.Event()

    def ask() -> int:
        generation = 0
        while not done.is_set():
            answer = index.answer("parse settings")
            assert answer.generation >= generation
            generation = answer.generation
        return index.answer("parse settings").generation

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        for _ in range(12):
            edit(root, rng, 2)
            last = index.update(jobs=1).generation
        done.set()
        assert [future.result() for future in asking] == [last] * 4


@pytest.mark.parametrize("seed", range(8))
def test_edit_histories_end_like_a_clean_build(tmp_path: Path, seed: int) -> None:
    with kill.small_segments():
        histories.history(tmp_path, seed)


def test_fuzzed_indexes_are_refused_clearly(tmp_path: Path) -> None:
    patient = damage.admit(tmp_path, 6, 5, 2)
    total: Counter[str] = Counter()
    fuzz.fuzz(patient, 11, 80, total)
    assert total["cases"] == 80
    assert total["verify: fine"] + total["verify: DamagedError"] == 80


def test_the_checks_themselves_can_fail(tmp_path: Path) -> None:
    root, directory = tmp_path / "tree", tmp_path / "index"
    plant(root, 4, random.Random(1))
    open_index(root, directory).update(jobs=1)
    there = contents(directory)
    other = {**there, "d0/f0.py": b"something else"}
    assert must_be_whole(directory, None, there, True)[0] == "new"
    assert must_be_whole(directory, there, other, False)[0] == "old"
    with pytest.raises(WrongError, match="acknowledged"):
        must_be_whole(directory, there, other, True)
    with pytest.raises(WrongError, match="neither"):
        must_be_whole(directory, other, other | {"x": b""}, False)
