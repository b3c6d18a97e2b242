"""Obtains the source of a repository: a git URL, a folder or an archive."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.error import URLError
from urllib.request import urlopen

from codelode.errors import UsageError
from codelode.system.error_message import last_line

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_BYTES = 32 << 30
"""The size of an archive, and of what it unpacks to."""

_MOST_ENTRIES = 5_000_000
_CLONE_SECONDS = 3600
_ARCHIVE = re.compile(r"\.(tar(\.(gz|bz2|xz))?|tgz|tbz2|txz|zip|whl)\Z", re.IGNORECASE)
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SCP_LIKE = re.compile(r"[\w.-]+@[\w.-]+:(?!//)")
_PIECE = 1 << 20

_GIT = (
    *("git", "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never"),
    *("-c", "core.symlinks=false", "-c", "credential.interactive=false"),
    *("clone", "--quiet", "--depth=1", "--single-branch", "--no-tags", "--template="),
)
_GIT_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    "GIT_LFS_SKIP_SMUDGE": "1",
}


def obtain(place: str, folder: Path) -> Path:
    """Return the folder with the tree of a source; a clone or an archive is put below `folder`.

    `place` is a git URL, with `#BRANCH` at its end if wanted; the path or the https:// URL of an
    archive; or a folder, which is read in place. Raises `OSError`, and `UsageError` if the
    source cannot be obtained.
    """
    if _ARCHIVE.search(place.partition("?")[0]):
        archive = Path(place)
        if _URL.match(place):
            archive = folder / "archive"
            _download(place, archive)
        return _unpack(place, archive, folder / "tree")
    if _URL.match(place) or _SCP_LIKE.match(place):
        return _clone(place, folder / "tree")
    path = Path(place).expanduser()
    if not path.is_dir():
        raise UsageError(f"{place} is no folder, no archive and no git URL")
    return path.resolve()


def _clone(url: str, tree: Path) -> Path:
    address, _, branch = url.partition("#")
    options = ["--branch", branch] if branch else []
    if branch.startswith("-"):
        raise UsageError(f"{branch!r} is no branch")
    try:
        done = subprocess.run(
            [*_GIT, *options, "--", address, str(tree)],
            env={**os.environ, **_GIT_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_CLONE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"{address}: the clone took more than {_CLONE_SECONDS} s") from None
    if done.returncode != 0:
        raise UsageError(f"{address}: {last_line(done.stderr) or 'git failed'}")
    return tree


def _download(url: str, path: Path) -> None:
    if not url.lower().startswith("https://"):
        raise UsageError(f"{url}: archives are fetched by https://")
    try:
        with urlopen(url, timeout=60) as response, open(path, "wb") as sink:
            _copy(url, response, sink)
    except (URLError, ValueError) as error:
        raise UsageError(f"{url}: {getattr(error, 'reason', error)}") from None


def _copy(url: str, source: BinaryIO, sink: BinaryIO) -> None:
    total = 0
    while piece := source.read(_PIECE):
        total += len(piece)
        _check_size(url, total)
        sink.write(piece)


def _unpack(place: str, archive: Path, tree: Path) -> Path:
    """Unpack an archive; return the tree, or its only folder if everything is in one."""
    if not hasattr(tarfile, "data_filter"):
        raise UsageError("archives need Python 3.11.4 or newer")
    tree.mkdir()
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as packed:
                infos = packed.infolist()
                _check_entries(place, (info.file_size for info in infos))
                for info in infos:
                    packed.extract(info, tree)  # never outside of the tree
        else:
            with tarfile.open(archive) as packed:
                members = packed.getmembers()
                _check_entries(place, (member.size for member in members))
                files = [member for member in members if member.isfile() or member.isdir()]
                packed.extractall(tree, files, filter="data")
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise UsageError(f"{place} cannot be unpacked: {error}") from None
    except RuntimeError as error:  # encrypted
        raise UsageError(f"{place} cannot be unpacked: {error}") from None
    entries = list(tree.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else tree


def _check_entries(place: str, sizes: Iterable[int]) -> None:
    total = count = 0
    for size in sizes:
        total, count = total + size, count + 1
        if count > _MOST_ENTRIES:
            raise UsageError(f"{place} has more than {_MOST_ENTRIES:,} entries")
    _check_size(place, total)


def _check_size(place: str, total: int) -> None:
    if total > MOST_BYTES:
        raise UsageError(f"{place} has more than {MOST_BYTES:,} bytes")
