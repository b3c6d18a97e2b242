"""Folders that programs fill: installed packages, caches, and our own indexes.

People do not search them for their own code, and seldom ignore them by a rule. They are skipped
unless git tracks files in them or the user asks for them.
"""

from __future__ import annotations

from collections.abc import Iterable

from codelode.discover.safe_open import read_settings

_PACKAGES = frozenset((b"node_modules", b"bower_components", b"jspm_packages", b"__pypackages__"))
_CACHE_TAG = b"CACHEDIR.TAG"  # https://bford.info/cachedir/
_CACHE_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"
_MANIFEST = b"manifest.json"
_MANIFEST_START = b"codelode-index "
_MARKS = frozenset((b"pyvenv.cfg", b"conda-meta", _CACHE_TAG, _MANIFEST))
_MAX_MARK_BYTES = 1 << 26


def holds_packages(name: bytes) -> bool:
    """Check whether a folder of this name holds installed packages."""
    return name in _PACKAGES


def marks_among(names: Iterable[bytes]) -> frozenset[bytes]:
    """Return the names in a folder that may reveal its purpose."""
    return _MARKS.intersection(names)


def is_index(marks: frozenset[bytes], folder: int) -> bool:
    """Check whether an open folder holds an index."""
    return _MANIFEST in marks and _starts(_MANIFEST, _MANIFEST_START, folder)


def purpose(marks: frozenset[bytes], folder: int) -> str | None:
    """Return the purpose of an open folder that holds installed packages or a cache, else None."""
    if b"pyvenv.cfg" in marks:
        return "a virtual environment"
    if b"conda-meta" in marks:
        return "a conda environment"
    if _CACHE_TAG in marks and _starts(_CACHE_TAG, _CACHE_SIGNATURE, folder):
        return "a cache"
    return None


def _starts(name: bytes, start: bytes, folder: int) -> bool:
    data = read_settings(name.decode(), _MAX_MARK_BYTES, folder=folder)
    return data is not None and data.startswith(start)
