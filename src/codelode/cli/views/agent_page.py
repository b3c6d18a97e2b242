"""The output of `lode search --agent`: the text that `lode mcp` returns, without a server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.mcp.entries import entry_of
from codelode.mcp.page import Paging, page
from codelode.mcp.state import footer
from codelode.render.paths import from_here
from codelode.render.secrets import SecretMask

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from codelode.render.paths import GivenRoot
    from codelode.types import Answer


def print_page(
    answer: Answer,
    given: Sequence[GivenRoot],
    states: Sequence[str],
    terms: Sequence[str],
    options: argparse.Namespace,
) -> None:
    """Print an answer as compact text within `options.max_tokens`.

    `states` describe what was searched, for the last line.
    """
    root = Path(answer.root)
    mask = SecretMask(enabled=not options.show_secrets)
    found = [
        entry_of(hit, from_here(os.fspath(root / hit.path), given), mask) for hit in answer.hits
    ]
    last = footer([*states], mask.masked)
    print(page(found, terms, last, Paging(options.max_tokens, options.limit or 10)))
