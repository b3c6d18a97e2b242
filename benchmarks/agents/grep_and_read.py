"""The loop of an agent that has only grep and a tool for reading files.

The agent does exactly this until it has read the right file:

1. The *words* of the question are its words of three letters or more, except stop words. Each is
   cut to its stem by removing one of `ing`, `ed`, `es`, `s`, if four letters remain. The longest
   word comes first, as long words are rare.
2. In round i the agent greps for word i (`rg -i -F`): all lines that contain it, in the order of
   paths. The output is cut to 100 lines of 200 characters, as agents' tools do. The agent pays for
   the tokens of this output.
3. The outputs so far tell the agent which words each file contains. Of the files that it has not
   read yet, it reads the one with the most distinct words; ties are broken by the most lines seen,
   then by the path. It pays for the first 2,000 lines of the file.
4. When the words are used up, it goes on reading, at most 10 files in all; then it gives up.

The agent sees only files that git would list: no ignored, hidden or binary ones. Two assumptions
favor the agent: it pays nothing for thinking, and it recognizes the right file at once. A third
assumption is to its disadvantage: it uses only words of the question, where a model would think of
better ones.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

from benchmarks.agents.reading import read_cost, tokens
from codelode.discover.walk import walk
from codelode.types import SourceFile

GREP_LINES, GREP_CHARACTERS = 100, 200
MOST_READS = 10
_STOP_WORDS = frozenset(
    "a an and are as at be by can do does for from how in into is it its of on or that the this to"
    " was what when where which while who why with code get gets without such given them many some"
    " then not they before after".split()
)
_ENDINGS = ("ing", "ed", "es", "s")


def grep_and_read(root: Path, question: str, wanted: str) -> int | None:
    """Return the tokens spent until the wanted file was read; None if it never was."""
    lines_of = _files(root)
    spent = 0
    seen: dict[str, dict[str, int]] = defaultdict(dict)
    read: set[str] = set()
    rounds: list[str | None] = [*words_of(question), *[None] * MOST_READS]
    for word in rounds[:MOST_READS]:
        if word is not None:
            output = _grep(lines_of, word)
            spent += tokens("\n".join(f"{path}:{n}:{line}" for path, n, line in output))
            for path, _, _ in output:
                seen[path][word] = seen[path].get(word, 0) + 1
        unread = [path for path in seen if path not in read]
        if not unread:
            continue
        best = min(unread, key=lambda path: (-len(seen[path]), -sum(seen[path].values()), path))
        read.add(best)
        spent += read_cost(root / best)
        if best == wanted:
            return spent
    return None


def words_of(question: str) -> list[str]:
    """Return the words to grep for, the longest first."""
    found = [word for word in re.findall(r"[a-z0-9]{3,}", question.lower())
             if word not in _STOP_WORDS]  # fmt: skip
    stems = dict.fromkeys(_stem(word) for word in found)
    return sorted(stems, key=lambda word: (-len(word), word))


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word


def _grep(lines_of: dict[str, list[str]], word: str) -> list[tuple[str, int, str]]:
    found: list[tuple[str, int, str]] = []
    for path, lines in lines_of.items():
        for number, line in enumerate(lines, 1):
            if word in line.lower():
                found.append((path, number, line[:GREP_CHARACTERS]))
                if len(found) == GREP_LINES:
                    return found
    return found


@lru_cache(1)
def _files(root: Path) -> dict[str, list[str]]:
    """Return the lines of all files that grep looks at, in the order of their paths."""
    found = {}
    for file in walk(root):
        if isinstance(file, SourceFile):
            data = (root / file.path).read_bytes()
            if b"\0" not in data[:1024]:
                found[file.path] = data.decode("utf-8", "replace").splitlines()
    return found
