"""What an update costs after 0, 1, 10, 1,000 changed files: seconds, and bytes written.

    python -m benchmarks.scale.updates --corpus DIR            # a copy of DIR is edited, not DIR

Corpora: `python -m benchmarks.corpora kernel --files 10000 --out DIR`. A change appends a function
to a file. Bytes are those of all write calls of the store, compaction included; the tree that is
read is in the page cache, as it is for someone who has just edited it.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.faults.calls import Call, intercepted
from benchmarks.faults.report import table
from benchmarks.faults.world import scratch_folder
from codelode import Index

CHANGES = (0, 1, 10, 1000)


class Written:
    """Counts the bytes of write calls."""

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
    """Change so many files and update: seconds and bytes written."""
    change(rng.sample(paths, count), rng)
    written = Written()
    with intercepted(index.directory, written):
        began = time.perf_counter()
        report = index.update()
        seconds = time.perf_counter() - began
    assert report.files_changed == count, report
    return seconds, written.bytes


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale.updates")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--files", type=int, help="use only so many files of the corpus")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--scratch", type=Path, help="where the copy and the index lie")
    options = parser.parse_args()
    rng = random.Random(1)
    with scratch_folder(options.scratch) as folder:
        root = folder / "tree"
        paths = place(options.corpus, root, options.files)
        index = Index.open(root, folder / "index")
        began = time.perf_counter()
        report = index.update()
        rows: list[tuple[str, object]] = [
            ("files, chunks", f"{report.files:,}, {report.chunks:,}"),
            ("index, MB", f"{report.index_bytes / 1e6:.1f}"),
            ("first build, s", f"{time.perf_counter() - began:.1f}"),
        ]
        print(rows, flush=True)
        for count in CHANGES:
            runs = [measure(index, paths, count, rng) for _ in range(options.repeats)]
            seconds = [run[0] for run in runs]
            sizes = [run[1] for run in runs]
            rows += [
                (
                    f"{count:,} changed: s, median (least to most)",
                    f"{statistics.median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})",
                ),
                (
                    f"{count:,} changed: MB written, median (least to most)",
                    f"{statistics.median(sizes) / 1e6:.2f}"
                    f" ({min(sizes) / 1e6:.2f} to {max(sizes) / 1e6:.2f})",
                ),
            ]
            print(rows[-2:], flush=True)
        rows.append(("segments at the end", len(index.snapshot().segments)))
    table(f"updates of {options.corpus.name}", rows)


def place(corpus: Path, root: Path, files: int | None) -> list[Path]:
    """Copy the corpus (its first `files` files by path), and name the copies."""
    sources = sorted(path for path in corpus.rglob("*") if path.is_file())[:files]
    copies = [root / path.relative_to(corpus) for path in sources]
    for source, copy in zip(sources, copies, strict=True):
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, copy)
    return copies


if __name__ == "__main__":
    main()
