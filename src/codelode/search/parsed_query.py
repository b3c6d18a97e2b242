"""The text of a query, read: its terms, and whether it names a symbol."""

from __future__ import annotations

import re
from dataclasses import dataclass

from codelode.errors import UsageError
from codelode.text.tokens import query_terms

_STOP_WORDS = frozenset(
    "a an and are as at be by can do does for from how i in into is it its of on or that the this"
    " to was what when where which while who why with".split()
)
_SYMBOL = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::|->|#|/)[A-Za-z_$~][\w$]*[!?]?)*(?:\(\))?[!?]?\Z")
_NAME = re.compile(r"[A-Za-z_$][\w$]*[!?]?")
_COMPOUND = re.compile(r"[a-z0-9][A-Z]|[A-Za-z0-9]_[A-Za-z0-9]|[A-Z]{2}[a-z]")

MAX_TERMS = 64


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A query and what it asks for.

    `terms` are the distinct terms that BM25 looks for, in order of appearance. `names` are the
    words that could be names of definitions, as written. `is_symbol` says that the whole query is
    an identifier or a qualified name.
    """

    text: str
    terms: tuple[str, ...]
    names: tuple[str, ...]
    is_symbol: bool


def parse_query(text: str) -> ParsedQuery:
    """Read a query. Raises `UsageError` if there is nothing to look for."""
    text = text.strip()
    terms = _without_stop_words(query_terms(text))
    if not terms:
        raise UsageError("the query is empty: give a word, a name or a question")
    names = tuple(dict.fromkeys(_NAME.findall(text)))
    is_symbol = _SYMBOL.match(text) is not None
    if not is_symbol:
        names = tuple(name for name in names if _COMPOUND.search(name) or "_" in name.strip("_"))
    return ParsedQuery(text, terms, names, is_symbol)


def _without_stop_words(terms: list[str]) -> tuple[str, ...]:
    """Return the distinct terms; stop words only if there are no others."""
    distinct = dict.fromkeys(terms[: 4 * MAX_TERMS])
    kept = [term for term in distinct if term not in _STOP_WORDS]
    return tuple(kept or distinct)[:MAX_TERMS]
