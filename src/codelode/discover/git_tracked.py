"""The tracked files that git's ignore rules match. Git is asked, and must be installed."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from codelode.discover.git_command import run_git

if TYPE_CHECKING:
    from pathlib import Path


def tracked_and_ignored(folder: Path) -> int:
    """Return the number of tracked files in a folder that match git's ignore rules.

    Git's rules leave out untracked files only, so these files are indexed. Returns 0 outside of a
    worktree, and if git cannot tell.
    """
    try:
        done = run_git(folder, "ls-files", "--cached", "--ignored", "--exclude-standard", "-z")
    except (OSError, subprocess.SubprocessError):
        return 0
    return done.stdout.count(b"\0") if done.returncode == 0 else 0
