"""Headings of Markdown: its best split points."""

from __future__ import annotations

import re
from typing import Final

_MARK: Final = re.compile(rb"^(?:(#{1,6})[ \t]|[ ]{0,3}(```|~~~))", re.MULTILINE)
"""An ATX heading, or a fence: inside fences `# ...` is a comment of the code shown."""


def heading_cuts(text: bytes) -> dict[int, int]:
    """Map the byte offsets of a Markdown text's headings to their levels."""
    cuts: dict[int, int] = {}
    fence = b""
    for mark in _MARK.finditer(text):
        hashes, ticks = mark.groups()
        if ticks:
            fence = b"" if fence == ticks else fence or ticks
        elif not fence and mark.start():
            cuts[mark.start()] = len(hashes)
    return cuts
