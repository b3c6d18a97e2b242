"""File names and text as Unicode.

JSON is Unicode, but a file name on Linux is bytes. If a name is not valid UTF-8, `path` has U+FFFD
for each invalid byte, and `path_bytes` has the bytes of the name in base64.
"""

from __future__ import annotations

import base64
import os
import re

_SURROGATES = re.compile("[\ud800-\udfff]")


def path_fields(path: str) -> dict[str, str]:
    """Return `path`, and `path_bytes` if the path is not UTF-8."""
    clean = without_surrogates(path)
    if clean == path:
        return {"path": path}
    return {"path": clean, "path_bytes": base64.b64encode(os.fsencode(path)).decode()}


def path_of_fields(fields: dict[str, str]) -> str:
    """Return the path from the fields that `path_fields` makes of it.

    Raises `ValueError` if `path_bytes` is not base64, and `LookupError` if `path` is missing.
    """
    if "path_bytes" in fields:
        return os.fsdecode(base64.b64decode(fields["path_bytes"], validate=True))
    return fields["path"]


def without_surrogates(text: str) -> str:
    """Return the text with U+FFFD for each surrogate, which stands for a byte that is not UTF-8."""
    return _SURROGATES.sub("\ufffd", text)
