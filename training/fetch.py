"""Download the packages to learn from, with the registries' own clients.

    python -m training.fetch --out DIR [--only KIND ...] [--every N]

The files training/sources/*.txt list the packages: each line holds a name, the version that the
bundled model was trained on, and its licenses, separated by tabs. Debian packages come from the
configured release (apt-get of Debian 12, with an index separate from the system's), npm and PyPI
packages at exactly that version. Nothing is installed or run. Unavailable packages are listed at
the end.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

SOURCES = Path(__file__).parent / "sources"
KINDS = {"debian-binary": "deb", "debian-source": "src", "npm": "npm", "pypi": "pypi"}
"""The kinds of packages; each goes to a folder of that name."""

_APT_CONFIG = """\
Dir::State::Lists "{0}/lists";
Dir::Cache "{0}/cache";
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "{0}/parts";
"""


@dataclass(frozen=True, slots=True)
class Source:
    """A package to download: a line of a list in `SOURCES`."""

    name: str
    version: str
    licenses: str


def read_sources(kind: str) -> list[Source]:
    """Return the packages of one kind."""
    lines = (SOURCES / f"{kind}.txt").read_text(encoding="utf-8").splitlines()
    return [Source(*line.split("\t")) for line in lines if line and not line.startswith("#")]


def in_groups(names: Sequence[str], size: int) -> Iterator[list[str]]:
    """Yield the names in groups of `size`."""
    rest = iter(names)
    while group := list(islice(rest, size)):
        yield group


def apt_state(folder: Path) -> dict[str, str]:
    """Configure a separate apt with source packages; return the environment that selects it."""
    for name in ("lists/partial", "cache/archives/partial", "parts"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for path in Path("/etc/apt/sources.list.d").glob("debian*.sources"):
        text = re.sub(r"^Types: .*$", "Types: deb deb-src", path.read_text(), flags=re.M)
        (folder / "parts" / path.name).write_text(text)
    system_list = Path("/etc/apt/sources.list")
    if system_list.exists():
        lines = [line for line in system_list.read_text().splitlines() if line.startswith("deb ")]
        both = [*lines, *(line.replace("deb ", "deb-src ", 1) for line in lines)]
        (folder / "parts" / "system.list").write_text("".join(f"{line}\n" for line in both))
    config = folder / "apt.conf"
    config.write_text(_APT_CONFIG.format(folder))
    environment = {**os.environ, "APT_CONFIG": str(config)}
    subprocess.run(["apt-get", "-qq", "update"], env=environment, check=True)
    return environment


def fetch(kind: str, out: Path, every: int = 1) -> None:
    """Download every nth package of one kind to its folder; continue past failures."""
    folder = out / KINDS[kind]
    folder.mkdir(parents=True, exist_ok=True)
    sources = read_sources(kind)[::every]
    environment = dict(os.environ)
    if kind == "npm":
        command, size = ["npm", "pack", "--silent", "--ignore-scripts"], 6
        wanted = [f"{source.name}@{source.version}" for source in sources]
    elif kind == "pypi":
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        command, size = [*pip, "--no-deps", "--only-binary", ":all:", "--dest", "."], 25
        wanted = [f"{source.name}=={source.version}" for source in sources]
    else:
        binary = kind == "debian-binary"
        environment = apt_state((out / "apt").absolute())
        command = ["apt-get", "-qq", *(["download"] if binary else ["source", "--download-only"])]
        size = 100 if binary else 40
        wanted = [source.name for source in sources]
    for group in in_groups(wanted, size):
        done = subprocess.run([*command, *group], cwd=folder, env=environment, check=False)
        if done.returncode:  # a group fails as a whole: retry one by one
            for name in group:
                if subprocess.run([*command, name], cwd=folder, env=environment).returncode:
                    print(f"not complete: {kind} {name}", file=sys.stderr)
    print(f"{kind}: {sum(1 for _ in folder.iterdir())} files for {len(sources)} packages")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--every", type=int, default=1, help="take every nth package of each list")
    options = parser.parse_args()
    for kind in options.only:
        fetch(kind, options.out, options.every)


if __name__ == "__main__":
    main()
