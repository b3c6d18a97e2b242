"""Runs git in a worktree; the settings of the repository must not make git run programs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

_SECONDS = 60
_SETTINGS = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
"""Settings that a repository could use to run programs."""

_OF_ANOTHER_REPOSITORY = frozenset(
    "GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_COMMON_DIR GIT_NAMESPACE GIT_PREFIX"
    " GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES".split()
)
"""Variables that hooks have, and which would make git look elsewhere."""


def run_git(
    folder: Path, *command: str, given: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """Run git with some input and some environment variables; return the outcome of the command.

    The command may fail: see `returncode` of the outcome. Raises `OSError` or
    `subprocess.SubprocessError` if git cannot be run, or takes a minute.
    """
    import subprocess  # few searches need git

    inherited = {k: v for k, v in os.environ.items() if k not in _OF_ANOTHER_REPOSITORY}
    return subprocess.run(
        ["git", "-C", os.fspath(folder), *_SETTINGS, *command],
        env={**inherited, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", **variables},
        input=given,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
