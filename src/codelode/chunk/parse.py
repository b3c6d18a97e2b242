"""Parsing within bounds: some texts make a parser take seconds or worse.

Random bytes parse at 0.1 MB/s, and a few grammars read to the end of the file again and again
(20,000 opening brackets cost the Lua grammar 2 s). Ordinary code is 20 to 100 times faster.
"""

from __future__ import annotations

from time import thread_time
from typing import TYPE_CHECKING, Final

from codelode.chunk.grammars import Grammar

if TYPE_CHECKING:
    from tree_sitter import Point, Tree

READ_BYTES: Final = 1 << 16
MAX_READS: Final = 2000
MAX_CPU_SECONDS: Final = 2.0


def parse(grammar: Grammar, text: bytes) -> Tree | None:
    """The syntax tree of `text`, or None where the parser is out of its depth.

    It has lost its way when it has gone back in the text `MAX_READS` times, which is the same on
    every machine; `MAX_CPU_SECONDS` of this thread are only the net below.
    """
    reads = 0
    give_up_at = thread_time() + MAX_CPU_SECONDS

    def read(offset: int, point: Point) -> bytes:
        nonlocal reads
        reads += 1
        # Bytes, never a memoryview: `Node.text` would read from one that is freed, and crash
        # (seen with tree-sitter 0.26.1 on Python's standard library).
        return text[offset : offset + READ_BYTES]

    def lost(offset: int, has_error: bool) -> bool:
        return reads > MAX_READS or thread_time() > give_up_at

    try:
        return grammar.parser.parse(read, progress_callback=lost)
    except ValueError:  # what it raises when the callback has it stop
        grammar.parser.reset()  # or it would go on with this text
        return None
