"""Output features that only a terminal gets: hyperlinks, and a pager."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

from codelode.cli import streams

if TYPE_CHECKING:
    import argparse
    from contextlib import AbstractContextManager

    from codelode.render.hyperlinks import HyperlinkFormat, Target


class Links:
    """Makes links to files if `--hyperlink-format` asks for them and color is on, as in ripgrep."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Read the options. Raises `UsageError` for a bad format."""
        self._format: HyperlinkFormat | None = None
        if options.hyperlink_format is not None:
            from codelode.render.hyperlinks import hyperlink_format  # few people use links

            found = hyperlink_format(options.hyperlink_format)
            self._format = found if streams.use_color(options.color, sys.stdout) else None

    def target(self, path: str | os.PathLike[str]) -> Target | None:
        """Return the target of links to a file, given its absolute path; None for no links."""
        if self._format is None:
            return None
        from codelode.render.hyperlinks import Target

        return Target(self._format, str(path))

    def link(self, text: str, path: str | os.PathLike[str], line: int = 1, column: int = 1) -> str:
        """Return a text as a link to a place, or unchanged if no links are wanted."""
        target = self.target(path)
        return text if target is None else target.link(text, line, column)


def paged(options: argparse.Namespace) -> AbstractContextManager[None]:
    """Return a context in which standard output goes through a pager, if one is asked for."""
    wanted = options.pager
    if wanted is None:
        wanted = os.environ.get("LODE_PAGER", "") not in ("", "0")  # "0" means false
    if not wanted:
        return nullcontext()
    from codelode.cli.pager import paged as through_pager  # a pager is rarely used

    return through_pager()
