"""Hits as JSON objects.

JSON is Unicode, a file name on Linux is bytes. Where a name is not UTF-8, `path` has U+FFFD for
each byte that is not, and `path_bytes` has the name itself in base64.
"""

from __future__ import annotations

import base64
import json
import os
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from codelode.types import Hit

_SURROGATES = re.compile("[\ud800-\udfff]")


def hit_object(hit: Hit, text: bool = True) -> dict[str, Any]:
    """A hit as the contract has it; `text=False` leaves the text out."""
    fields: dict[str, Any] = {
        **path_fields(hit.path),
        "start_line": hit.start_line,
        "end_line": hit.end_line,
        "language": hit.language,
        "symbol": hit.symbol,
        "kind": hit.kind,
        "score": hit.score,
        "stale": hit.stale,
    }
    if hit.features is not None:
        fields["features"] = hit.features
    if text:
        fields["text"] = hit.text
    return fields


def path_fields(path: str) -> dict[str, str]:
    """`path`, and `path_bytes` where it is not UTF-8."""
    clean = replaced(path)
    if clean == path:
        return {"path": path}
    return {"path": clean, "path_bytes": base64.b64encode(os.fsencode(path)).decode()}


def replaced(text: str) -> str:
    """The text with U+FFFD for what is no character."""
    return _SURROGATES.sub("\ufffd", text)


def dumps(value: object, terminal: bool = False) -> str:
    """JSON on one line; in ASCII if a terminal, which might obey other characters, will read it."""
    return json.dumps(value, ensure_ascii=terminal)
