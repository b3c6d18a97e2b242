"""Measure builds of many repositories on Ray: repositories per minute, retries, memory, failures.

    python -m benchmarks.cluster.build PLACE... [--workers 1 2] [--git 20] [--kills 5] [--record]

Every entry of a PLACE is a repository: an archive (tar, zip, wheel, crate) or a folder. The first
`--git` folders are committed to git repositories, and built from their URLs. Hostile archives are
added; their builds must fail without an effect on other builds. All is built once for each number
of workers, then again on the last roster (this run must upload nothing), and once on an empty
roster while tasks are killed. All these runs must give the same manifests.
"""

from __future__ import annotations

import argparse
import bz2
import io
import os
import random
import shutil
import signal
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.faults.world import scratch_folder
from benchmarks.record.processes import Memory, memory_of_tree
from benchmarks.record.samples import percentile
from benchmarks.record.session import Session, add_options
from codelode.cluster.archives import is_archive
from codelode.cluster.build_messages import Built, Source, TaskOptions
from codelode.cluster.tasks import Report, build_all
from codelode.objects.folder import FolderStore

BUILDER = b"codelode.cluster.builder"
LOOK_SECONDS = 0.3
KILL_SECONDS = 4.0
STARTS = 4
MEGABYTE = 1e6


def sources_in(places: list[Path], folder: Path, git: int) -> list[Source]:
    """Return folders and archives in `places` as sources; the first `git` folders get git URLs."""
    found = []
    for place in places:
        for entry in sorted(place.iterdir()):
            if not entry.is_dir() and not is_archive(entry.name):
                continue
            name = "".join(c if c.isalnum() or c in "._-" else "-" for c in entry.name)
            address = str(entry.resolve())
            if entry.is_dir() and git:
                git -= 1
                address = f"file://{committed(entry, folder / f'git-{git}')}"
            found.append(Source(f"{place.name}/{name}", address))
    return found


