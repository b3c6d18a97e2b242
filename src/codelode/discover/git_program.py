"""Run git, for what its files alone do not tell."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_SECONDS = 60
_SETTINGS = ("core.fsmonitor=false", "core.hooksPath=/dev/null")
"""Settings that a repository could use to run programs."""

_OF_ANOTHER_REPOSITORY = frozenset(
    "GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_COMMON_DIR GIT_NAMESPACE GIT_PREFIX"
    " GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES".split()
)
"""Variables that hooks have, and which would make git look elsewhere."""


def run_git(top: Path, *command: str) -> subprocess.CompletedProcess[bytes]:
    """Run git in a worktree, without the programs that its settings name.

    Raises `OSError` if git cannot be run, and `subprocess.SubprocessError` if it takes too long.
    """
    inherited = {k: v for k, v in os.environ.items() if k not in _OF_ANOTHER_REPOSITORY}
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    return subprocess.run(
        ["git", "-C", os.fspath(top), *settings, *command],
        env={**inherited, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
