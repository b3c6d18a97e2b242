"""The files that a git worktree tracks, read from git's own index file.

Git is not asked: it may not be installed, and a process takes longer than reading ten thousand
entries. The layout is in gitformat-index(5): versions 2 and 3, and version 4, where paths share
prefixes. For a split index, whose entries are in two files, git is asked after all.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from codelode.discover.safe_open import read_settings

_MAX_INDEX_BYTES = 1 << 30

_HEADER = 12
STAT_BYTES = 40
"""The bytes of an entry before the name of its object."""
_HASH_BYTES = {"sha1": 20, "sha256": 32}
_EXTENDED = 0x4000  # a flag: two more bytes of flags follow
_LENGTH = 0x0FFF  # a mask: the length of the path; the length 0x0FFF means that or more


class TrackedFiles:
    """The sorted paths that a worktree tracks; each takes 4 bytes in addition to its text."""

    def __init__(self, paths: list[bytes]) -> None:
        """Sort the paths, which are relative to the top of the worktree."""
        paths.sort()
        self._joined = b"\0".join([*paths, b""])
        self._starts = array("I", accumulate((len(path) + 1 for path in paths), initial=0))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, number: int) -> bytes:
        return self._joined[self._starts[number] : self._starts[number + 1] - 1]

    def holds(self, path: bytes) -> bool:
        """Check whether a file is tracked."""
        place = bisect_left(self, path)
        return place < len(self) and self[place] == path

    def holds_below(self, folder: bytes) -> bool:
        """Check whether git tracks any file below a folder, or the folder itself as a submodule.

        `folder` ends with a slash.
        """
        place = bisect_left(self, folder)
        return (place < len(self) and self[place].startswith(folder)) or self.holds(folder[:-1])


def tracked_files(worktree: Path, git_folder: Path, object_format: str) -> TrackedFiles:
    """Return the files that a worktree tracks; empty if its index cannot be read.

    `git_folder` is the worktree's own `.git`; `object_format` names the repository's hash function.
    """
    index = read_index(git_folder, object_format)
    if index is None:
        return TrackedFiles([])
    return TrackedFiles(_listed_by_git(worktree) if index.is_split else index.paths)


class IndexFile(NamedTuple):
    """The bytes of an index file, and the path and the offset of each of its entries.

    `is_split` says that another file has more entries. `hash_size` is the number of bytes of an
    object's name.
    """

    data: bytes
    hash_size: int
    paths: list[bytes]
    begins: list[int]
    is_split: bool


def read_index(git_folder: Path, object_format: str) -> IndexFile | None:
    """Return the index of a worktree's own `.git`; None if it cannot be read."""
    data = read_settings(git_folder / "index", _MAX_INDEX_BYTES, follow=True)
    hash_size = _HASH_BYTES.get(object_format)
    if not data or hash_size is None:
        return None
    try:
        paths, begins, end = _entries(data, hash_size)
        is_split = _has_second_file(data, end, hash_size)
    except (IndexError, ValueError):  # damaged, or of a future version
        return None
    return IndexFile(data, hash_size, paths, begins, is_split)


def _entries(data: bytes, hash_size: int) -> tuple[list[bytes], list[int], int]:
    """Return the paths of the entries, the offset of each entry, and the end of the last one.

    Raises `ValueError` or `IndexError` for a damaged index.
    """
    version, count = _header(data)
    at, before = _HEADER, STAT_BYTES + hash_size
    previous = b""
    found: list[bytes] = []
    begins: list[int] = []
    for _ in range(count):
        begins.append(at)
        flags = data[at + before] << 8 | data[at + before + 1]
        start = at + before + (4 if flags & _EXTENDED else 2)
        if version == 4:
            dropped, start = _varint(data, start)
            end = data.index(b"\0", start)
            previous = previous[: len(previous) - dropped] + data[start:end]
            at = end + 1
        else:
            length = flags & _LENGTH
            end = start + length if length < _LENGTH else data.index(b"\0", start)
            previous = data[start:end]
            at += (end - at + 8) & ~7
        found.append(previous)
    return found, begins, at


def _header(data: bytes) -> tuple[int, int]:
    version, count = int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big")
    if data[:4] != b"DIRC" or not 2 <= version <= 4:
        raise ValueError("not an index of git")
    return version, count


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Decode a number as git encodes offsets in pack files; return it and the offset after it."""
    value = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        value = (value + 1) << 7 | data[at] & 0x7F
    return value, at + 1


def _has_second_file(data: bytes, at: int, hash_size: int) -> bool:
    """Return whether an extension after the entries refers to another file with more entries."""
    while at + 8 <= len(data) - hash_size:
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
        if name == b"link":
            return any(data[at + 8 : at + 8 + hash_size])
        at += 8 + size
    return False


def _listed_by_git(worktree: Path) -> list[bytes]:
    """List the files that git tracks, by running git; an empty list if it fails."""
    import subprocess  # hardly any worktree needs git itself

    from codelode.discover.git_command import run_git

    try:
        done = run_git(worktree, "ls-files", "-z")
    except (OSError, subprocess.SubprocessError):
        return []
    return [] if done.returncode else done.stdout.split(b"\0")[:-1]
