"""Measure the bytes and the seconds of pushes and pulls.

    python -m benchmarks.sharing TREE [--s3 | --store URL] [--pulls 5] [--record]

It measures the first push and pulls, pushes and pulls after changes, a resumed pull, limited pulls,
and a signed push with its pull. The tree is copied into a new git repository and cloned; only the
copy is edited. By default, the store is a folder. With `--s3`, it is a SeaweedFS server on this
machine (the group `bucket`); with `--store`, an empty place at a URL, which is not deleted
afterward.

`after the bytes have arrived` measures a pull whose segments are all in its staging folder already,
as after an interruption just before the checks. It also measures the update that follows, and the
first query of the newly opened index.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.faults.world import scratch_folder
from benchmarks.record.measurement import Measurement
from benchmarks.record.session import Session, add_options
from codelode import Index
from codelode.errors import UsageError
from codelode.objects.pace import Pace
from codelode.objects.store import ObjectStore
from codelode.objects.urls import open_object_store
from codelode.sharing.choice import choose
from codelode.sharing.layout import fetch_index
from codelode.sharing.pull import PullOptions, PullReport, pull
from codelode.sharing.push import PushOptions, PushReport, push
from codelode.sharing.staging import Staging
from tests.s3_server import BUCKET, environment, s3_server

QUERY = "where are retries scheduled"
CHANGES = (0, 1, 10, 100)
PUSHES = 64
PULL = """
import sys
from codelode import Index
from codelode.objects.urls import open_object_store
from codelode.sharing.pull import PullOptions, pull
root, indexes, store, bandwidth = sys.argv[1:]
index = Index.open(root, index_dir=indexes)
pull(index.reader, open_object_store(store), PullOptions(bandwidth=float(bandwidth)))
"""


@dataclass
class Team:
    """A repository that pushes, a clone that pulls, and the store between them."""

    folder: Path
    place: str
    session: Session

    def __post_init__(self) -> None:
        self.origin, self.clone = self.folder / "origin", self.folder / "clone"
        self.store: ObjectStore = open_object_store(self.place)
        self.index = Index.open(self.origin, index_dir=self.folder / "indexes")

    def pulling(self, name: str) -> Index:
        """Return an index of the clone in a folder of its own, with the encoder loaded."""
        index = Index.open(self.clone, index_dir=self.folder / "pulled" / name)
        index.encoder()
        return index

    def push(self, name: str, options: PushOptions | None = None) -> PushReport:
        """Push; record the seconds and the bytes."""
        with self.timed(f"push/{name}"):
            report = push(
                self.index.snapshot(), self.index.root, self.store, options or PushOptions()
            )
        self.session.add(f"push/{name}/bytes", "MB", report.bytes_uploaded / 1e6)
        return report

    def pull(self, name: str, index: Index, options: PullOptions | None = None) -> PullReport:
        """Pull; record the seconds and the bytes."""
        with self.timed(f"pull/{name}"):
            report = pull(index.reader, self.store, options or PullOptions())
        self.session.add(f"pull/{name}/bytes", "MB", report.bytes_fetched / 1e6)
        return report

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Record the wall time and the CPU time of a block."""
        began, worked = time.perf_counter(), time.process_time()
        yield
        self.session.add(f"{name}/CPU", "s", time.process_time() - worked)
        self.session.add(name, "s", time.perf_counter() - began)

    def change(self, count: int) -> None:
        """Append a function to some files, commit them, and update the index."""
        paths = [
            self.origin / name for name in _git(self.origin, "ls-files", "-z").split("\0")[:-1]
        ]
        for path in random.Random(count).sample(paths, count):
            with path.open("ab") as file:
                file.write(b"\nint added(int value) { return value + 1; }\n")
        _commit(self.origin)
        self.index.update()


def make(tree: Path, folder: Path, place: str, session: Session) -> Team:
    """Copy the tree into a new repository; clone and index this repository."""
    origin = folder / "origin"
    shutil.copytree(tree, origin, ignore=shutil.ignore_patterns(".git"))
    _git(origin, "init", "-q", "-b", "main")
    _commit(origin)
    _git(origin, "clone", "-q", str(origin), str(folder / "clone"))
    team = Team(folder, place, session)
    report = team.index.update()
    session.say(f"{report.files:,} files, {report.chunks:,} chunks, {report.index_bytes:,} bytes")
    return team


def measure_first(team: Team, pulls: int) -> int:
    """Measure the first push, and pulls without an index; return the number of uploaded bytes."""
    size = team.push("first").bytes_uploaded
    for number in range(pulls):
        team.pull("first", team.pulling(f"first-{number}"))
    for number in range(pulls):
        measure_arrived(team, number)
    return size


def measure_arrived(team: Team, number: int) -> None:
    """Measure a pull whose segments have already arrived, then the update and the first query."""
    name, index = "after the bytes have arrived", team.pulling(f"arrived-{number}")
    choice = choose(team.store, team.clone, False)
    _, shared = fetch_index(team.store, choice.push.index)
    staging = Staging(index.directory)
    with team.timed("arrival of the bytes"), staging.held():
        for entry in shared.manifest.segments:
            staging.fetch(team.store, entry, shared.objects[entry.name], Pace())
    with team.timed(f"{name}/all"):
        with team.timed(f"{name}/pull"):
            report = pull(index.reader, team.store, PullOptions())
        with team.timed(f"{name}/update"):
            updated = index.update()
        with team.timed(f"{name}/first query"):
            assert index.search(QUERY)
    assert not updated.chunks_made and report.segments_fetched == 0
    team.session.add(f"{name}/files read", "", float(report.files - report.files_known))


