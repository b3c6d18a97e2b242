"""Links that open a line of a file in an editor on the reader's machine."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from codelode.errors import UsageError
from codelode.page.markup import Markup, tag

if TYPE_CHECKING:
    from pathlib import Path

EDITORS = {
    "vscode": "vscode://file{path}:{line}",
    "vscodium": "vscodium://file{path}:{line}",
    "cursor": "cursor://file{path}:{line}",
    "zed": "zed://file{path}:{line}",
    "idea": "idea://open?file={path}&line={line}",
    "pycharm": "pycharm://open?file={path}&line={line}",
    "sublime": "subl://open?url=file://{path}&line={line}",
    "macvim": "mvim://open?url=file://{path}&line={line}",
    "none": "",
}
"""The addresses by which editors open a line of a file."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
_FORBIDDEN = ("javascript:", "data:", "vbscript:", "blob:", "file:")


def editor_format(text: str) -> str:
    """Return the format of the editor that `text` names, or `text` itself if it is an address.

    An address contains `{path}`, and may contain `{line}`. Raises `UsageError` if the text is
    neither a name in `EDITORS` nor an address, or if the scheme of the address is forbidden.
    """
    known = EDITORS.get(text)
    if known is not None:
        return known
    scheme = _SCHEME.match(text.lower())
    if scheme is None or "{path}" not in text:
        names = ", ".join(EDITORS)
        raise UsageError(
            f"unknown editor {text!r}: give one of {names}, or an address with {{path}} and"
            " {line}"
        )
    if scheme[0] in _FORBIDDEN:
        raise UsageError(f"an address of the scheme {scheme[0]!r} opens no editor")
    return text


def editor_link(
    address: str, path: Path | None, line: int, changing: bool = False
) -> Markup | None:
    """Return a link that opens a line; None if there is no file, or if `address` is empty.

    With `changing`, the link also carries the address with `{line}` in it, for a view in which the
    line changes.
    """
    if not address or path is None:
        return None
    pattern = address.replace("{path}", quote(os.fsencode(path)))
    return tag(
        "a",
        "open in editor",
        href=pattern.replace("{line}", str(line)),
        data_key="o",
        data_pattern=pattern if changing else None,
    )
