"""Fixtures of the micro-benchmarks: some of Python's standard library, chunked and indexed once.

One version of Python has the same library on all machines, and the record names the version.
"""

from __future__ import annotations

import hashlib
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from codelode import Index
from codelode.chunk.chunker import chunk
from codelode.discover.read import read
from codelode.discover.walk import walk
from codelode.embed.encoder import Encoder
from codelode.embed.load import load
from codelode.types import Document, SourceFile, Task

FILES = 300
PART = 64  # files per batch


@dataclass(frozen=True, slots=True)
class Library:
    """Files of Python's library in path order, read and chunked."""

    root: Path
    files: list[SourceFile]
    documents: list[Document]
    paths: list[str]  # one per chunk
    texts: list[bytes]

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self.files)

    def parts(self) -> list[list[Task]]:
        """Return the files in batches."""
        tasks = [Task(file) for file in self.files]
        return [tasks[i : i + PART] for i in range(0, len(tasks), PART)]


def chosen(root: Path) -> list[SourceFile]:
    """Return some Python files, selected by the hashes of their paths: the same for every run."""
    files = [
        item
        for item in walk(root)
        if isinstance(item, SourceFile)
        and item.path.endswith(".py")
        and not item.path.startswith(("site-packages/", "test/", "dist-packages/"))
    ]
    files.sort(key=lambda file: hashlib.sha256(file.path.encode()).digest())
    return sorted(files[:FILES], key=lambda file: file.path)


@pytest.fixture(scope="session")
def library() -> Library:
    root = Path(sysconfig.get_path("stdlib"))
    files = chosen(root)
    documents = [found for file in files if isinstance(found := read(root, file), Document)]
    paths: list[str] = []
    texts: list[bytes] = []
    for document in documents:
        for piece in chunk(document).chunks:
            paths.append(document.path)
            texts.append(document.text[piece.start : piece.end])
    return Library(root, files, documents, paths, texts)


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return load(None)


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory, library: Library) -> Iterator[Index]:
    """Index a tree of copies of the chosen files."""
    place = tmp_path_factory.mktemp("speed")
    tree = place / "tree"
    for file in library.files:
        target = tree / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((library.root / file.path).read_bytes())
    made = Index.open(tree, place / "index")
    made.update(jobs=1)
    yield made
