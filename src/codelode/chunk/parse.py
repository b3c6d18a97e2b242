"""Parsing within bounds: some texts make a parser take seconds, or worse.

Random bytes parse at 0.1 MB/s, and a few grammars read to the end of the file again and again
(20,000 opening brackets cost the Lua grammar 2 s). Ordinary code is 20 to 100 times faster.

A parser can be stopped only if it reads its text through a callback, a window at a time. If that
returns nothing, the parser takes it for the end of the text. A second callback can stop the parser
between two reads; calling it takes 2 to 5 % of the time, so grammars that always advance
(`Syntax.linear`) do without it. py-tree-sitter (0.25 to 0.26.1) never releases the objects that the
first callback returns, so this always returns the same buffer with new contents. For the same
reason, never use `Node.text` on these trees: it would call the callback.
"""

from __future__ import annotations

from itertools import cycle
from threading import Lock
from time import monotonic, thread_time
from typing import TYPE_CHECKING, Final

from codelode.chunk.grammars import Grammar

if TYPE_CHECKING:
    from tree_sitter import Point, Tree

MAX_JUMPS: Final = 2000
MAX_CPU_SECONDS: Final = 2.0
_WINDOW_BYTES: Final = 1 << 14
"""Of random bytes, a parser reads this much in 0.2 s."""
_ONE_IN_MANY: Final = (*[False] * 31, True)
"""When to read the clock between two reads: the parser asks 300 times for a file of 15 kB."""

_window = bytearray()
_parsing = Lock()  # guards the window, and the parser, which serves one thread at a time


def parse(grammar: Grammar, source: bytes) -> Tree | None:
    """Return the syntax tree of `source`, or None if the parser was stopped.

    The parser is stopped when it has jumped within the text `MAX_JUMPS` times, which is the same on
    every machine, or, as a last resort, after `MAX_CPU_SECONDS` of this thread.
    """
    reads = _Reads(source)
    with _parsing:
        try:
            if grammar.syntax.linear:
                tree = grammar.parser.parse(reads.read)
            else:
                tree = grammar.parser.parse(reads.read, progress_callback=reads.are_over)
        except ValueError:  # raised when `are_over` stops the parser
            grammar.parser.reset()  # else the next parse would continue this one
            return None
    return None if reads.stopped else tree


class _Reads:
    """The reads of one parse; `stopped` once it has jumped or lasted too much."""

    def __init__(self, source: bytes) -> None:
        self.stopped = False
        self._source = source
        self._left = MAX_JUMPS + len(source) // _WINDOW_BYTES
        self._is_time = cycle(_ONE_IN_MANY).__next__
        # Reading the CPU time is a system call, so it is read only when the wall time is up.
        self._wall_end = monotonic() + MAX_CPU_SECONDS
        self._end = thread_time() + MAX_CPU_SECONDS

    def read(self, offset: int, point: Point) -> bytearray:
        """Return the text from an offset on; nothing once stopped."""
        self._left -= 1
        if self._left < 0 or self._is_late():
            self.stopped = True
        _window[:] = b"" if self.stopped else self._source[offset : offset + _WINDOW_BYTES]
        return _window

    def are_over(self, offset: int, has_error: bool) -> bool:
        """Return whether to stop between two reads."""
        return self._is_time() and (self.stopped or self._is_late())

    def _is_late(self) -> bool:
        return monotonic() > self._wall_end and thread_time() > self._end
