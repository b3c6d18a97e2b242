"""Downloads and unpacks archives, whose content is hostile.

Nothing is written outside of the folder, links are left out, and bytes are counted before they are
written. An archive may still need more memory than there is (its headers are read into memory), so
the process that unpacks it must have a memory limit.
"""

from __future__ import annotations

import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from http.client import HTTPException
from typing import TYPE_CHECKING, BinaryIO
from urllib.error import URLError
from urllib.request import urlopen

from codelode.discover.walk import MAX_DEPTH
from codelode.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

_NAME = re.compile(
    r"\.(tar(\.(gz|bz2|xz))?|tgz|tbz2|txz|crate|zip|whl|egg|jar|nupkg)\Z", re.IGNORECASE
)
_MOST_ENTRIES = 5_000_000
_PIECE = 1 << 20
_SECONDS = 60.0

_BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error),
    *(ValueError, LookupError, NotImplementedError),
    RuntimeError,  # an encrypted archive; also folders nested too deeply
)
"""What the readers of archives raise for one that is damaged, forged or of another kind."""


def is_archive(place: str) -> bool:
    """Return whether a path or a URL has the name of an archive."""
    return _NAME.search(place.partition("?")[0].partition("#")[0]) is not None


def download(url: str, path: Path, most: int) -> None:
    """Download an archive of at most `most` bytes, only over https. Raises `UsageError`."""
    _check_scheme(url, url)
    try:
        with urlopen(url, timeout=_SECONDS) as response, open(path, "wb") as sink:
            _check_scheme(url, response.geturl())  # after redirections
            size = _copy(url, response, sink, most)
            expected = response.headers.get("Content-Length")
    except (URLError, HTTPException, ValueError) as error:
        raise UsageError(f"{url}: {getattr(error, 'reason', error)}") from None
    if expected is not None and expected.isdecimal() and size != int(expected):
        raise UsageError(f"{url}: the download ended after {size:,} of {int(expected):,} bytes")


def unpack(place: str, archive: Path, tree: Path, most: int) -> Path:
    """Unpack an archive into the new folder `tree`; refuse more than `most` bytes of files.

    Returns `tree`; or, if its only entry is a folder, that folder. Raises `UsageError`, `OSError`.
    """
    if not hasattr(tarfile, "data_filter"):
        raise UsageError("archives need Python 3.11.4 or newer")
    tree.mkdir()
    try:
        if zipfile.is_zipfile(archive):
            _unzip(place, archive, tree, most)
        else:
            _untar(place, archive, tree, most)
    except _BROKEN as error:
        reason = str(error) or type(error).__name__
        if "\n" in reason:  # from tarfile: a line for each kind of archive that it tried
            reason = "it is no archive that can be read"
        raise UsageError(f"{place} cannot be unpacked: {reason}") from None
    entries = list(tree.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else tree


def _unzip(place: str, archive: Path, tree: Path, most: int) -> None:
    count = _Count(place, most)
    with zipfile.ZipFile(archive) as packed:
        for info in packed.infolist():
            count.add(info.file_size)  # `extract` writes no more than this
        for info in packed.infolist():
            if not _is_deep(info.filename):
                packed.extract(info, tree)  # `extract` never writes outside of `tree`


def _untar(place: str, archive: Path, tree: Path, most: int) -> None:
    """Unpack files and folders in one pass; the filter refuses whatever would leave the tree."""
    count = _Count(place, most)
    with tarfile.open(archive) as packed:
        for member in packed:
            count.add(member.size)
            if (member.isfile() or member.isdir()) and not _is_deep(member.name):
                packed.extract(member, tree, filter="data")


def _is_deep(name: str) -> bool:
    """Return whether an entry is deeper than a walk goes; deep entries are slow to unpack."""
    return name.count("/") > MAX_DEPTH


class _Count:
    """The entries and bytes of an archive so far; raises `UsageError` if there are too many."""

    def __init__(self, place: str, most: int) -> None:
        self._place = place
        self._left = most
        self._most = most
        self._entries = 0

    def add(self, size: int) -> None:
        """Count an entry of `size` bytes. Raises `UsageError` beyond a limit."""
        self._entries += 1
        self._left -= size
        if self._entries > _MOST_ENTRIES:
            raise UsageError(f"{self._place} has more than {_MOST_ENTRIES:,} entries")
        if self._left < 0:
            raise _too_large(self._place, self._most)


def _copy(url: str, source: BinaryIO, sink: BinaryIO, most: int) -> int:
    total = 0
    while piece := source.read(_PIECE):
        total += len(piece)
        if total > most:
            raise _too_large(url, most)
        sink.write(piece)
    return total


def _too_large(place: str, most: int) -> UsageError:
    return UsageError(f"{place} has more than {most:,} bytes")


def _check_scheme(url: str, address: str) -> None:
    if not address.lower().startswith("https://"):
        raise UsageError(f"{url}: archives are fetched by https://")
