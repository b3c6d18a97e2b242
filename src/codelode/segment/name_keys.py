"""The keys and the order of the names of definitions.

The *key* of a name is its parts in lower case, joined without separators: `get_url`, `getUrl` and
`GETURL` have the same key. Names are sorted by key, then as bytes, so names with the same key are
neighbors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import normalize

from codelode.segment.schema import MAX_NAME_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

SEPARATORS = bytes(c for c in range(128) if not chr(c).isalnum() and c != 10)
"""The ASCII characters that keys leave out, without the newline."""

_CONTROL = bytes(32 if c < 32 or c == 127 else c for c in range(256))


def clean_name(name: str) -> bytes:
    """Return a name in UTF-8 on one line, cut to `MAX_NAME_BYTES`."""
    cut = name.encode("utf-8", "replace")[:MAX_NAME_BYTES].translate(_CONTROL)
    return cut if cut.isascii() else cut.decode("utf-8", "ignore").encode()


def clean_names(names: Sequence[str]) -> list[str]:
    """Return `as_text` of the `clean_name` of each name; fast for many ASCII names."""
    joined = "".join(names)
    if joined.isascii() and joined.isprintable():
        return [name if len(name) <= MAX_NAME_BYTES else name[:MAX_NAME_BYTES] for name in names]
    return [as_text(clean_name(name)) for name in names]


def as_text(name: bytes) -> str:
    """Return bytes as a string, a character for each byte; it compares, joins and sorts faster."""
    return name.decode("latin-1")


def as_bytes(name: str) -> bytes:
    """Invert `as_text`."""
    return name.encode("latin-1")


def name_key(name: bytes) -> bytes:
    """Return the key of a name in UTF-8: its letters and digits, in lower case.

    If the name has no letters or digits, the key is the whole name in lower case.
    """
    if name.isascii():
        lower = name.lower()
        return lower.translate(None, SEPARATORS) or lower
    folded = normalize("NFKC", name.decode("utf-8", "replace")).casefold()
    return ("".join(filter(str.isalnum, folded)) or folded).encode()


def name_keys(names: Sequence[bytes]) -> list[bytes]:
    """Return the key of each name; fast for many ASCII names."""
    joined = b"\n".join(names)
    if not joined.isascii():
        return [name_key(name) for name in names]
    keys = joined.lower().translate(None, SEPARATORS).split(b"\n") if names else []
    return [key or name.lower() for key, name in zip(keys, names, strict=True)]


def sortable(names: Sequence[str]) -> list[str]:
    """Return each name's key, a newline and the name: texts that sort as an index sorts names.

    The names and the results are strings as `as_text` returns them. A newline sorts before every
    byte of a key or name.
    """
    joined = "\n".join(names)
    if joined.isascii():
        keys = joined.encode().lower().translate(None, SEPARATORS).decode().split("\n")
    else:
        keys = [as_text(name_key(as_bytes(name))) for name in names]
    if not names:
        return []
    return [f"{key or name.lower()}\n{name}" for key, name in zip(keys, names, strict=True)]
