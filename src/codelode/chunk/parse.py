"""Parsing within bounds: some texts make a parser take seconds, or worse.

Random bytes parse at 0.1 MB/s, and a few grammars read to the end of the file again and again
(20,000 opening brackets cost the Lua grammar 2 s). Ordinary code is 20 to 100 times faster.

A parser can be stopped only while it reads its text through a callback, and py-tree-sitter (0.25
to 0.26.1) never releases the objects that the callback returns. So the callback always returns the
same buffer with new contents. For the same reason, never use `Node.text` on these trees: it would
call the callback.
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
_WINDOW_BYTES: Final = 1 << 16
_ONE_IN_MANY: Final = (*[False] * 31, True)
"""When to read the clock and to count jumps.

The parser makes 300 calls for a kernel file of 15 kB; doing this in each of them takes 2 % longer.
"""

_window = bytearray()
_parsing = Lock()  # guards `_window`, and the parser, which serves one thread at a time


def parse(grammar: Grammar, source: bytes) -> Tree | None:
    """Return the syntax tree of `source`, or None if the parser was stopped.

    The parser is stopped when it has jumped within the text `MAX_JUMPS` times, which is the same on
    every machine, or, as a last resort, after `MAX_CPU_SECONDS` of this thread.
    """
    allowed = MAX_JUMPS + len(source) // _WINDOW_BYTES
    reads = 0
    # Reading the CPU time takes a system call. CPU time is at most wall time, so it is read only
    # once the wall time is over the limit.
    wall_end, cpu_end = monotonic() + MAX_CPU_SECONDS, thread_time() + MAX_CPU_SECONDS
    is_time = cycle(_ONE_IN_MANY).__next__

    def read(offset: int, point: Point) -> bytearray:
        nonlocal reads
        reads += 1
        _window[:] = source[offset : offset + _WINDOW_BYTES]
        return _window

    def lost(offset: int, has_error: bool) -> bool:
        if not is_time():
            return False
        return reads > allowed or (monotonic() > wall_end and thread_time() > cpu_end)

    with _parsing:
        try:
            tree = grammar.parser.parse(read, progress_callback=lost)
            return tree if reads <= allowed else None
        except ValueError:  # raised when `lost` stops the parser
            grammar.parser.reset()  # otherwise, the next parse would continue this one
            return None
