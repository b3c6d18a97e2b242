"""Headings of Markdown, the best places to cut it at."""

from __future__ import annotations

import re
from typing import Final

from codelode.types import Document

_LANGUAGES: Final = frozenset({"markdown", "mdx"})
_MARK: Final = re.compile(rb"^(?:(#{1,6})[ \t]|[ ]{0,3}(```|~~~))", re.MULTILINE)
"""An ATX heading, or a fence: inside fences `# ...` is a comment of the code shown."""


def heading_cuts(document: Document) -> dict[int, int]:
    """Byte offsets of the headings of a Markdown document -> their level; nothing for others."""
    if document.language not in _LANGUAGES:
        return {}
    cuts: dict[int, int] = {}
    fence = b""
    for mark in _MARK.finditer(document.text):
        hashes, ticks = mark.groups()
        if ticks:
            fence = b"" if fence == ticks else fence or ticks
        elif not fence and mark.start():
            cuts[mark.start()] = len(hashes)
    return cuts
