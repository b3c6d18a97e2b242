"""The name of a programming language in a query: `python check if ...`, `... in Java`.

It says which language is wanted, not what the code does. The vectors of chunks hardly know their
language, so such words would only blur the meaning of a query. The lexical leg keeps them.

The words are a choice from the table of languages: most names there are words of other meanings
(`go`, `make`, `text`), or say what the code is about (`sql`, `css`, `docker`). A test compares
the choice with the table.
"""

from __future__ import annotations

import re

WORDS = (
    *("python", "java", "javascript", "typescript", "golang", "rust", "ruby", "php", "perl"),
    *("swift", "kotlin", "scala", "haskell", "c++", "c#", "csharp", "lua", "elixir", "dart"),
    *("julia", "fortran"),
)
"""The names that are left out of a query; `python` with a version, too."""

_LANGUAGE = rf"(?:python ?[23]?(?:\.\d+)?|{'|'.join(map(re.escape, WORDS))})"
_PLACES = (
    re.compile(rf"\A\s*(?:(?:in|using)\s+)?{_LANGUAGE},?\s+", re.IGNORECASE),
    re.compile(rf"\s+(?:(?:in|with|using|for|of)\s+)?{_LANGUAGE}[?.!]*\s*\Z", re.IGNORECASE),
    re.compile(rf"\s+in\s+{_LANGUAGE}\s+", re.IGNORECASE),
)


def without_language(query: str) -> str:
    """Return a query without languages that it names at its beginning, at its end or after `in`.

    At least two words are left.
    """
    for place in _PLACES:
        rest = place.sub(" ", query).strip()
        if len(rest.split()) >= 2:
            query = rest
    return query
