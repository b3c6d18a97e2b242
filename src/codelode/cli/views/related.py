"""The output of `lode related`: one place per line, or JSON."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.answers.search import related_object
from codelode.cli import streams
from codelode.cli.terminal import Links, paged
from codelode.cli.views.hits import print_lines
from codelode.render.paths import from_here
from codelode.render.text import Style, header

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from codelode.render.paths import GivenRoot
    from codelode.types import Hit


def print_related(
    hits: Sequence[Hit], place: tuple[str, int], root: GivenRoot, options: argparse.Namespace
) -> None:
    """Print the hits that are similar to a place: a file below the root, and a line of it."""
    # The root may be a URL. A `Path` drops one of its slashes, so `here` must drop it too.
    tree = Path(root.real)
    here = root._replace(real=os.fspath(tree))
    with paged(options):
        if options.format == "json":
            streams.print_json(related_object(root.real, *place, hits))
        elif options.format == "text":
            _print_text(hits, tree, here, options)
        else:
            print_lines(hits, tree, [here], options)
        if not hits and options.format != "json":
            streams.say_nothing_found()


def _print_text(
    hits: Sequence[Hit], tree: Path, root: GivenRoot, options: argparse.Namespace
) -> None:
    """Print the place, the name and the cosine of each hit."""
    terminal = streams.is_terminal(sys.stdout)
    color = streams.use_color(options.color, sys.stdout)
    style, links = Style(color=color, terminal=terminal, scores=True), Links(options)
    for hit in hits:
        path = os.fspath(tree / hit.path)
        print(header(replace(hit, path=from_here(path, [root])), style, links.target(path)))
