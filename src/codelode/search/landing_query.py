"""A query, prepared once to choose the line that each hit points at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codelode.lazy import cached_property
from codelode.search.as_written import pasted
from codelode.search.column import as_bytes

if TYPE_CHECKING:
    from codelode.search.context import QueryContext

_PHRASE_CHARACTERS = 8
"""A shorter query that occurs verbatim on a line says nothing beyond its terms."""

_LAST_NAME = re.compile(r"[^\W\d][\w$]*[!?]?\Z")


class LandingQuery:
    """A query, prepared for the choice of the line of each hit."""

    def __init__(self, context: QueryContext) -> None:
        self.context = context
        text = context.query.text
        telling = len(text) >= _PHRASE_CHARACTERS and not text.isidentifier()
        self.phrase = pasted(context.request.query) or (text if telling else "")
        """The text to look for as it is written; empty if it says nothing beyond its terms."""
        self.terms = [
            (as_bytes(term).lower(), share) for term, share in context.share_of_term.items()
        ]
        """The terms in lower case, a character for each byte, with their shares of the weight."""
        self.folded_names = [as_bytes(name.lower()).lower() for name in self.names]

    @cached_property
    def names(self) -> set[str]:
        """The names that the query gives; if it is a qualified name, only its last part."""
        query = self.context.query
        if not query.is_symbol:
            return set(query.names)
        last = _LAST_NAME.search(query.text.removesuffix("()"))
        return {last[0]} if last else set(query.names)
