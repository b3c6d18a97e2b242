"""The parts of identifiers, vectorized: camelCase, snake_case, acronyms and digits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from codelode.text.csr import ranges

_NEITHER, _LOWER, _UPPER, _DIGIT = range(4)  # classes of characters
_CLASSES = bytes(
    _LOWER * (97 <= c < 123) + _UPPER * (65 <= c < 91) + _DIGIT * (48 <= c < 58) for c in range(256)
)


def spans_of_parts(
    text: bytes, silent: NDArray[np.int64], silent_ends: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the starts and the stops of the parts of the ASCII words in a text; both int64.

    Text between `silent[i]` and `silent_ends[i]` has no parts. A part begins where the class of
    characters changes, but an upper-case letter belongs to the lower-case letters after it. This
    equals the regular expression `tokens.PARTS`, evaluated on a character and its two neighbors.
    """
    classes = np.frombuffer(text.translate(_CLASSES), np.uint8).copy()
    classes[ranges(silent, silent_ends - silent)] = _NEITHER
    before = np.concatenate(([np.uint8(_NEITHER)], classes[:-1]))
    after = np.concatenate((classes[1:], [np.uint8(_NEITHER)]))
    same = classes == before
    inside = classes != _NEITHER
    upper_before = before == _UPPER
    starting = inside & ~same & ~(upper_before & (classes == _LOWER))
    starting |= same & upper_before & (after == _LOWER)
    stopping = inside & (after == _NEITHER)
    stopping[:-1] |= inside[:-1] & starting[1:]
    return np.flatnonzero(starting), np.flatnonzero(stopping) + 1
