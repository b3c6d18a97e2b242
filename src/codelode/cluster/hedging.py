"""Decides when a call to a searcher is late, and how many late calls go to a second searcher.

If every late call were sent to a second searcher as well, searchers would have twice the work just
when they have too much of it, and all calls would be later still. So only a small share of all
calls is sent twice, as in Dean and Barroso, "The tail at scale", 2013.
"""

from __future__ import annotations

import threading
from collections import deque

_LATEST = 200
_HEDGE_SHARE = 0.95
_HEDGE_FACTOR = 1.5
_LEAST_HEDGE = 0.02
_MOST_HEDGE = 0.5

_SECOND_CALLS = 0.1
"""The share of calls that may be sent to a second searcher because they are late."""
_MOST_SAVED = 32.0


class Latencies:
    """The durations of the latest calls of a kind, and the time after which a call is late."""

    def __init__(self) -> None:
        self._latest: deque[float] = deque(maxlen=_LATEST)

    def add(self, seconds: float) -> None:
        """Add the duration of a call that was answered."""
        self._latest.append(seconds)

    def late(self) -> float:
        """Return the seconds after which a call is late."""
        latest = sorted(self._latest.copy())
        if not latest:
            return _MOST_HEDGE
        usual = latest[int(_HEDGE_SHARE * (len(latest) - 1))]
        return min(max(_HEDGE_FACTOR * usual, _LEAST_HEDGE), _MOST_HEDGE)


class Allowance:
    """The number of late calls that may now be sent to a second searcher; thread-safe.

    Each answered call adds a fraction to the number, and each call to a second searcher takes 1
    from it. At most `_MOST_SAVED` are saved: enough for the calls under way to a searcher that
    hangs.
    """

    def __init__(self) -> None:
        self._saved = _MOST_SAVED
        self._lock = threading.Lock()

    def add(self) -> None:
        """Count a call that was answered."""
        with self._lock:
            self._saved = min(self._saved + _SECOND_CALLS, _MOST_SAVED)

    def take(self) -> bool:
        """Return whether a call may be sent to a second searcher now, and count it if so."""
        with self._lock:
            if self._saved < 1:
                return False
            self._saved -= 1
            return True
