"""Damage an index: flip bytes and truncate files, also while the index is open.

    python -m benchmarks.faults.damage --flips 10000 --lengths 2000

`verify` must report each damage; a search gives the right answer or raises a `CodelodeError`; the
process never dies; `repair` restores everything.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from unittest.mock import patch

from benchmarks.faults.calls import finish, in_child, start
from benchmarks.faults.report import Ticker, table
from benchmarks.faults.world import (
    WrongError,
    answers,
    edit,
    memory_folder,
    open_index,
    plant,
    scratch_folder,
)
from codelode.errors import CodelodeError
from codelode.search.staleness import CURRENT
from codelode.store.storage import LOCK

SMALL = 1 << 15
"""In files up to this size, every byte is flipped and every length is tried."""


@dataclass(slots=True)
class Patient:
    """An intact index, a copy to damage, and the right answers."""

    root: Path
    sound: Path
    work: Path
    answers: list[object]
    results: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    def files(self) -> list[Path]:
        """Return the files of the copy except the lock."""
        return sorted(path for path in self.work.iterdir() if path.name != LOCK)


def admit(folder: Path, seed: int, files: int, functions: int = 3) -> Patient:
    """Make a patient: an index of a few segments, with tombstones and with changed file times."""
    rng = random.Random(seed)
    root, sound, work = folder / "tree", folder / "sound", folder / "work"
    plant(root, files, rng, functions)
    open_index(root, sound).update(jobs=1)
    edit(root, rng, 3)
    for path in sorted(root.rglob("*.py"))[:2]:
        os.utime(path, ns=(10**18, 10**18))
    open_index(root, sound).update(jobs=1)
    shutil.copytree(sound, work)
    return Patient(root, sound, work, answers(open_index(root, sound)))


def examine(patient: Patient, what: str) -> None:
    """Raise `WrongError` unless `verify` reports the damage and no search answers wrongly."""
    began = time.perf_counter()
    index = open_index(patient.root, patient.work)
    try:
        found = bool(index.verify())
    except CodelodeError:
        found = True
    if not found:
        raise WrongError(f"{what}: verify reports nothing")
    try:
        said = answers(index)
    except CodelodeError as error:
        if "\n" in str(error):
            raise WrongError(f"{what}: the error has several lines: {error}") from error
        patient.results[type(error).__name__] += 1
    else:
        if said != patient.answers:
            raise WrongError(f"{what}: a wrong answer")
        patient.results["answered rightly"] += 1
    patient.slowest = max(patient.slowest, time.perf_counter() - began)


def flip(patient: Patient, path: Path, places: Iterable[int], rng: random.Random) -> None:
    """Flip the byte at each of `places` alone, and examine the damage; then restore the file."""
    data = path.read_bytes()
    for at in places:
        damaged = bytearray(data)
        damaged[at] ^= rng.randint(1, 255)
        path.write_bytes(damaged)
        examine(patient, f"{path.name}: byte {at}")
    path.write_bytes(data)


def cut(patient: Patient, path: Path, lengths: Iterable[int]) -> None:
    """Truncate a file to each length, and examine the damage; then restore the file."""
    data = path.read_bytes()
    for length in lengths:
        path.write_bytes(data[:length])
        examine(patient, f"{path.name}: cut to {length}")
    path.write_bytes(data)


def spread(size: int, most: int, rng: random.Random) -> list[int]:
    """Return all numbers below `size`, or a random sample if `size` exceeds `SMALL`.

    The sample is sorted and has at most `most` numbers.
    """
    return list(range(size)) if size <= SMALL else sorted(rng.sample(range(size), min(most, size)))


def repair(patient: Patient, runs: int, rng: random.Random) -> None:
    """Damage a random place of an intact copy, then repair the index; do so `runs` times."""
    for _ in range(runs):
        shutil.rmtree(patient.work)
        shutil.copytree(patient.sound, patient.work)
        path = rng.choice(patient.files())
        data = bytearray(path.read_bytes())
        match rng.choice(["flip", "cut", "remove", "empty"]):
            case "flip":
                data[rng.randrange(len(data))] ^= rng.randint(1, 255)
                path.write_bytes(data)
            case "cut":
                path.write_bytes(data[: rng.randrange(len(data))])
            case "empty":
                path.write_bytes(b"")
            case _ if path.suffix != ".json":
                path.unlink()
            case _:
                path.write_bytes(b"{}")
        index = open_index(patient.root, patient.work)
        index.repair(jobs=1)
        if index.verify() or answers(index) != patient.answers:
            raise WrongError(f"{path.name} was damaged and repair did not restore it")
        patient.results["repaired"] += 1


def cut_while_open(
    patient: Patient, runs: int, rng: random.Random, *, at_rest: bool = True
) -> None:
    """Truncate files of an index that is open in another process.

    A file is truncated between two queries (`at_rest`), or while a query may be running.
    """
    for number in range(runs):
        shutil.rmtree(patient.work)
        shutil.copytree(patient.sound, patient.work)
        path = rng.choice([p for p in patient.files() if p.suffix != ".json"])
        length = rng.choice([0, 1, rng.randrange(path.stat().st_size)])
        ready, go = os.pipe(), os.pipe()

        def query(ready: int = ready[1], go: int = go[0]) -> str:
            index = open_index(patient.root, patient.work)
            if answers(index) != patient.answers:
                return "wrong"
            os.write(ready, b"r")
            if at_rest:
                os.read(go, 1)
            try:
                for _ in range(1 if at_rest else 40):
                    if answers(index) != patient.answers:
                        return "wrong"
            except CodelodeError as error:
                return type(error).__name__
            return "answered rightly"

        pid, reader = start(query)
        os.read(ready[0], 1)
        if not at_rest:
            time.sleep(rng.uniform(0, 0.3))
        os.truncate(path, length)
        os.write(go[1], b"g")
        outcome = finish(pid, reader)
        for end in (*ready, *go):
            os.close(end)
        if outcome.kind != "done" or "wrong" in outcome.said:
            raise WrongError(f"{number}: {path.name} cut to {length}: {outcome}")
        said = outcome.said.removeprefix("done ")
        patient.results[f"cut while {'open' if at_rest else 'searching'}: {said}"] += 1


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults.damage")
    parser.add_argument("--flips", type=int, default=10_000, help="in files above 32 KB")
    parser.add_argument("--lengths", type=int, default=2_000, help="of files above 32 KB")
    parser.add_argument("--cuts", type=int, default=200, help="under an open index, in each way")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--index", choices=["small", "large", "both"], default="both")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    rows: list[tuple[str, object]] = []
    for name, files, functions in (("small", 3, 1), ("large", 400, 60)):
        if options.index not in (name, "both"):
            continue
        with scratch_folder(memory_folder()) as folder:
            patient = admit(folder, options.seed, files, functions)
            sizes = {path.name: path.stat().st_size for path in patient.files()}
            ticker = Ticker(f"damage to the {name} index", len(sizes))
            flips = cuts = 0
            for number, path in enumerate(patient.files()):
                size = path.stat().st_size
                places = spread(size, options.flips, rng)
                lengths = spread(size, options.lengths, rng)
                work = partial(examine_all, patient, path, places, lengths, rng)
                outcome = in_child(work)
                if outcome.kind != "done":
                    raise WrongError(f"{path.name}: {outcome.kind}: {outcome.said}")
                result = json.loads(outcome.said.removeprefix("done "))
                patient.slowest = max(patient.slowest, result.pop("slowest"))
                patient.results.update(result)
                flips, cuts = flips + len(places), cuts + len(lengths)
                ticker.tick(number)
            cut_while_open(patient, options.cuts, rng)
            cut_while_open(patient, options.cuts, rng, at_rest=False)
            repair(patient, 100, rng)
            rows += [
                (f"{name} index: bytes by file", sizes),
                (f"{name} index: flips, cuts", f"{flips}, {cuts}"),
                (f"{name} index: results", dict(patient.results)),
                (f"{name} index: slowest check, s", f"{patient.slowest:.2f}"),
            ]
    table("damage", [*rows, ("not reported, or answered wrongly", 0)])


def examine_all(
    patient: Patient,
    path: Path,
    places: Iterable[int],
    lengths: Iterable[int],
    rng: random.Random,
) -> str:
    """Flip bytes of one file and truncate it, examining each damage; return the results as JSON.

    Run this in a child, so that a crash is noticed. The tree may be absent: no hit is checked for
    staleness.
    """
    patient.results.clear()
    with patch("codelode.search.hits.staleness", lambda *_: CURRENT):
        patient.answers = answers(open_index(patient.root, patient.sound))
        flip(patient, path, places, rng)
        cut(patient, path, lengths)
    return json.dumps({**patient.results, "slowest": patient.slowest})


if __name__ == "__main__":
    main()
