"""Looks for pieces of names in a block of names."""

from __future__ import annotations

from collections.abc import Sequence


def places_containing(names: bytes, pieces: Sequence[bytes], lengths: range) -> list[int]:
    """Return the places of the names that contain one of the pieces and have one of the lengths.

    Each name ends with a newline. Lengths are in bytes. Pieces are in lower case and have at least
    one letter; ASCII letters match in any case. A newline in a piece stands for the beginning or
    the end of a name.
    """
    text = b"\n" + names.lower()
    places: set[int] = set()
    for piece in pieces:
        at = text.find(piece)
        while at >= 0:
            inside = at + piece.startswith(b"\n")
            end = text.index(b"\n", inside)
            if end - text.rindex(b"\n", 0, inside) - 1 in lengths:
                places.add(text.count(b"\n", 0, inside) - 1)
            at = text.find(piece, end)
    return sorted(places)
