"""Fetch the packages that the mixed set asks about, at their versions, and unpack them.

    python -m benchmarks.quality.packages --out DIR [--repo NAME ...]

The packages of PyPI and npm are fetched with their ordinary clients, the upstream tarballs of
Debian 12 with `apt-get source` (its package index is kept apart from the system's). Nothing is
installed or run, except that pip asks a package's build system for its name and version.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal, TypedDict, cast

from training.fetch import apt_state

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = Path(__file__).with_name("mixed_packages.json")


class Package(TypedDict):
    """A package: the folder it is unpacked to, its origin, and its languages."""

    name: str
    source: Literal["pypi", "npm", "debian"]
    package: str
    version: str
    languages: list[str]


def load_packages() -> list[Package]:
    """Read the list of packages."""
    return cast("list[Package]", json.loads(PACKAGES.read_text(encoding="utf-8")))


def main() -> None:
    """Fetch and unpack the missing packages."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.packages")
    parser.add_argument("--out", type=Path, required=True, help="one folder per package here")
    parser.add_argument("--repo", action="append", default=[], help="only this one; repeatable")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    environment: dict[str, str] | None = None
    for package in load_packages():
        tree = options.out / package["name"]
        if tree.exists() or (options.repo and package["name"] not in options.repo):
            continue
        with tempfile.TemporaryDirectory(prefix="codelode-packages-") as scratch:
            if package["source"] == "debian" and environment is None:
                environment = apt_state((options.out / ".apt").absolute())
            archive = download(package, Path(scratch), environment)
            if archive is not None:
                unpack(archive, tree)
        print(f"{package['name']} {package['version']}{'' if archive else '  NOT FETCHED'}")


def download(package: Package, folder: Path, environment: dict[str, str] | None) -> Path | None:
    """Download a source archive to an empty folder; return its path, or None if that fails."""
    name, version = package["package"], package["version"]
    if package["source"] == "npm":
        command = ["npm", "pack", "--silent", "--ignore-scripts", f"{name}@{version}"]
    elif package["source"] == "pypi":
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", "."]
        command = [*pip, "--no-binary", name, f"{name}=={version}"]
    else:
        command = ["apt-get", "-qq", "source", "--download-only", f"{name}={version}"]
    folder.chmod(0o755)  # apt downloads as another user, who must have access
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True)
    # A mirror may lack Debian's own patch of a package, but still have the upstream archive.
    main_archive = "*.orig.tar.*[!c]" if package["source"] == "debian" else "*gz"
    archive = next(iter(sorted(folder.glob(main_archive))), None)
    if archive is None:
        print(done.stderr.decode("utf-8", "replace").strip(), file=sys.stderr)
    return archive


def unpack(archive: Path, tree: Path) -> None:
    """Unpack an archive's only folder as `tree`."""
    with tarfile.open(archive) as tar:
        tar.extractall(tree, members=_without_top(tar), filter="data")


def _without_top(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in tar:
        parts = PurePosixPath(member.name).parts
        rest = parts[2:] if parts[:1] == (".",) else parts[1:]
        if rest and (member.isfile() or member.isdir()):
            yield member.replace(name="/".join(rest))


if __name__ == "__main__":
    main()
