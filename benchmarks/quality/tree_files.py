"""The text files of a tree, classified as programs, tests, examples or vendored code."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 1 << 20

PROGRAM_SUFFIXES = frozenset(
    ".bash .c .cc .cpp .cs .cxx .ex .exs .go .h .hh .hpp .hs .hxx .java .js .jsx .kt .kts .lua .mjs"
    " .php .pl .pm .py .pyi .rb .rs .scala .sh .swift .ts .tsx .zig".split()
)

_TEST_FOLDER = re.compile(
    r"(?i:(?:.*[-_])?(?:tests?|testing|specs?|testdata|test[-_]?data|__tests__|fixtures|mocks?|"
    r"benchmarks?|bench)(?:[-_].*)?)\Z|.*[a-z0-9]Tests?\Z"
)
_TEST_NAME = re.compile(
    r"(?:tests?[-_.].*|.*[-_.](?:tests?|spec|bench|benchmark)|.*[a-z0-9](?:Tests?|Spec|Suite)|"
    r"conftest|tests?)\.\w+\Z"
)
_ASIDE = frozenset(
    "example examples demo demos sample samples doc docs documentation vendor vendored third_party"
    " thirdparty third-party deps external node_modules extern".split()
)


def is_test(path: str) -> bool:
    """Return whether a POSIX path is a test, by its folders or its name."""
    *folders, name = path.split("/")
    return any(_TEST_FOLDER.match(folder) for folder in folders) or bool(_TEST_NAME.match(name))


def is_aside(path: str) -> bool:
    """Return whether a POSIX path is an example, documentation or vendored code."""
    return any(folder.lower() in _ASIDE for folder in path.split("/")[:-1])


def is_program(path: str) -> bool:
    """Return whether a POSIX path has the suffix of program code."""
    return Path(path).suffix.lower() in PROGRAM_SUFFIXES


def tree_paths(tree: Path) -> list[str]:
    """Return the sorted POSIX paths of a tree's regular files, without hidden ones and links."""
    return sorted(_walk(tree, ""))


def _walk(folder: Path, lead: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path), f"{lead}{entry.name}/")
            elif entry.is_file(follow_symlinks=False):
                yield lead + entry.name


def read_text(path: Path) -> str | None:
    """Return the text of a file; None if it is too large, binary or not UTF-8."""
    if path.stat().st_size > MAX_BYTES:
        return None
    content = path.read_bytes()
    if b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def tree_digest(tree: Path) -> str:
    """Return a digest of the paths and sizes of a tree's files."""
    digest = hashlib.sha256()
    for path in tree_paths(tree):
        digest.update(
            f"{path}\0{(tree / path).stat().st_size}\n".encode("utf-8", "surrogateescape")
        )
    return digest.hexdigest()[:16]
