"""The output of `lode related`: one place per line."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from codelode.cli import streams
from codelode.render.paths import joined
from codelode.render.text import Style, header

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from codelode.types import Hit


def print_related(hits: Sequence[Hit], root: str, options: argparse.Namespace) -> None:
    """Print the place, the name and the cosine of each hit. `root` is from the current folder."""
    terminal = streams.is_terminal(sys.stdout)
    color = streams.use_color(options.color, sys.stdout)
    style = Style(color=color, terminal=terminal, scores=True)
    for hit in hits:
        print(header(replace(hit, path=joined(root, hit.path)), style))
    sys.stdout.flush()
