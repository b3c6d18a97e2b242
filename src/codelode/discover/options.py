"""The options of a walk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from codelode.arguments import flag, whole_number
from codelode.types import Skip, SkipReason

MAX_FILE_SIZE = 1 << 20
"""In bytes: larger files are left out by default."""
NOTEBOOK_FACTOR = 16
"""A notebook may be larger by this factor: most of it is outputs, which are not indexed."""

RECORDED: dict[str, type] = {
    "hidden": bool,
    "no_ignore": bool,
    "installed": bool,
    "secrets": bool,
    "max_file_size": int,
}
"""The options that a manifest records, and their types."""


@dataclass(frozen=True, slots=True)
class WalkOptions:
    """The options of a walk. `max_file_size` is in bytes; `exclude` holds real, absolute paths.

    Raises `UsageError` for a value of a wrong type.
    """

    hidden: bool = False  # include names that begin with a dot
    no_ignore: bool = False  # do not apply rule files
    installed: bool = False  # include installed packages and caches
    secrets: bool = False  # include private keys and credentials
    max_file_size: int = MAX_FILE_SIZE
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        flag("hidden", self.hidden)
        flag("no_ignore", self.no_ignore)
        flag("installed", self.installed)
        flag("secrets", self.secrets)
        size = whole_number("max_file_size", self.max_file_size)
        object.__setattr__(self, "max_file_size", size)

    @classmethod
    def of(cls, options: Mapping[str, Any], exclude: tuple[str, ...] = ()) -> WalkOptions:
        """Return the options from a manifest or from arguments; None means the default."""
        given = {name: options[name] for name in RECORDED if options.get(name) is not None}
        return cls(**given, exclude=exclude)

    def recorded(self) -> dict[str, Any]:
        """Return the options that a manifest records."""
        return {name: getattr(self, name) for name in RECORDED}


def size_limit(path: str, max_file_size: int) -> int:
    """Return the size limit of a file in bytes; it is higher for notebooks."""
    return max_file_size * NOTEBOOK_FACTOR if path.endswith(".ipynb") else max_file_size


def too_large(path: str, size: int, limit: int) -> Skip:
    """Return the skip of a file whose `size` is above `limit`, both in bytes."""
    return Skip(path, SkipReason.TOO_LARGE, f"{size:,} bytes, the limit is {limit:,}")
