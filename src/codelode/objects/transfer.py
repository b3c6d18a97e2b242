"""Downloads in pieces, and transfers of many objects at once.

Each piece is a request of its own, so a slow or broken link costs one piece.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeVar

from codelode.errors import ObjectStoreError
from codelode.objects.pace import Pace

if TYPE_CHECKING:
    from codelode.objects.store import ObjectStore

Item = TypeVar("Item")


class Progress(Protocol):
    """A listener to the progress of transfers."""

    def indexed(self, files: int, size: int) -> None:
        """Add objects that are done, and bytes that were moved."""


Meter = Callable[[int, int], AbstractContextManager[Progress]]
"""Called with the number of objects and their size in bytes; its result receives the progress."""

AT_ONCE = 4
"""The number of objects that are moved at the same time, unless told otherwise."""


def move(
    items: Sequence[Item],
    size: int,
    transfer: Callable[[Item, Pace], None],
    bandwidth: float | None,
    meter: Meter | None,
    at_once: int = AT_ONCE,
) -> None:
    """Call `transfer` for each item, in `at_once` threads; raise the first error.

    `size` is the total size of the items, in bytes. All threads together
    keep to `bandwidth`, in bytes per second, and report to the progress that `meter` yields. After
    an error no further item is begun.
    """
    with nullcontext() if meter is None else meter(len(items), size) as progress:
        pace = Pace(bandwidth, None if progress is None else partial(progress.indexed, 0))
        pool = ThreadPoolExecutor(at_once)
        try:
            for _ in pool.map(lambda item: transfer(item, pace), items):
                if progress is not None:
                    progress.indexed(1, 0)
        finally:
            pool.shutdown(cancel_futures=True)


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
    shorter or longer; this function checks nothing else.
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
