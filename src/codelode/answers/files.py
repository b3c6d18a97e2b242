"""The text of indexed files, as it is on disk now."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from codelode.errors import UsageError

if TYPE_CHECKING:
    from codelode.index import Index


def indexed_text(index: Index, path: str) -> str:
    """Return the text of an indexed file as it is on disk now, read as indexing reads it.

    `path` is POSIX and relative to the root. No link is followed. Raises `UsageError` if the file
    is not in the index, no longer exists, or can no longer be read as text.
    """
    from codelode.discover.read import read
    from codelode.types import Skip, SourceFile

    if not index.holds(path):
        raise UsageError(f"{path} is not in the index")
    try:
        status = os.lstat(index.root / path)
    except OSError:
        raise UsageError(f"{path} is in the index, but no longer on disk") from None
    file = SourceFile(
        path, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, None
    )
    document = read(index.root, file, max(status.st_size, 1))
    if isinstance(document, Skip):
        raise UsageError(f"{path} can no longer be read: {document.reason}")
    return document.text.decode("utf-8", "replace")
