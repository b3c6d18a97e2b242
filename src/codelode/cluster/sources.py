"""Obtains the source of a repository: a git URL, a folder or an archive."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from codelode import arguments
from codelode.cluster.archives import download, is_archive, unpack
from codelode.errors import UsageError
from codelode.system.error_message import last_line

_CLONE_SECONDS = 3600
_URL = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_SCP_LIKE = re.compile(r"[\w.-]+@[\w.-]+:(?!//)")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")

_GIT = (
    *("git", "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never"),
    *("-c", "core.symlinks=false", "-c", "credential.interactive=false"),
    *("-c", "gc.auto=0", "-c", "maintenance.auto=false"),
)
_GIT_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "LC_ALL": "C",
}


class Obtained(NamedTuple):
    """The folder with the tree of a source; `commit` is the commit of a git URL, otherwise ""."""

    tree: Path
    commit: str = ""


def obtain(place: str, folder: Path, most: int, commit: str = "") -> Obtained:
    """Return the tree of a source; clones and archives are put in `folder`.

    `place` is a git URL, with `#BRANCH` at its end if wanted; the path or the https:// URL of an
    archive; or a folder, which is read in place. An archive may unpack to at most `most` bytes; the
    size of a clone is not checked here. With a `commit`, a git URL gives the tree of that commit,
    even if the branch has moved. Raises `UsageError` if the source cannot be obtained, and
    `OSError`.
    """
    if is_archive(place):
        archive = arguments.expanded(place)
        if _URL.match(place):
            archive = folder / "archive"
            download(place, archive, most)
        if not archive.is_file():
            raise UsageError(f"{place}: there is no such archive")
        return Obtained(unpack(place, archive, folder / "tree", most))
    if _URL.match(place) or _SCP_LIKE.match(place):
        return _cloned(place, folder / "tree", commit)
    path = arguments.expanded(place)
    if not path.is_dir():
        raise UsageError(f"{place} is no folder, no archive and no git URL")
    return Obtained(path.resolve())


def _cloned(url: str, tree: Path, commit: str) -> Obtained:
    address, _, branch = url.partition("#")
    if branch.startswith("-"):
        raise UsageError(f"{branch!r} is no branch")
    if commit:
        _git(address, "init", "--quiet", "--template=", "--", str(tree))
        at = ("-C", str(tree))
        _git(address, *at, "fetch", "--quiet", "--depth=1", "--no-tags", "--", address, commit)
        _git(address, *at, "checkout", "--quiet", "--detach", "FETCH_HEAD")
    else:
        options = ["--branch", branch] if branch else []
        options += ["--depth=1", "--single-branch", "--no-tags", "--template=", "--quiet"]
        _git(address, "clone", *options, "--", address, str(tree))
    found = _git(address, "-C", str(tree), "rev-parse", "--verify", "HEAD").strip()
    if not _COMMIT.match(found) or (commit and found != commit):
        raise UsageError(f"{address}: git gave another commit than {commit or 'that of a branch'}")
    return Obtained(tree, found)


def _git(address: str, *arguments: str) -> str:
    """Run git without hooks or prompts; return its output. Raises `UsageError`."""
    try:
        done = subprocess.run(
            [*_GIT, *arguments],
            env={**os.environ, **_GIT_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_CLONE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(f"{address}: git took more than {_CLONE_SECONDS} s") from None
    if done.returncode != 0:
        raise UsageError(f"{address}: {_reason(done.stderr)}")
    return done.stdout.decode("utf-8", "replace")


def _reason(stderr: bytes) -> str:
    """Return the line in which git says why it failed; general advice may follow it."""
    lines = stderr.decode("utf-8", "replace").splitlines()
    said = [line.removeprefix("fatal: ") for line in lines if line.startswith("fatal: ")]
    return said[0] if said else last_line(stderr) or "git failed"