def committed(tree: Path, root: Path) -> Path:
    """Copy a tree into a new git repository, and commit all of it."""
    shutil.copytree(tree, root, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    author = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@example.org")
    for command in (("init", "-q"), ("add", "-Af"), (*author, "commit", "-q", "-m", "a commit")):
        subprocess.run(["git", "-C", str(root), *command], check=True)
    return root


def hostile(folder: Path) -> list[Source]:
    """Write archives whose builds must fail, and return them as sources.

    Two archives are broken, one has a path that leads out of its folder, and two are bombs: one for
    the disk, one for the memory.
    """
    folder.mkdir()

    def tar(name: str, data: bytes) -> bytes:
        sink = io.BytesIO()
        with tarfile.open(fileobj=sink, mode="w:bz2") as packed:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            packed.addfile(info, io.BytesIO(data))
        return sink.getvalue()

    def zeros(kind: bytes) -> bytes:
        header = tarfile.TarInfo("entry")
        header.type, header.size = kind, 64 << 30
        return bz2.compress(header.tobuf(tarfile.GNU_FORMAT)) + bz2.compress(bytes(64 << 20)) * 1024

    archives = {
        "nonsense.tar.gz": b"nonsense",
        "cut.tar.bz2": tar("a.py", random.Random(1).randbytes(10_000))[:-500],
        "upward.tar.bz2": tar("../../up.py", b"x = 1\n"),
        "disk-bomb.tar.bz2": zeros(tarfile.REGTYPE),
        "memory-bomb.tar.bz2": zeros(tarfile.XHDTYPE),
    }
    for name, data in archives.items():
        (folder / name).write_bytes(data)
    return [Source(f"hostile/{name}", str(folder / name)) for name in archives]


@contextmanager
def ray_cluster(workers: int) -> Iterator[str]:
    """Run a Ray cluster of one node on this machine; yield its address."""
    from ray.cluster_utils import Cluster

    options = {"num_cpus": workers, "object_store_memory": 80 << 20, "include_dashboard": False}
    cluster = Cluster()
    for attempt in range(STARTS):
        try:
            cluster.add_node(**options)
            break
        except Exception:  # on a busy machine, Ray raises various errors
            if attempt + 1 == STARTS:
                raise
    try:
        yield cluster.address
    finally:
        cluster.shutdown()


class Watch:
    """A thread that samples the memory of a build's processes, and kills `kills` tasks."""

    def __init__(self, kills: int = 0) -> None:
        self.everything, self.tasks = Memory(), Memory()
        self.killed = 0
        self._kills = kills
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        looks = 0
        while not self._ended.wait(LOOK_SECONDS):
            builders = [pid for pid in descendants(os.getpid()) if BUILDER in command_of(pid)]
            tasks = sum(map(memory_of_tree, builders), start=Memory())
            self.tasks = self.tasks.peak(tasks)
            self.everything = self.everything.peak(memory_of_tree(os.getpid()))
            looks += 1
            due = self.killed < self._kills and looks * LOOK_SECONDS > KILL_SECONDS
            if due and builders and (task := parent_of(builders[0])) > 1:
                with suppress(ProcessLookupError):
                    os.kill(task, signal.SIGKILL)
                    self.killed += 1
                    looks = 0


def descendants(pid: int) -> list[int]:
    """Return the ids of all descendants of a process."""
    found, waiting = [], [pid]
    while waiting:
        with suppress(OSError):
            for task in Path(f"/proc/{waiting.pop()}/task").iterdir():
                below = [int(each) for each in (task / "children").read_text().split()]
                found += below
                waiting += below
    return found


def command_of(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def parent_of(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


def build(
    session: Session, name: str, sources: list[Source], place: Path, watch: Watch, address: str
) -> Report:
    """Build all sources on the cluster at an address, and record the result."""

    def progress(built: Built, done: int) -> None:
        if done % 20 == 0:
            session.say(f"{name}: {done} of {len(sources)}")

    options = TaskOptions(str(place), 1, 512 << 20, 16 << 30, 256 << 20)
    with watch:
        report = build_all(sources, options, address, progress, session.say)
    done = [built for built in report.built if not built.problem]
    session.add(f"{name}/repositories", "", float(len(done)), "higher")
    session.add(f"{name}/rate", "a minute", 60 * len(done) / report.seconds, "higher")
    session.add(f"{name}/task, median", "s", percentile([b.seconds for b in done], 0.5))
    session.add(f"{name}/task, 95 %", "s", percentile([b.seconds for b in done], 0.95))
    session.add(f"{name}/peak of a task", "MB", max(b.peak_bytes for b in done) / MEGABYTE)
    session.add(f"{name}/peak of all tasks", "MB", watch.tasks.pss / MEGABYTE)
    session.add(f"{name}/peak with Ray", "MB", watch.everything.pss / MEGABYTE)
    session.add(f"{name}/tasks tried again", "", float(sum(b.deaths for b in report.built)))
    return report


def manifests(report: Report) -> dict[str, str]:
    """Return the digest of each repository's manifest; equal trees have equal digests."""
    return {b.name: b.repository.manifest for b in report.built if b.repository is not None}


def measure(session: Session, options: argparse.Namespace, folder: Path) -> None:
    """Build with each number of workers, then twice more; compare the results.

    The first additional build goes to the last roster again; in the second, tasks are killed.
    """
    sources = sources_in(options.places, folder, options.git)
    bad = hostile(folder / "hostile")
    session.say(f"{len(sources)} repositories, and {len(bad)} hostile archives")
    sources = random.Random(1).sample([*sources, *bad], len(sources) + len(bad))
    reports: dict[str, Report] = {}

    def run(name: str, workers: int, place: Path, kills: int = 0) -> None:
        with ray_cluster(workers) as address:
            watch = Watch(kills)
            reports[name] = build(session, name, sources, place, watch, address)
        if kills:
            session.say(f"{watch.killed} tasks were killed")

    for workers in options.workers:
        run(f"{workers} workers", workers, folder / f"roster-{workers}")
    place, most = folder / f"roster-{options.workers[-1]}", options.workers[-1]
    before = {each.key for each in FolderStore(place).list("segments")}
    run("again", most, place)
    new = {each.key for each in FolderStore(place).list("segments")} - before
    session.add("again/segments uploaded", "", float(len(new)))
    if options.kills:
        run("killed", most, folder / "roster-killed", options.kills)
    say_differences(session, reports)
    say_failures(session, reports[f"{most} workers"], {each.name for each in bad})


def say_differences(session: Session, reports: dict[str, Report]) -> None:
    """Note the repositories whose manifests differ from the first run's; none should differ."""
    (_, report), *others = reports.items()
    first = manifests(report)
    for name, other in ((name, manifests(report)) for name, report in others):
        for each in sorted(first.keys() | other.keys()):
            if first.get(each) != other.get(each):
                session.notes.append(f"differs: {each}, in the run {name}")
    session.add("repositories that differ", "", float(sum("differs" in n for n in session.notes)))


def say_failures(session: Session, report: Report, bad: set[str]) -> None:
    """Note the failed builds; assert that they include `bad`, the hostile archives."""
    failed = {built.name: built.problem for built in report.built if built.problem}
    for name, problem in sorted(failed.items()):
        session.notes.append(f"failed: {name}: {problem[:160]}")
    assert bad <= set(failed), f"not refused: {bad - set(failed)}"


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster.build", description=__doc__)
    parser.add_argument("places", type=Path, nargs="+")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--git", type=int, default=20)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--scratch", type=Path, help="folder for git repositories and rosters")
    add_options(parser)
    options = parser.parse_args()
    session = Session("cluster-build", options)
    with scratch_folder(options.scratch) as folder:
        measure(session, options, folder)
    session.finish()


if __name__ == "__main__":
    main()
