"""Make corpora for the speed and scale benchmarks: the Linux kernel and subsets of it.

    python -m benchmarks.corpora fetch-kernel --out DIR
    python -m benchmarks.corpora kernel --source DIR --files 10000 --out DIR

The same source and number of files give the same subset everywhere, and a smaller subset is part of
every larger one: files are taken in the order of a hash of their relative path.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from codelode.discover.options import MAX_FILE_SIZE

SUFFIXES = (".c", ".h")


def main() -> None:
    """Parse the command line and make one corpus."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpora")
    commands = parser.add_subparsers(dest="command", required=True)
    fetch = commands.add_parser("fetch-kernel", help="download Debian's kernel source package")
    fetch.add_argument("--out", type=Path, required=True, help="folder to create; 1.5 GB")
    fetch.add_argument("--package", default="linux-source-6.1")
    subset = commands.add_parser("kernel", help="select a fixed subset of the kernel's C files")
    subset.add_argument("--source", type=Path, required=True, help="an unpacked kernel")
    subset.add_argument("--files", type=int, required=True)
    subset.add_argument("--out", type=Path, required=True, help="folder to create")
    subset.add_argument(
        "--link", action="store_true", help="hard-link: takes no space, but edits change the source"
    )
    options = parser.parse_args()
    if options.out.exists() and any(options.out.iterdir()):
        raise SystemExit(f"{options.out} is not empty: remove it or name another folder")
    if options.command == "fetch-kernel":
        fetch_kernel(options.out, options.package)
        print(f"{options.package} unpacked in {options.out}")
    else:
        paths = pick(options.source, options.files)
        size = place(options.source, paths, options.out, link=options.link)
        print(f"{len(paths)} files, {size / 1e6:.1f} MB in {options.out}; {digest(paths)}")


def pick(source: Path, files: int) -> list[str]:
    """Return the paths of the first `files` C files in hash order, sorted.

    Links, empty files and files of more than `MAX_FILE_SIZE` bytes do not count. Exits with a
    message if there are too few files.
    """
    found: list[tuple[bytes, str]] = []
    for folder, _, names in os.walk(source):
        for name in names:
            if not name.endswith(SUFFIXES):
                continue
            path = Path(folder, name)
            status = path.lstat()
            if path.is_symlink() or not 0 < status.st_size <= MAX_FILE_SIZE:
                continue
            relative = path.relative_to(source).as_posix()
            found.append((hashlib.sha256(relative.encode()).digest(), relative))
    if len(found) < files:
        raise SystemExit(f"{source} has only {len(found)} such files")
    found.sort()
    return sorted(relative for _, relative in found[:files])


def place(source: Path, paths: list[str], out: Path, *, link: bool) -> int:
    """Copy or link the files to the same relative paths below `out`; return their size in bytes."""
    size = 0
    for relative in paths:
        target = out / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        if link:
            target.hardlink_to(source / relative)
        else:
            shutil.copy2(source / relative, target)
        size += target.stat().st_size
    return size


def digest(paths: list[str]) -> str:
    """Return a short digest of the selected paths, to print beside a measurement."""
    return "paths " + hashlib.sha256("\n".join(paths).encode()).hexdigest()[:12]


def fetch_kernel(out: Path, package: str) -> None:
    """Download Debian's kernel source package with apt and unpack its tarball to `out`."""
    for tool in ("apt-get", "dpkg-deb", "tar"):
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} not found: unpack any Linux source tree to {out} instead")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        subprocess.run(["apt-get", "download", package], cwd=scratch, check=True)
        (archive,) = Path(scratch).glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, scratch], check=True)
        (tarball,) = Path(scratch, "usr", "src").glob("*.tar.xz")
        command = ["tar", "--extract", "--xz", "--strip-components=1", "--directory", str(out)]
        subprocess.run([*command, "--file", str(tarball)], check=True)


if __name__ == "__main__":
    main()
