"""The name of a programming language in a query: `python check if ...`, `... in Java`.

It says which language is wanted, not what the code does. The vectors of chunks hardly know their
language, so such words would only blur the meaning of a query. The lexical leg keeps them.
"""

from __future__ import annotations

import re

_LANGUAGE = (
    r"(?:python ?[23]?(?:\.\d+)?|java|javascript|typescript|golang|rust|ruby|php|perl|swift|kotlin"
    r"|scala|haskell|c\+\+|c#|csharp|lua|elixir|dart|julia|fortran)"
)
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
