"""A small world to break: a tree, edits, an encoder without a model, and the expected state.

`contents` returns the content of an index by path; `answers` returns its answers to a few queries.
Both are compared with a clean build, so a fault that changes an answer cannot hide.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import xxhash
from numpy.typing import NDArray

from codelode import Index
from codelode.errors import NoIndexError
from codelode.reader import IndexReader
from codelode.search.request import MODES
from codelode.store.snapshot import Snapshot
from codelode.store.storage import LOCK, MANIFEST, LocalStorage
from codelode.store.verify import verify
from codelode.text.tokens import words
from codelode.types import Passages

QUESTIONS = ("parse the settings", "open_socket", "retry after failure", "Widget log")
VERBS = ("parse", "open", "retry", "close", "read", "log", "send", "flush", "merge", "draw")
NOUNS = ("settings", "socket", "failure", "widget", "line", "queue", "buffer", "index", "page")

Contents = dict[str, bytes]


class WordEncoder:
    """An encoder without model files: the normalized sum of random word vectors."""

    name = "words"
    dimensions = 32
    fingerprint = "words-32"

    def __init__(self) -> None:
        self._memo: dict[bytes, NDArray[np.float64]] = {}

    def encode_passages(self, passages: Passages) -> NDArray[np.float32]:
        rows = [self._sum(text) for text in passages.texts]
        return np.array(rows, np.float32).reshape(-1, self.dimensions)

    def encode_query(self, query: str) -> NDArray[np.float32]:
        return self._sum(query.encode("utf-8", "replace")).astype(np.float32)

    def _sum(self, text: bytes) -> NDArray[np.float64]:
        total = np.zeros(self.dimensions)
        for word in words(text.lower()):
            total += self._vector(word)
        return total / max(float(np.linalg.norm(total)), 1e-9)

    def _vector(self, word: bytes) -> NDArray[np.float64]:
        if word not in self._memo:
            seed = xxhash.xxh3_64_intdigest(word)
            self._memo[word] = np.random.default_rng(seed).normal(size=self.dimensions)
        return self._memo[word]


_ENCODER = WordEncoder()


def open_index(root: Path, directory: Path) -> Index:
    """Open the index of `root` whose files are in `directory`, with a `WordEncoder`."""
    return Index(IndexReader(Path(os.path.realpath(root)), directory, encoder=_ENCODER))


def code(random: random.Random, functions: int = 3) -> str:
    """Return a random source file."""
    lines = []
    for _ in range(functions):
        verb, noun, other = random.choice(VERBS), random.choice(NOUNS), random.choice(NOUNS)
        lines += [
            f"def {verb}_{noun}_{random.randrange(1000)}(self, {other}):",
            f"    # {random.choice(VERBS)} the {noun} before the {other} is done",
            f"    return {other}.{random.choice(VERBS)}({random.randrange(10**6)})",
            "",
        ]
    return "\n".join(lines)


def plant(root: Path, files: int, random: random.Random, functions: int = 3) -> None:
    """Write a tree of `files` random source files and one binary file."""
    for number in range(files):
        write(root, f"d{number % 4}/f{number}.py", code(random, functions))
    write(root, "blob.bin", "\0binary")


def write(root: Path, path: str, text: str) -> None:
    """Write a file and its folders."""
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def edit(root: Path, random: random.Random, edits: int) -> None:
    """Change, add, remove, rename and touch files."""
    for _ in range(edits):
        there = sorted(p for p in root.rglob("*.py"))
        target = random.choice(there)
        match random.choice(["change", "change", "add", "remove", "rename", "touch"]):
            case "change":
                target.write_text(code(random, random.randint(1, 6)))
            case "remove" if len(there) > 3:
                target.unlink()
            case "rename":
                target.rename(target.with_name(f"r{random.randrange(10**6)}.py"))
            case "touch":
                os.utime(target)
            case _:
                write(root, f"new/n{random.randrange(10**6)}.py", code(random))


def contents(directory: Path) -> Contents:
    """Return the text of each live file by path; for a skip, `skip` and the reason's number."""
    snapshot = Snapshot.open(LocalStorage(directory))
    found: Contents = {}
    for live in snapshot.segments:
        for row in np.flatnonzero(live.files).tolist():
            file = live.segment.files[row]
            path = live.segment.path(row)
            assert path not in found, f"{path} is live twice"
            skipped = int(file["skip"])
            found[path] = (
                b"skip %d" % skipped
                if skipped
                else live.segment.text(row, 0, int(file["text_bytes"]))
            )
    return found


def contents_or_none(directory: Path) -> Contents | None:
    """Return the result of `contents`, or None if there is no index."""
    try:
        return contents(directory)
    except NoIndexError:
        return None


def answers(index: Index, questions: tuple[str, ...] = QUESTIONS) -> list[object]:
    """Return the answers to the queries in all modes, with explanations."""
    return [
        (question, mode, index.search(question, limit=10, mode=mode, explain=True, fresh="never"))
        for question in questions
        for mode in MODES
    ]


def clean_answers(root: Path, scratch: Path) -> list[object]:
    """Return the answers of an index built by a single update."""
    with scratch_folder(scratch) as folder:
        index = open_index(root, folder / "clean")
        index.update(jobs=1)
        return answers(index)


def leftovers(directory: Path) -> set[str]:
    """Return the files in a folder except the manifest, the lock, and what the manifest names."""
    named = {MANIFEST, LOCK}
    for live in Snapshot.open(LocalStorage(directory)).segments:
        named |= {live.entry.name, live.entry.stats}
    return {path.name for path in directory.iterdir()} - named


class WrongError(AssertionError):
    """An error for an index in a state that must not occur."""


def must_be_whole(
    directory: Path, old: Contents | None, new: Contents, acknowledged: bool
) -> tuple[str, float]:
    """Check that the index is intact and holds `old` or `new`.

    If the commit was `acknowledged`, the index must hold `new`. While the index is incomplete, each
    file may be in its old or its new state. Returns the state ("none", "old", "new" or "part") and
    the seconds that opening took. Raises `WrongError`.
    """
    began = time.perf_counter()
    found = contents_or_none(directory)
    seconds = time.perf_counter() - began
    if acknowledged and found != new:
        raise WrongError("an acknowledged commit is lost")
    if found is None:
        if old is not None:
            raise WrongError("the index is gone")
        return "none", seconds
    if findings := verify(LocalStorage(directory)):
        raise WrongError(f"not sound: {findings[0]}")
    if found == new:
        return "new", seconds
    if found == old:
        return "old", seconds
    if Snapshot.open(LocalStorage(directory)).manifest.complete:
        raise WrongError("neither the old nor the new content, but marked complete")
    before = old or {}
    for path in found.keys() | before.keys() | new.keys():
        if found.get(path) not in (before.get(path), new.get(path)):
            raise WrongError(f"{path} is in neither its old nor its new state")
    return "part", seconds


def memory_folder() -> Path | None:
    """Return a folder in memory, where syncing is free; None if the system has none."""
    shared = Path("/dev/shm")
    return shared if os.access(shared, os.W_OK) else None


@contextmanager
def scratch_folder(parent: Path | None = None) -> Iterator[Path]:
    """Make a folder that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lode-faults-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
