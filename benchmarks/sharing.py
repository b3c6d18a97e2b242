"""Measure pushes, pulls and the first answer in another checkout, in bytes and seconds.

    python -m benchmarks.sharing TREE [--store URL]

The tree is copied into a new git repository and cloned; only the copy is edited. The store is a
folder unless a URL is given. The store at a URL must be empty, and is not deleted afterward. With a
fast store, a pull shows the cost of the checks.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import time
from pathlib import Path

from benchmarks.faults.world import scratch_folder
from codelode import Index
from codelode.objects.urls import open_object_store
from codelode.sharing.pull import PullOptions, pull
from codelode.sharing.push import PushOptions, push

QUERY = "where are retries scheduled"
CHANGES = (0, 1, 10, 100)


def main() -> None:
    """Print a line for each push, and the parts of a pull."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--store", help="a bucket or a folder (default: a folder that is removed)")
    given = parser.parse_args()
    with scratch_folder() as folder:
        origin = folder / "origin"
        shutil.copytree(given.tree, origin, ignore=shutil.ignore_patterns(".git"))
        _git(origin, "init", "-q", "-b", "main")
        _commit(origin)
        index = Index.open(origin, index_dir=folder / "indexes")
        index.update()
        store = given.store or str(folder / "store")
        first = _push(index, store, "first push")
        _pull(origin, folder, store)
        paths = [origin / name for name in _git(origin, "ls-files", "-z").split("\0")[:-1]]
        for count in CHANGES:
            for path in random.Random(count).sample(paths, count):
                with path.open("ab") as file:
                    file.write(b"\nint added(int value) { return value + 1; }\n")
            _commit(origin)
            index.update()
            size = _push(index, store, f"push after {count} changed files")
            print(f"  {size / first:.3%} of the first push")


def _push(index: Index, store: str, title: str) -> int:
    report = push(index.snapshot(), index.root, open_object_store(store), PushOptions())
    print(
        f"{title}: {report.bytes_uploaded:,} bytes, {report.segments_uploaded} of"
        f" {report.segments} segments, {report.seconds:.2f} s"
    )
    return report.bytes_uploaded


def _pull(origin: Path, folder: Path, store: str) -> None:
    clone = folder / "clone"
    _git(origin, "clone", "-q", str(origin), str(clone))
    began = time.perf_counter()
    index = Index.open(clone, index_dir=folder / "indexes")
    report = pull(index.reader, open_object_store(store), PullOptions())
    pulled = time.perf_counter()
    updated = index.update()
    update_done = time.perf_counter()
    hits = index.search(QUERY)
    answered = time.perf_counter()
    print(
        f"pull: {report.bytes_fetched:,} bytes, {report.files_known:,} of {report.files:,} files"
        f" known, {pulled - began:.2f} s; update: {updated.bytes_read:,} bytes read,"
        f" {updated.chunks_made} chunks made, {update_done - pulled:.2f} s; first query:"
        f" {len(hits)} hits, {answered - update_done:.2f} s; in all {answered - began:.2f} s"
    )


def _commit(root: Path) -> None:
    _git(root, "add", "-A")
    author = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@example.org")
    _git(root, *author, "commit", "-q", "--allow-empty", "-m", "a commit")


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout


if __name__ == "__main__":
    main()
