"""Find and read settings files.

The user's file is `codelode/config.toml` in the XDG config folder. The project's file is
`codelode.toml`, or the table `tool.codelode` of `pyproject.toml`: the nearest at or above a folder,
but not above the top of its git worktree. Outside of a worktree, only a
file in the folder itself counts: others may be able to write to a folder above it, such as `/tmp`.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from codelode.discover.safe_open import read_settings
from codelode.errors import UsageError

PROJECT, PYPROJECT = "codelode.toml", "pyproject.toml"
MAX_BYTES = 1 << 16
"""The largest size of a settings file of ours; a larger one is refused."""
MAX_PYPROJECT_BYTES = 1 << 18
"""A larger `pyproject.toml` has no settings of ours."""

MAX_DOTS = 100
"""The most dots in a line: the parser takes time and memory quadratic in a key's dots."""
_MENTION = (
    rb"\btool[\"']?[ \t]*\.[ \t]*[\"']?codelode"
    rb"|^[ \t]*(?:\[[ \t]*)?[\"']?tool[\"']?[ \t]*[\]=]"
)
"""Every way to write the table `tool.codelode`."""

Table = dict[str, object]


def sources_exist(start: str | os.PathLike[str] | None) -> bool:
    """Return whether there may be any settings: a file, or a nonempty variable `LODE_...`.

    This is cheap, so that a command without settings need not find out which settings exist.
    """
    if any(name.startswith("LODE_") and text for name, text in os.environ.items()):
        return True
    path = user_file()
    return (path is not None and path.exists()) or (start is not None and _has_project(start))


def may_have_unread() -> bool:
    """Return whether there may be environment variables for codelode that nothing reads.

    This is so if any name begins with `LODE_` or `CODELODE_`, in upper, lower or mixed case.
    """
    return any(name.upper().startswith(("LODE_", "CODELODE_")) for name in os.environ)


def _has_project(start: str | os.PathLike[str]) -> bool:
    folders = _folders(os.path.realpath(start))
    return any(
        os.path.lexists(f"{folder}/{PROJECT}") or _mentions_us(f"{folder}/{PYPROJECT}")
        for folder in folders
    )


def _mentions_us(path: str) -> bool:
    """Return whether a `pyproject.toml` may have the table `tool.codelode`."""
    if not os.path.lexists(path):
        return False
    data = read_settings(path, MAX_PYPROJECT_BYTES)
    if data is None or b"codelode" not in data:
        return False
    return re.search(_MENTION, data, re.MULTILINE) is not None


def user_file() -> Path | None:
    """Return the path of the user's file, which need not exist; None for a user without a home."""
    chosen = os.environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(chosen):  # noqa: PTH117 (an empty path is none)
        home = os.path.expanduser("~")  # noqa: PTH111 (raises nothing)
        if not os.path.isabs(home):  # noqa: PTH117
            return None
        chosen = f"{home}/.config"
    return Path(chosen) / "codelode" / "config.toml"


def read_user() -> Table | None:
    """Return the settings of the user's file; None if there is none. Raises `UsageError`."""
    path = user_file()
    if path is None or not path.exists():
        return None
    data = read_settings(path, MAX_BYTES, follow=True)
    return _parsed(path, data)


def read_project(start: str | os.PathLike[str]) -> tuple[Path, Table] | None:
    """Return the project file that applies to `start`, and the settings in that file, or None.

    Raises `UsageError`.
    """
    for folder in _folders(os.path.realpath(start)):
        path = f"{folder}/{PROJECT}"
        if os.path.lexists(path):
            data = read_settings(path, MAX_BYTES)
            return Path(path), _parsed(Path(path), data)
        path = f"{folder}/{PYPROJECT}"
        if _mentions_us(path):  # parse only when needed
            tools = _parsed(Path(path), read_settings(path, MAX_PYPROJECT_BYTES)).get("tool")
            table = tools.get("codelode") if isinstance(tools, dict) else None
            if table is not None:
                return Path(path), _table(Path(path), table)
    return None


def project_place(start: str | os.PathLike[str]) -> Path:
    """Return the topmost path at which the project file of a folder or file is looked for."""
    return Path(_folders(os.path.realpath(start))[-1]) / PROJECT


def _folders(start: str) -> list[str]:
    """Return the folders in which a project file counts, the nearest first."""
    folder = start if os.path.isdir(start) else os.path.dirname(start)  # noqa: PTH112, PTH120
    nearest, passed = folder, []
    while True:
        passed.append(folder)
        if os.path.lexists(f"{folder}/.git"):
            return passed
        above = os.path.dirname(folder)  # noqa: PTH120
        if above == folder:
            return [nearest]
        folder = above


def _parsed(path: Path, data: bytes | None) -> Table:
    if data is None:
        raise UsageError(f"{path}: not a readable file of at most {MAX_BYTES >> 10} KiB")
    if any(line.count(b".") > MAX_DOTS for line in data.split(b"\n")):
        raise UsageError(f"{path}: a line has more than {MAX_DOTS} dots")
    import tomllib  # few commands find a settings file

    try:
        return tomllib.loads(data.decode())
    except RecursionError:
        raise UsageError(f"{path}: not TOML: nested too deeply") from None
    except ValueError as error:
        from codelode.settings.toml_advice import corrected_line

        advice = corrected_line(data, str(error))
        raise UsageError(f"{path}: not TOML: {error}{advice and f': {advice}'}") from None


def _table(path: Path, value: object) -> Table:
    if isinstance(value, dict):
        return value
    raise UsageError(f"{path}: tool.codelode must be a table")
