"""Whether a search is still wanted: long steps of it end when nobody waits for the answer."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_of_thread = threading.local()
"""`check` is the function that `check_wanted` calls in a thread, if there is one."""


@contextmanager
def wanted_while(check: Callable[[], None]) -> Iterator[None]:
    """Call `check` between long steps of the search in this block; its error ends the search."""
    _of_thread.check = check
    try:
        yield
    finally:
        del _of_thread.check


def check_wanted() -> None:
    """Call the `check` of this thread, if any: it raises if nobody waits for the answer."""
    check = getattr(_of_thread, "check", None)
    if check is not None:
        check()
