"""The work that runs at the same time as the searches."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.concurrency.load import asking, search_for
from benchmarks.record.processes import Memory, memory_of
from benchmarks.record.session import Session
from codelode import Index

COUNT_FOR_EVER = "while True: pass"
EDITED = 20  # files edited between two updates of the mixed scene


@dataclass(frozen=True, slots=True)
class Stage:
    """The copy of the tree, its index, the queries (a file, a list), and settings of the runs."""

    tree: Path
    index_dir: Path
    queries: Path
    asked: list[str]
    seconds: float
    jobs: int


@contextmanager
def counting(processes: int) -> Iterator[None]:
    """Run `processes` processes that only use CPU."""
    running = [subprocess.Popen([sys.executable, "-c", COUNT_FOR_EVER]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


@contextmanager
def indexing_outside(stage: Stage) -> Iterator[list[int]]:
    """Run `lode index --rebuild` repeatedly; yield a list that gets an item as each run begins."""
    command = [sys.executable, "-m", "codelode", "index", str(stage.tree), "--quiet", "--rebuild"]
    command += ["--jobs", str(stage.jobs), "--index-dir", str(stage.index_dir)]
    ended = threading.Event()
    begun: list[int] = []

    def again() -> None:
        while not ended.is_set():
            begun.append(len(begun))
            subprocess.run(command, check=True)

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(again)
        time.sleep(1)  # wait until the command has started to index
        try:
            yield begun
        finally:
            ended.set()
        working.result()


@contextmanager
def indexing_inside(index: Index, jobs: int) -> Iterator[list[int]]:
    """Rebuild the index repeatedly in a thread; yield a list that gets an item as each begins."""
    ended = threading.Event()
    begun: list[int] = []

    def again() -> None:
        while not ended.is_set():
            begun.append(len(begun))
            index.update(rebuild=True, jobs=jobs)

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(again)
        try:
            yield begun
        finally:
            ended.set()
        working.result()


def processes(session: Session, name: str, stage: Stage, count: int) -> None:
    """Search one index from several processes; record their total rate and memory."""
    command = [sys.executable, "-m", "benchmarks.concurrency.load", str(stage.tree)]
    command += ["--index-dir", str(stage.index_dir), "--queries", str(stage.queries)]
    command += ["--seconds", str(stage.seconds)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(count)]
    time.sleep(stage.seconds / 2 + 1)
    held = sum((memory_of(process.pid) for process in running), Memory())
    printed = [json.loads(process.communicate()[0]) for process in running]
    if any(process.returncode for process in running):
        raise RuntimeError("a search process failed")
    rates = [sum(column) for column in zip(*(each["rates"] for each in printed), strict=False)]
    one = f"{name}/processes/1/rate" if count > 1 else None
    session.add(f"{name}/processes/{count}/rate", "queries/s", rates, "higher", one)
    session.add(f"{name}/processes/{count}/pss", "MB", held.pss / 1e6)
    errors = sum(sum(each["errors"].values()) for each in printed)
    session.add(f"{name}/processes/{count}/errors", "count", errors)


def served(session: Session, name: str, stage: Stage, threads: int) -> None:
    """Search from threads with one search process per core; compare with one thread's rate."""
    with Index.open(stage.tree, stage.index_dir, processes=stage.jobs) as index:
        search = asking(index, stage.asked)
        search_for(
            stage.seconds / 5, 2 * stage.jobs, search
        )  # starts the processes, which map the index and verify its pages
        load = search_for(stage.seconds, threads, search)
    one = f"{name}/threads/1/rate"
    session.add(f"{name}/served/{threads}/rate", "queries/s", load.rates(), "higher", one)
    session.add(f"{name}/served/{threads}/p95", "ms", load.percentiles(0.95))
    session.add(f"{name}/served/{threads}/errors", "count", load.errors.total())


def in_turns(session: Session, name: str, stage: Stage, index: Index, threads: int) -> None:
    """Search with one thread, then with many threads on search processes; repeat five times.

    The speed of a machine drifts; alternating runs are affected alike, so their ratio is reliable.
    """
    alone, many = f"{name}/turns/1 thread/rate", f"{name}/turns/{threads} threads, served/rate"
    rates: dict[str, list[float]] = {alone: [], many: []}
    with Index.open(stage.tree, stage.index_dir, processes=stage.jobs) as serving:
        search_for(stage.seconds / 5, 2 * stage.jobs, asking(serving, stage.asked))
        for _ in range(5):
            for label, opened, count in ((alone, index, 1), (many, serving, threads)):
                load = search_for(stage.seconds / 2, count, asking(opened, stage.asked))
                rates[label] += load.rates()
    session.add(alone, "queries/s", rates[alone], "higher")
    session.add(many, "queries/s", rates[many], "higher", alone)


def mixed(session: Session, name: str, stage: Stage, index: Index) -> None:
    """Search from four threads in all modes and with filters while files change and updates run."""
    modes = ("hybrid", "semantic", "lexical")
    filters = (None, ["!**/test*/**"], ["*.c", "*.ts", "*.py"])

    def search(number: int) -> object:
        asked = stage.asked[number % len(stage.asked)]
        return index.search(
            asked,
            mode=modes[number % 3],  # type: ignore[arg-type]
            globs=filters[number // 3 % 3],
            fresh="never",
        )

    paths = sorted(path for path in stage.tree.rglob("*.*") if path.is_file())
    chance = random.Random(1)
    ended = threading.Event()
    updates: list[float] = []

    def edit() -> None:
        while not ended.is_set():
            for path in chance.sample(paths, min(EDITED, len(paths))):
                with open(path, "a") as file:
                    file.write(f"\n/* edited {chance.randrange(10**9)} */\n")
            began = time.perf_counter()
            index.update(jobs=stage.jobs)
            updates.append(time.perf_counter() - began)

    with ThreadPoolExecutor(1) as pool:
        editing = pool.submit(edit)
        try:
            load = search_for(stage.seconds, 4, search)
        finally:
            ended.set()
        editing.result()
    session.add(f"{name}/mixed/rate", "queries/s", load.rates(), "higher")
    session.add(f"{name}/mixed/p95", "ms", load.percentiles(0.95))
    session.add(f"{name}/mixed/update of {EDITED} files", "s", updates)
    session.add(f"{name}/mixed/errors", "count", load.errors.total())
    findings = len(index.verify())
    session.add(f"{name}/mixed/findings of verify afterwards", "count", findings)
    opened = sum(1 for _ in Path("/proc/self/fd").iterdir())
    session.add(f"{name}/mixed/open files", "count", opened, "neither")
