"""Move many objects at the same time, with a common bandwidth limit and a common progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, TypeVar

from codelode.objects.pace import Pace

if TYPE_CHECKING:
    from codelode.pipeline.options import Progress

Item = TypeVar("Item")
Meter = Callable[[int, int], AbstractContextManager["Progress"]]
"""Called with the number of objects and their size in bytes; its result receives the progress."""

AT_ONCE = 4
"""The number of objects that are moved at the same time."""


def move(
    items: Sequence[Item],
    size: int,
    transfer: Callable[[Item, Pace], None],
    bandwidth: float | None,
    meter: Meter | None,
) -> None:
    """Call `transfer` for each item, in `AT_ONCE` threads; raise the first error.

    `size` is the total size of the items, in bytes. After an error no further item is begun.
    """
    with nullcontext() if meter is None else meter(len(items), size) as progress:

        def moved(piece: int) -> None:
            if progress is not None:
                progress.indexed(0, piece)

        pace = Pace(bandwidth, moved)
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            for done in pool.map(lambda item: transfer(item, pace), items):
                if progress is not None:
                    progress.indexed(1, 0)
                del done
        finally:
            pool.shutdown(cancel_futures=True)
