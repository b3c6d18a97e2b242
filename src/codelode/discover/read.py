"""Read a file that the walk has found, whatever has happened to it since."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import xxhash

from codelode.discover import safe_open as opening
from codelode.discover.decode import NoText, decode
from codelode.discover.language_content import language_in
from codelode.discover.notebook import notebook_text
from codelode.discover.options import MAX_FILE_SIZE, size_limit, too_large
from codelode.system.open_flags import FILE
from codelode.types import Document, Skip, SkipReason, SourceFile

_LONGEST_PATH = 4000  # slightly less than the system's limit for one path


def read(root: str | Path, file: SourceFile, max_file_size: int = MAX_FILE_SIZE) -> Document | Skip:
    """Return the text of a file below `root`, or a `Skip`. `max_file_size` is in bytes.

    Reads at most that much, but more of a notebook (see `size_limit`), and never blocks. Follows no
    link, not even one that has replaced a folder since the walk. Raises `IndexingError` if the
    machine runs out of descriptors or memory.
    """
    try:
        data = _content(os.fspath(root), file, size_limit(file.path, max_file_size))
    except OSError as error:
        return opening.refusal(file.path, error)
    if isinstance(data, Skip):
        return data
    found = decode(data)
    if isinstance(found, NoText):
        return Skip(file.path, found.reason, found.detail)
    language = language_in(file.path.rpartition("/")[2], file.language, found.text)
    digest = xxhash.xxh3_128_digest(data)
    text = notebook_text(found.text) if language == "jupyter" else None
    if text is None:
        text = found.text
    if not text:
        return Skip(file.path, SkipReason.EMPTY, "a notebook without text")
    if len(text) > max_file_size and len(data) > max_file_size:
        return too_large(file.path, len(text), max_file_size)
    return Document(file.path, language, text, found.encoding, digest)


def content_hash(root: str | Path, file: SourceFile, max_file_size: int) -> bytes | None:
    """Return the hash that `read` would give a file; None if unreadable, empty or too large.

    Raises `IndexingError` as `read` does.
    """
    try:
        data = _content(os.fspath(root), file, max_file_size)
    except OSError as error:
        opening.refusal(file.path, error)
        return None
    return None if isinstance(data, Skip) else xxhash.xxh3_128_digest(data)


def _content(root: str, file: SourceFile, limit: int) -> bytes | Skip:
    descriptor, status = _open(root, file)
    try:
        if not stat.S_ISREG(status.st_mode):
            return Skip(file.path, SkipReason.SPECIAL)
        size = status.st_size
        if size > limit:
            return too_large(file.path, size, limit)
        data = opening.read_at_most(descriptor, size + 1)
    finally:
        os.close(descriptor)
    if len(data) != size:
        return Skip(file.path, SkipReason.VANISHED, "changed while it was read")
    return data if data else Skip(file.path, SkipReason.EMPTY)


def _open(root: str, file: SourceFile) -> tuple[int, os.stat_result]:
    """Open a file by its path; stepwise if the path is too long or now leads to another file."""
    if len(file.path) + len(root) < _LONGEST_PATH:
        descriptor = os.open(f"{root}/{file.path}", FILE)
        status = os.fstat(descriptor)
        if status.st_ino == file.inode and status.st_dev == _device(root):
            return descriptor, status
        os.close(descriptor)
    descriptor = opening.open_stepwise(root, file.path)
    return descriptor, os.fstat(descriptor)


def _device(root: str) -> int:
    try:
        return os.stat(root).st_dev  # noqa: PTH116 (a Path costs five times as much)
    except OSError:  # the root is gone; opening it again will report that
        return -1
