"""One page of an answer: entries, the state of the index, and the cursor of the next page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codelode.mcp import cursor as cursors
from codelode.mcp.budget import fit, shorten
from codelode.mcp.entries import merged
from codelode.mcp.token_count import count_tokens

if TYPE_CHECKING:
    from codelode.mcp.entries import Entry


@dataclass(frozen=True, slots=True)
class Paging:
    """The digests of the entries on earlier pages, and the limits of this page."""

    tokens: int
    limit: int
    request: str = ""
    seen: list[bytes] = field(default_factory=list)


def page(found: Sequence[Entry], terms: Sequence[str], footer: str, paging: Paging) -> str:
    """Return the text of the next entries, as many as the limits allow.

    If `paging` has no request, the text has no cursor.
    """
    seen = paging.seen
    entries = merged(each for each in found if cursors.digest(each.keys[0]) not in seen)
    chosen = entries[: paging.limit]
    longest = _more(paging, chosen)
    room = paging.tokens - count_tokens(f"\n\n{footer}\n{longest}\n")
    blocks = fit(chosen, terms, max(room, 0))
    more = _more(paging, chosen[: len(blocks)]) if len(entries) > len(blocks) else ""
    body = _joined(blocks) or ("no more places" if seen else "nothing found: try other words")
    return shorten("\n".join(filter(None, [f"{body}\n\n{footer}", more])), paging.tokens)


def _more(paging: Paging, shown: Sequence[Entry]) -> str:
    digests = [cursors.digest(key) for entry in shown for key in entry.keys]
    if not paging.request or len(paging.seen) + len(digests) >= cursors.MAX_SEEN:
        return ""
    return f"[more: cursor={cursors.make(paging.request, [*paging.seen, *digests])}]"


def _joined(blocks: Sequence[str]) -> str:
    """Join entries: blank lines around entries with source, none between locations."""
    text = ""
    for before, block in zip(["", *blocks], blocks, strict=False):
        gap = "" if not before else "\n\n" if "\n" in before or "\n" in block else "\n"
        text += f"{gap}{block}"
    return text
