"""Find the last of many patterns that matches a text, without trying them all.

Up to `_BLOCK` patterns are joined into one regular expression, last first, each followed by an
empty group that identifies it. If there are more patterns, each is filed under a sequence of up to
three bytes that all its matches contain: the sequence that the fewest other patterns share. A
pattern is tried only on texts that contain its sequence.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple

from codelode.discover import wildmatch
from codelode.lazy import cached_property

NOT_FOUND = -1
_BLOCK = 64
_PART = 3


class Expression(NamedTuple):
    """A gitignore pattern that needs a regular expression, and its number."""

    number: int
    tokens: Sequence[wildmatch.Token]

    def parts(self) -> list[bytes]:
        """Return sequences of up to three bytes that every match contains, or `[b""]`."""
        literal = wildmatch.longest_literal(self.tokens)
        return [literal[i : i + _PART] for i in range(max(1, len(literal) - _PART + 1))]


class _Block:
    """A few expressions joined into one, compiled at first use."""

    def __init__(self, expressions: Sequence[Expression]) -> None:
        self._expressions = expressions[::-1]
        self._least = min(wildmatch.least_bytes(expression.tokens) for expression in expressions)
        self.last = self._expressions[0].number

    @cached_property
    def _hint(self) -> re.Pattern[bytes]:
        """A pattern found in every match of the expressions; it rejects most texts quickly."""
        literals = {wildmatch.longest_literal(e.tokens) for e in self._expressions}
        return re.compile(b"" if b"" in literals else b"|".join(map(re.escape, literals)))

    @cached_property
    def _joined(self) -> re.Pattern[bytes]:
        joined = "|".join(
            f"{wildmatch.regex(expression.tokens)}()" for expression in self._expressions
        )
        return re.compile(joined.encode("latin-1"))

    def find(self, text: bytes) -> int:
        if len(text) < self._least or not self._hint.search(text):
            return NOT_FOUND
        match = self._joined.match(text)
        return self._expressions[match.lastindex - 1].number if match and match.lastindex else -1


def _blocks(expressions: Sequence[Expression]) -> list[_Block]:
    """Return the expressions in blocks, the last block first."""
    ends = range(len(expressions), 0, -_BLOCK)
    return [_Block(expressions[max(0, end - _BLOCK) : end]) for end in ends]


def _find(blocks: Sequence[_Block], text: bytes, above: int) -> int:
    for block in blocks:
        if block.last <= above:
            break
        found = block.find(text)
        if found > above:
            return found
    return above


def finder(expressions: Sequence[Expression]) -> Callable[[bytes], int]:
    """Return a function that finds the number of the last matching expression, or NOT_FOUND.

    `expressions` must not be empty, and must be ordered by number.
    """
    if len(expressions) <= _BLOCK:
        return _Block(expressions).find
    return _Index(expressions).find


class _Index:
    """Any number of expressions, each filed under its rarest part: see `parts`."""

    def __init__(self, expressions: Sequence[Expression]) -> None:
        parts = [expression.parts() for expression in expressions]
        frequency = Counter(chain.from_iterable(parts))
        rarest = defaultdict(list)
        for expression, its_parts in zip(expressions, parts, strict=True):
            rarest[min(its_parts, key=frequency.__getitem__)].append(expression)
        self._always = _blocks(rarest.pop(b"", []))
        self._by_part = {part: _blocks(sharing) for part, sharing in rarest.items()}
        self._sizes = sorted({len(part) for part in self._by_part})

    def find(self, text: bytes) -> int:
        found = _find(self._always, text, NOT_FOUND)
        for size in self._sizes:
            for start in range(len(text) - size + 1):
                blocks = self._by_part.get(text[start : start + size])
                if blocks is not None:
                    found = _find(blocks, text, found)
        return found
