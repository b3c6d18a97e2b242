"""Explain why the filters of a search leave nothing to search, and list all languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.streams import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.search.request import SearchRequest
    from codelode.several import SeveralRoots


def explain_filters(
    several: SeveralRoots,
    languages: Sequence[str],
    globs: Sequence[str],
    request: SearchRequest | None = None,
) -> None:
    """Report it if no file has changed, or else the languages and globs that no file matches.

    `request` may limit the search to changed files.
    """
    changes = request is not None and (request.changed is not None or request.since is not None)
    if not changes and not languages and not globs:
        return
    from codelode.answers.unmatched import nothing_changed, unmatched_filters

    sources = several.sources(request)[1]
    if request is not None and changes and (note := nothing_changed(sources, request)):
        say(note)
    elif languages or globs:
        for note in unmatched_filters(sources, languages, globs):
            say(note)


def print_languages() -> None:
    """Print every language with the globs of its files, as `rg --type-list` does."""
    from codelode.discover.language_table import LANGUAGES

    for language in sorted(LANGUAGES):
        globs = [f"*.{extension}" for extension in language.extensions.split()]
        globs += language.names.split()
        print(f"{language.name}: {', '.join(globs) or '(by the text of the file)'}")
