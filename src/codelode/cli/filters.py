"""Notes on filters that leave nothing to search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.streams import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.several import SeveralRoots


def explain_filters(several: SeveralRoots, languages: Sequence[str], globs: Sequence[str]) -> None:
    """Say which languages and globs no file matches, if any."""
    if languages or globs:
        from codelode.answers.unmatched import unmatched_filters

        for note in unmatched_filters(several.sources()[1], languages, globs):
            say(note)
