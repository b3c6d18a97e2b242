"""Measure updates after 0, 1, 10 and 1,000 changed files: seconds, and bytes written.

    python -m benchmarks.scale.updates --corpus DIR [--record]   # a copy of DIR is edited

Corpora: `python -m benchmarks.corpora kernel --files 10000 --out DIR`. A change appends a function
to a file. The bytes are counted over all write calls of the store, including compaction. The
tree is in the page cache, as after an edit.
"""

from __future__ import annotations

import argparse
import random
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.faults.calls import Call, intercepted
from benchmarks.faults.world import scratch_folder
from benchmarks.record.session import Session, add_options
from codelode import Index
from codelode.discover.walk import walk
from codelode.types import SourceFile

CHANGES = (0, 1, 10, 1000)


class Written:
    """A counter of the bytes passed to write calls."""

    def __init__(self) -> None:
        self.bytes = 0

    def __call__(self, call: Call) -> int | None:
        self.bytes += len(call.data)
        return None


def change(paths: Sequence[Path], rng: random.Random) -> None:
    """Append a function to each file."""
    for path in paths:
        name = f"changed_{rng.randrange(10**9)}"
        with open(path, "a") as file:
            file.write(f"\nint {name}(int value) {{ return value + {rng.randrange(100)}; }}\n")


def measure(
    index: Index, paths: Sequence[Path], count: int, rng: random.Random
) -> tuple[float, int]:
    """Change `count` files and update; return seconds and bytes written."""
    change(rng.sample(paths, count), rng)
    written = Written()
    with intercepted(index.directory, written):
        began = time.perf_counter()
        report = index.update()
        seconds = time.perf_counter() - began
    assert report.files_changed == count, report
    return seconds, written.bytes


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale.updates")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--files", type=int, help="use only the first N files of the corpus")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--scratch", type=Path, help="folder for the copy and the index")
    add_options(parser)
    options = parser.parse_args()
    session = Session("updates", options)
    rng = random.Random(1)
    with scratch_folder(options.scratch) as folder:
        root = folder / "tree"
        place(options.corpus, root, options.files)
        paths = sources(root)
        name = session.corpus(root, options.corpus).name
        index = Index.open(root, folder / "index")
        report = index.update()
        session.add(f"{name}/files", "files", report.files, "neither")
        session.add(f"{name}/chunks", "chunks", report.chunks, "neither")
        session.add(f"{name}/index", "MB", report.index_bytes / 1e6, "neither")
        for count in CHANGES:
            if count > len(paths):
                continue
            session.say(f"{count:,} files changed, {options.repeats} times")
            runs = [measure(index, paths, count, rng) for _ in range(options.repeats)]
            session.add(f"{name}/{count} changed/wall", "s", [run[0] for run in runs])
            session.add(f"{name}/{count} changed/written", "MB", [run[1] / 1e6 for run in runs])
        segments = len(index.snapshot().segments)
        session.add(f"{name}/segments at the end", "segments", segments, "neither")
    session.finish()


def place(corpus: Path, root: Path, files: int | None) -> None:
    """Copy the corpus, or only its first `files` files in path order."""
    for source in sorted(path for path in corpus.rglob("*") if path.is_file())[:files]:
        copy = root / source.relative_to(corpus)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, copy)


def sources(root: Path) -> list[Path]:
    """Return the indexed files that stay indexed when text is appended."""
    return [
        root / item.path
        for item in walk(root)
        if isinstance(item, SourceFile) and item.language and item.size
    ]


if __name__ == "__main__":
    main()
