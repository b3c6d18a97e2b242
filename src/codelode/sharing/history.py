"""The place of a worktree in the history of its repository, and the push that is closest to it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from codelode.discover.git_command import run_git

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from codelode.sharing.layout import Push

MOST_COMPARED = 64
"""At most this many commits, the last ones pushed, are compared with the current one."""
_FAR = 100_000


def head(root: Path) -> tuple[str, str]:
    """Return the commit and the branch of a worktree; empty where git knows none."""
    commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    branch = _git(root, "symbolic-ref", "--short", "--quiet", "HEAD")
    return commit.strip(), branch.strip()


def nearest(root: Path, pushes: Sequence[Push]) -> tuple[Push, int] | None:
    """Return the push whose commit is closest to the current one, and their distance.

    The distance is the number of commits that only one of the two has in its history. Of equally
    close pushes, the most recent one is chosen. Returns None if git knows no current commit, or
    none of the commits of the pushes.
    """
    commit, _ = head(root)
    if not commit:
        return None
    last = {push.commit: push for push in pushes if push.commit}  # the last push of each commit
    if commit in last:
        return last[commit], 0
    chosen = sorted(last.values(), key=lambda push: push.pushed_at, reverse=True)[:MOST_COMPARED]
    known = _known(root, [push.commit for push in chosen])
    found = [
        (distance, push)
        for push in chosen
        if push.commit in known and (distance := _distance(root, commit, push.commit)) is not None
    ]
    if not found:
        return None
    distance, push = min(found, key=lambda each: each[0])
    return push, distance


def _known(root: Path, commits: list[str]) -> set[str]:
    """Return the given commits that exist in the repository."""
    asked = "".join(f"{commit}^{{commit}}\n" for commit in commits)
    lines = _git(root, "cat-file", "--batch-check=%(objectname)", given=asked).split("\n")
    return set(lines) & set(commits)


def _distance(root: Path, one: str, other: str) -> int | None:
    text = _git(root, "rev-list", "--count", f"--max-count={_FAR}", f"{one}...{other}")
    return int(text) if text.strip().isdecimal() else None


def _git(root: Path, *arguments: str, given: str = "") -> str:
    """Return the output of git, or an empty string if git fails.

    Git runs no helper program and fetches nothing. In names, bytes that are not UTF-8 are replaced:
    names are only shown.
    """
    try:
        done = run_git(root, *arguments, given=given.encode(), GIT_NO_LAZY_FETCH="1")
    except (OSError, subprocess.SubprocessError):
        return ""
    return "" if done.returncode else done.stdout.decode("utf-8", "replace")
