"""Downloads in pieces: each is a request of its own, so a slow or broken link costs one piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from codelode.errors import ObjectStoreError
from codelode.objects.pace import Pace

if TYPE_CHECKING:
    from codelode.objects.store import ObjectStore


def download(
    store: ObjectStore,
    key: str,
    sink: BinaryIO,
    size: int | None = None,
    start: int = 0,
    pace: Pace | None = None,
) -> int:
    """Append an object to `sink`, beginning at byte `start`; return the size of the object.

    `size` is the size that the object must have (None: ask the store). To resume, pass the
    number of bytes that `sink` already holds as `start`. Raises `ObjectStoreError` if the object is
    shorter or longer; nothing else is checked here.
    """
    pace = pace or Pace()
    found = store.size(key)
    if size is not None and found != size:
        raise ObjectStoreError(store.place, key, f"it has {found:,} bytes instead of {size:,}")
    while start < found:
        piece = store.get_range(key, start, min(pace.piece, found - start))
        if not piece:
            raise ObjectStoreError(store.place, key, "it was cut short while it was read")
        sink.write(piece)
        start += len(piece)
        pace.add(len(piece))
    return found
