"""The tokens of a text, and the tokens that an agent pays to read a file."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import quicktok

TOKENIZERS = [
    quicktok.get_encoding(name) for name in ("cl100k_base", "o200k_base", "llama3", "qwen3")
]

READ_LINES = 2000
"""Lines that an agent's tool for reading returns at most, from the beginning of a file."""

LINE_CHARACTERS = 2000


def tokens(text: str) -> int:
    """Return the number of tokens of a text in `o200k_base`."""
    return len(TOKENIZERS[1].encode(text))


@lru_cache(4096)
def read_cost(path: Path) -> int:
    """Return the number of tokens of a file's first `READ_LINES` lines, with line numbers."""
    try:
        lines = path.read_text("utf-8", "replace").splitlines()[:READ_LINES]
    except OSError:
        return 0
    numbered = (f"{i}\t{line[:LINE_CHARACTERS]}" for i, line in enumerate(lines, 1))
    return tokens("\n".join(numbered))
