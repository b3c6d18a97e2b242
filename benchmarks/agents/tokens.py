"""Compare `count_tokens` with real tokenizers.

    python -m benchmarks.agents.tokens TREE...

Draws an excerpt of up to 40 lines and 4,000 characters from each of 3,000 files of the trees. For
each tokenizer, prints the median, the 99th percentile and the maximum of its count divided by the
count of `count_tokens`: where the quotient is above 1.00, an answer can exceed its budget.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import quicktok

from codelode.discover.walk import walk
from codelode.mcp.token_count import count_tokens
from codelode.types import SourceFile

VOCABULARIES = ("cl100k_base", "o200k_base", "llama3", "qwen3")
FILES, LINES, CHARACTERS, LEAST = 3000, 40, 4000, 400


def excerpts(roots: list[Path]) -> list[str]:
    """Return excerpts of files, none shorter than `LEAST`; equal trees give equal excerpts."""
    files = [root / each.path for root in roots for each in walk(root)
             if isinstance(each, SourceFile)]  # fmt: skip
    choice = random.Random(1)
    choice.shuffle(files)
    found = []
    for file in files[:FILES]:
        lines = file.read_text("utf-8", "replace").splitlines(keepends=True)
        start = choice.randrange(max(len(lines), 1))
        found.append("".join(lines[start : start + LINES])[:CHARACTERS])
    return [text for text in found if len(text) >= LEAST]


def main() -> None:
    texts = excerpts([Path(argument) for argument in sys.argv[1:]])
    counted = [count_tokens(text) for text in texts]
    print(f"{len(texts)} excerpts; share of the count:  median   p99   max")
    for name in VOCABULARIES:
        tokenizer = quicktok.get_encoding(name)
        shares = sorted(
            len(tokenizer.encode(text)) / count for text, count in zip(texts, counted, strict=True)
        )
        middle, high = shares[len(shares) // 2], shares[int(len(shares) * 0.99)]
        print(f"{name:34} {middle:7.2f} {high:5.2f} {shares[-1]:5.2f}")


if __name__ == "__main__":
    main()
