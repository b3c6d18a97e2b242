"""Read the files inside the packages that `fetch` downloaded, whatever the kind of package.

A `Package` is one project. Its archives are streamed and never unpacked to disk.
"""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.languages import language_of

MAX_FILE_BYTES = 300_000
_DOCUMENTS = re.compile(
    r"(^|/)(debian/copyright|usr/share/doc/[^/]+/copyright|package/package\.json"
    r"|[^/]+\.dist-info/METADATA|[^/]+/PKG-INFO)$"
    r"|^[^/]+/((LICEN[CS]E|COPYING|COPYRIGHT)[^/]*|[^/]+\.cabal)$",
    re.I,
)
_PACKAGING = re.compile(
    r"^(usr/(share|lib)/(gocode/src|cargo/registry|ruby/vendor_ruby|rubygems-integration/\w+/gems"
    r"|lua/[\d.]+|php|nodejs|python3/dist-packages)/|package/|[\w.+-]*[\d.]+[\w.+-]*(?=/))"
)
_SOURCE_ARCHIVE = re.compile(r"\.(orig[\w.-]*|debian)\.tar\.\w+$|^[^_]+_[^_]+\.tar\.\w+$")


@dataclass(frozen=True, slots=True)
class Package:
    """A package of a registry: `kind` is debian-binary, debian-source, npm or pypi."""

    kind: str
    name: str
    archives: tuple[Path, ...]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield path and content of every source file and license document, in archive order.

        Raises an exception for a damaged archive.
        """
        for archive in self.archives:
            yield from _zip_files(archive) if archive.suffix == ".whl" else _tar_files(archive)


def is_license_document(path: str) -> bool:
    """Return whether a file states the license of the package."""
    return _DOCUMENTS.search(path) is not None


def project_path(path: str) -> str:
    """Return a path without the folders that packaging put around the project."""
    return re.sub(r"^[^/]*-\d[\d.]*[^/]*/", "", _PACKAGING.sub("", path).lstrip("/"))


def packages(folder: Path) -> list[Package]:
    """Return all packages below the folder that `fetch` filled."""
    found = [Package("debian-binary", p.name.split("_")[0], (p,)) for p in folder.glob("deb/*.deb")]
    sources: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("src/*.tar.*")):
        if _SOURCE_ARCHIVE.search(path.name):
            sources.setdefault(path.name.split("_")[0], []).append(path)
    found += [Package("debian-source", name, tuple(paths)) for name, paths in sources.items()]
    found += [Package("npm", p.name.removesuffix(".tgz"), (p,)) for p in folder.glob("npm/*.tgz")]
    for path in [*folder.glob("pypi/*.whl"), *folder.glob("pypi/*.tar.gz")]:
        found.append(Package("pypi", path.name.split("-")[0], (path,)))
    return sorted(found, key=lambda package: (package.kind, package.name))


def _tar_files(archive: Path) -> Iterator[tuple[str, bytes]]:
    if archive.suffix == ".deb":
        with subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE
        ) as unpacking:
            assert unpacking.stdout is not None
            with tarfile.open(fileobj=unpacking.stdout, mode="r|") as tar:
                yield from _members(tar)
    else:
        # Not "r|*": its buffer makes skipping through highly compressed archives quadratic.
        with tarfile.open(archive, mode="r:*") as tar:
            yield from _members(tar)


def _members(tar: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for member in tar:
        if member.isfile() and _wanted(member.name, member.size):
            content = tar.extractfile(member)
            if content is not None:
                yield member.name.removeprefix("./"), content.read()


def _zip_files(archive: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as wheel:
        for member in wheel.infolist():
            if _wanted(member.filename, member.file_size):
                yield member.filename, wheel.read(member)


def _wanted(path: str, size: int) -> bool:
    wanted = language_of(path) is not None or is_license_document(path)
    return 0 < size <= MAX_FILE_BYTES and wanted
