"""The files of a git worktree that differ from a revision. Git is asked, and must be installed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from codelode.discover.git_command import run_git
from codelode.discover.git_excludes import worktree_above
from codelode.errors import UsageError


def changed_paths(folder: Path, revision: str = "HEAD") -> frozenset[bytes]:
    """Return the absolute paths in the worktree around `folder` that differ from a revision.

    The worktree is compared with the revision; new files count unless they are ignored. With a
    range `A..B` or `A...B`, the two revisions are compared. A path with a final slash stands for a
    folder and everything in it: a submodule, or a new repository within the worktree. Before the
    first commit, every file differs from HEAD. `folder` is a real path.

    Raises `UsageError` if `folder` is not in a worktree, if the revision is unknown, and if git
    fails.
    """
    top = worktree_above(folder)
    if top is None:
        raise UsageError(f"{folder} is not in a git worktree: there is nothing to compare with")
    if not revision or revision.startswith("-") or "\0" in revision:
        raise UsageError(f"{revision!r} is not a git revision")
    compare = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv")
    if revision == "HEAD" and _git(top, "rev-parse", "--verify", "--quiet", "HEAD") is None:
        revision = os.fsdecode(_output(top, "hash-object", "-t", "tree", os.devnull).strip())
    output = _output(top, "diff", *compare, "--ignore-submodules=none", revision, "--")
    if ".." not in revision:
        output += _output(top, "ls-files", "--others", "--exclude-standard", "-z")
    prefix = os.fsencode(top).rstrip(b"/") + b"/"
    paths = (prefix + name for name in output.split(b"\0")[:-1])
    return frozenset(path + b"/" if _is_folder(path) else path for path in paths)


def _is_folder(path: bytes) -> bool:
    """Return whether a path without a final slash is a folder, as a submodule is."""
    return not path.endswith(b"/") and stat.S_ISDIR(_mode(path))


def _mode(path: bytes) -> int:
    try:
        return os.lstat(path).st_mode
    except OSError:  # a deleted file
        return 0


def _output(top: Path, *command: str) -> bytes:
    """Return the output of git. Raises `UsageError` if it fails."""
    output = _git(top, *command, explain=True)
    assert output is not None
    return output


def _git(top: Path, *command: str, explain: bool = False) -> bytes | None:
    """Run git in a worktree; return its output, or None if it fails and `explain` is false.

    Raises `UsageError` if git cannot be run, or with git's reason if git fails and `explain` is
    true.
    """
    import subprocess  # few searches need git

    try:
        done = run_git(top, *command)
    except FileNotFoundError:
        raise UsageError("git is not installed: only git knows which files have changed") from None
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(f"git failed: {error}") from None
    if done.returncode == 0:
        return done.stdout
    if not explain:
        return None
    reason = (done.stderr.decode("utf-8", "replace").splitlines() or ["no reason"])[0]
    raise UsageError(f"git {command[0]} failed: {reason.removeprefix('fatal: ')}")
