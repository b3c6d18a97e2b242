"""Check readers beside a writer: no wrong answer, no missing file, no growing memory.

    python -m benchmarks.faults.soak --minutes 10

Every file contains its number and its version. The writer logs the versions that each generation
holds, and every hit is compared with the log of its generation.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.faults.calls import finish, start
from benchmarks.faults.kill import small_segments
from benchmarks.faults.report import table
from benchmarks.faults.world import (
    WrongError,
    code,
    memory_folder,
    open_index,
    scratch_folder,
    write,
)

_VERSION = re.compile(r"file_(\d+)_version_(\d+)")
FILES = 300
SAMPLE_SECONDS = 5.0


@dataclass(slots=True)
class Plan:
    """Settings shared by all processes.

    `writing_from` and `until` are values of `time.monotonic`. `pause` is the mean pause between
    queries or updates, in seconds.
    """

    folder: Path
    writing_from: float
    until: float
    pause: float

    @property
    def root(self) -> Path:
        return self.folder / "tree"

    @property
    def directory(self) -> Path:
        return self.folder / "index"


def text_of(number: int, version: int) -> str:
    """Return the text of a file; it has a word, made of `number`, that no other file contains."""
    rng = random.Random(number * 1_000_003 + version)
    return f"def file_{number}_version_{version}(): return 'only{number}here'\n" + code(rng, 2)


def read(plan: Plan, name: int) -> None:
    """Run one reader: search, log answers and times, and log memory now and then."""
    rng = random.Random(name)
    index = open_index(plan.root, plan.directory)
    sampled = 0.0
    with open(plan.folder / f"reader{name}.log", "w") as log:
        while time.monotonic() < plan.until:
            time.sleep(rng.uniform(0, 2 * plan.pause))
            number = rng.randrange(FILES)
            mode = rng.choice(["lexical", "hybrid", "semantic"])
            began = time.monotonic()
            answer = index.answer(f"only{number}here", limit=5, mode=mode, fresh="never")  # type: ignore[arg-type]
            seconds = time.monotonic() - began
            seen = [[int(part) for part in pair] for hit in answer.hits
                    for pair in _VERSION.findall(hit.text)]  # fmt: skip
            line = {"g": answer.generation, "whole": answer.complete, "mode": mode, "n": number}
            log.write(json.dumps({**line, "seen": seen, "at": began, "s": seconds}) + "\n")
            if began - sampled > min(SAMPLE_SECONDS, (plan.until - plan.writing_from) / 20):
                sampled = began
                log.write(json.dumps({"at": began, **usage()}) + "\n")


def usage() -> dict[str, int]:
    """Return this process's private and resident memory (KB) and its number of open descriptors."""
    rollup = Path("/proc/self/smaps_rollup").read_text()
    private = re.findall(r"Private_(?:Clean|Dirty):\s+(\d+)", rollup)
    resident = re.findall(r"Rss:\s+(\d+)", rollup)
    return {
        "uss": sum(map(int, private)),
        "rss": int(resident[0]),
        "fds": sum(1 for _ in Path("/proc/self/fd").iterdir()),
    }


def edit_and_update(plan: Plan) -> str:
    """Run the writer: edit a few files at a time and log the versions in each generation.

    Returns the numbers of updates, generations and removed segments as JSON.
    """
    rng = random.Random(0)
    versions: dict[int, int] = dict.fromkeys(range(FILES), 0)
    index = open_index(plan.root, plan.directory)
    last = index.update(jobs=1).generation
    updates = removed = 0
    with open(plan.folder / "states.log", "w") as log:
        log.write(json.dumps([0, last, versions]) + "\n")
        log.flush()
        time.sleep(max(0.0, plan.writing_from - time.monotonic()))
        while time.monotonic() < plan.until - 1:
            for number in rng.sample(range(FILES), rng.choice([1, 1, 3, 30])):
                version = versions[number] = abs(versions[number]) + 1
                if rng.random() < 0.15:
                    versions[number] = -version  # a negative version: the file is removed
                    (plan.root / f"d{number % 7}/f{number}.py").unlink(missing_ok=True)
                else:
                    write(plan.root, f"d{number % 7}/f{number}.py", text_of(number, version))
            before = {path.name for path in plan.directory.glob("*.seg")}
            generation = index.update(jobs=1).generation
            removed += len(before - {path.name for path in plan.directory.glob("*.seg")})
            log.write(json.dumps([last, generation, versions]) + "\n")
            last, updates = generation, updates + 1
            time.sleep(rng.uniform(0, 2 * plan.pause))
    return json.dumps({"updates": updates, "generations": last, "segments removed": removed})