def measure_changes(team: Team, first: int) -> None:
    """Measure pushes and pulls after changes of some files."""
    index = team.pulling("follows")
    team.pull("first of a follower", index)
    for count in CHANGES:
        team.change(count)
        report = team.push(f"{count} changed files")
        share = 100 * report.bytes_uploaded / first
        team.session.add(f"push/{count} changed files/share of the first", "%", share)
        _git(team.clone, "pull", "-q", "--ff-only")
        team.pull(f"{count} changed files", index)


def measure_resume(team: Team, size: int) -> None:
    """Kill a pull when about half of it has arrived, and pull again."""
    index = team.pulling("resumed")
    places = (team.clone, team.folder / "pulled" / "resumed", team.place)
    command = [sys.executable, "-c", PULL, *map(str, places), str(size / 4)]
    process = subprocess.Popen(command)
    while _staged(index) < size / 2 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    staged = _staged(index)
    assert not index.exists()
    report = team.pull("resumed", index)
    team.session.add("pull/resumed/staged before", "MB", staged / 1e6)
    assert report.bytes_fetched < size - 0.8 * staged
    assert not index.verify()


def measure_limits(team: Team, size: int) -> None:
    """Pull with a bandwidth limit, and check that a pull above the space limit is refused."""
    began = time.perf_counter()
    pull(team.pulling("slow").reader, team.store, PullOptions(bandwidth=size / 3))
    rate = size / (time.perf_counter() - began)
    team.session.add("pull/bandwidth, share of the limit", "%", 100 * rate / (size / 3))
    index = team.pulling("little")
    try:
        pull(index.reader, team.store, PullOptions(space=size // 2))
    except UsageError as error:
        team.session.notes.append(f"space: {error}")
    assert not index.exists()


def measure_nearest(team: Team) -> None:
    """Push many commits, and choose the push closest to an older commit."""
    for number in range(PUSHES):
        _git(team.origin, *AUTHOR, "commit", "-q", "--allow-empty", "-m", f"{number}")
        push(team.index.snapshot(), team.index.root, team.store, PushOptions())
    _git(team.clone, "fetch", "-q")
    for back in (3, 40):
        _git(team.clone, "checkout", "-q", "--detach", f"origin/main~{back}")
        _git(team.clone, *AUTHOR, "commit", "-q", "--allow-empty", "-m", "mine")
        with team.timed(f"pull --nearest/choice of {PUSHES} pushes"):
            choice = choose(team.store, team.clone, True)
        expected = _git(team.origin, "rev-parse", f"main~{back}").strip()
        assert (choice.push.commit, choice.distance) == (expected, 1)


def measure_signatures(team: Team) -> None:
    """Push with a signature, and pull with the file of allowed signers."""
    key = team.folder / "key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    allowed = team.folder / "signers"
    allowed.write_text(f"ci@example.org {Path(f'{key}.pub').read_text()}")
    team.push("nothing changed, signed", PushOptions(key=key))
    report = team.pull("first, signed", team.pulling("signed"), PullOptions(signers=allowed))
    assert report.signer == "ci@example.org"


def _staged(index: Index) -> int:
    """Return the number of bytes in the staging folder of an index."""
    folder = index.directory / "pull"
    return sum(path.stat().st_size for path in folder.glob("*.*")) if folder.is_dir() else 0


AUTHOR = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@example.org")


def _commit(root: Path) -> None:
    _git(root, "add", "-A")
    _git(root, *AUTHOR, "commit", "-q", "--allow-empty", "-m", "a commit")


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout


@contextmanager
def store_at(options: argparse.Namespace, folder: Path) -> Iterator[str]:
    """Yield the place of the store; run an S3 server if it is asked for."""
    if not options.s3:
        yield options.store or str(folder / "store")
        return
    (folder / "server").mkdir()
    with s3_server(folder / "server") as url:
        os.environ.update(environment(url))
        yield f"s3://{BUCKET}/sharing"


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sharing", description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--store", help="a bucket or a folder (default: a folder that is removed)")
    parser.add_argument("--s3", action="store_true", help="start an S3 server on this machine")
    parser.add_argument("--pulls", type=int, default=5)
    parser.add_argument("--only-first", action="store_true", help="only the first push and pulls")
    add_options(parser)
    options = parser.parse_args()
    session = Session("sharing-s3" if options.s3 else "sharing", options)
    session.corpus(options.tree)
    with scratch_folder() as folder, store_at(options, folder) as place:
        team = make(options.tree, folder, place, session)
        size = measure_first(team, options.pulls)
        if not options.only_first:
            measure_resume(team, size)
            measure_limits(team, size)
            measure_changes(team, size)
            measure_nearest(team)
            measure_signatures(team)
    session.measurements[:] = merged(session)
    session.finish()


def merged(session: Session) -> list[Measurement]:
    """Return the measurements; merge those with the same name into one with all their samples."""
    found: dict[str, Measurement] = {}
    for each in session.measurements:
        before = found.get(each.name)
        samples = each.samples if before is None else (*before.samples, *each.samples)
        found[each.name] = replace(each, samples=samples)
    return list(found.values())


if __name__ == "__main__":
    main()