def check(folder: Path, readers: int) -> Iterator[dict[str, Any]]:
    """Yield every line of the readers' logs; raise `WrongError` if an answer is wrong."""
    states: dict[int, tuple[dict[int, int], dict[int, int]]] = {}
    before: dict[int, int] = {}
    for line in (folder / "states.log").read_text().splitlines():
        after, upto, versions = json.loads(line)
        held = {int(number): version for number, version in versions.items()}
        states.update(dict.fromkeys(range(after + 1, upto + 1), (held, before or held)))
        before = held
    for name in range(readers):
        for line in (folder / f"reader{name}.log").read_text().splitlines():
            row = json.loads(line)
            if "g" in row:
                _check_answer(row, *states[row["g"]])
            yield row


def _check_answer(row: dict[str, Any], held: dict[int, int], before: dict[int, int]) -> None:
    """Raise `WrongError` unless every hit has the version that its generation holds.

    While a generation covers only a part of an update, a file may also have its previous version.
    Except in semantic mode, an answer of a complete generation must also contain the file that was
    searched for if the generation holds it, and must not contain it otherwise.
    """
    there = dict(row["seen"])
    for number, version in there.items():
        if version != held[number] and (row["whole"] or version != before[number]):
            raise WrongError(f"file {number} has version {held[number]}: {row}")
    if row["mode"] != "semantic" and row["whole"] and (row["n"] in there) != (held[row["n"]] >= 0):
        raise WrongError(f"file {row['n']} has version {held[row['n']]}: {row}")


def soak(folder: Path, readers: int, seconds: float, pause: float) -> list[tuple[str, object]]:
    """Run readers, without the writer for a fifth of the time, then with it; return the figures."""
    begin = time.monotonic()
    plan = Plan(folder, begin + 2 + seconds / 5, begin + 2 + seconds, pause)
    for number in range(FILES):
        write(plan.root, f"d{number % 7}/f{number}.py", text_of(number, 0))
    writer = start(partial(edit_and_update, plan))
    while not (folder / "states.log").exists() or not (folder / "states.log").stat().st_size:
        time.sleep(0.05)
    children = [start(partial(read, plan, name)) for name in range(readers)]
    for child in children:
        outcome = finish(*child)
        if outcome.kind != "done":
            raise WrongError(f"a reader {outcome.kind}: {outcome.said}")
    outcome = finish(*writer)
    if outcome.kind != "done":
        raise WrongError(f"the writer {outcome.kind}: {outcome.said}")
    rows = list(check(folder, readers))
    return [
        ("readers", readers),
        *json.loads(outcome.said.removeprefix("done ")).items(),
        *_latencies(rows, plan),
        *_growth(rows, plan),
        ("wrong answers", 0),
        ("missing files", 0),
    ]


def _latencies(rows: list[dict[str, Any]], plan: Plan) -> Iterator[tuple[str, object]]:
    asked = [row for row in rows if "g" in row]
    idle = [row["s"] * 1000 for row in asked if row["at"] < plan.writing_from]
    busy = [row["s"] * 1000 for row in asked if row["at"] >= plan.writing_from]
    yield "answers", len(asked)
    yield "answers by mode", dict(Counter(row["mode"] for row in asked))
    for name, values in (("idle", idle), ("while writing", busy)):
        yield (
            f"p50, p95 {name}, ms",
            f"{np.percentile(values, 50):.1f}, {np.percentile(values, 95):.1f}",
        )
    yield "p95 while writing / idle", f"{np.percentile(busy, 95) / np.percentile(idle, 95):.2f}"


def _growth(rows: list[dict[str, Any]], plan: Plan) -> Iterator[tuple[str, object]]:
    """Yield the early and late medians, and the maximum, of each resource that readers use."""
    third = (plan.until - plan.writing_from) / 3
    samples = [row for row in rows if "fds" in row and row["at"] >= plan.writing_from]
    early = [row for row in samples if row["at"] < plan.writing_from + third]
    late = [row for row in samples if row["at"] >= plan.until - third]
    for key, unit in (("uss", " KB"), ("rss", " KB"), ("fds", "")):
        medians = [int(np.median([row[key] for row in part] or [0])) for part in (early, late)]
        most = max((row[key] for row in samples), default=0)
        yield (
            f"{key}: first third, last third, maximum",
            f"{medians[0]}, {medians[1]}, {most}{unit}",
        )


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults.soak")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--readers", type=int, default=16)
    parser.add_argument("--pause", type=float, default=0.5, help="mean pause between queries, s")
    options = parser.parse_args()
    with small_segments(), scratch_folder(memory_folder()) as folder:
        table("soak", soak(folder, options.readers, 60 * options.minutes, options.pause))


if __name__ == "__main__":
    main()
