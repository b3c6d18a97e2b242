"""The journal of codelode's edits to files of other programs: each can be undone exactly.

It is one JSON file in the user's state folder. For every edited file, it has the text that was
replaced and the replacement, but no copy of the file, which may hold secrets.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from codelode import arguments
from codelode.system.files import replace_file


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: at `offset`, in characters, `before` was replaced by `after`.

    `created` says that the file did not exist before; `folders` is the number of parent folders
    that were made for it.
    """

    offset: int
    before: str
    after: str
    created: bool = False
    folders: int = 0

    @classmethod
    def between(cls, old: str | None, new: str) -> Edit:
        """Return the shortest edit from one text to another; None stands for a missing file."""
        text = old or ""
        start = _shared(text, new)
        end = _shared(text[start:][::-1], new[start:][::-1])
        before, after = text[start : len(text) - end], new[start : len(new) - end]
        return cls(start, before, after, created=old is None)

    def undone(self, text: str) -> str | None:
        """Return a text without this edit, even if other parts of the text have changed.

        Return None if the text contains the replacement nowhere, or in several places.
        """
        if self.after and text.startswith(self.after, self.offset):
            at = self.offset
        elif self.after and text.count(self.after) == 1:
            at = text.index(self.after)
        else:
            return None
        return text[:at] + self.before + text[at + len(self.after) :]


class Journal:
    """The edits that are in place, by file."""

    def __init__(self) -> None:
        """Read the journal; an unreadable one counts as empty."""
        self._file = _state_folder() / "codelode" / "agents.json"
        try:
            self._edits: dict[str, Any] = dict(json.loads(self._file.read_text("utf-8"))["files"])
        except (OSError, ValueError, TypeError, KeyError):
            self._edits = {}

    def get(self, path: Path) -> Edit | None:
        """Return the recorded edit of a file, or None if there is none."""
        try:
            return Edit(**self._edits[_key(path)])
        except (KeyError, TypeError):
            return None

    def put(self, path: Path, edit: Edit | None) -> None:
        """Record the edit of a file; None removes the file's record. Raises `OSError`."""
        self._edits.pop(_key(path), None)
        if edit is not None:
            self._edits[_key(path)] = asdict(edit)
        if self._edits or self._file.exists():
            self._file.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._file, json.dumps({"files": self._edits}, indent=1), 0o600)


def _shared(first: str, second: str) -> int:
    """Return the length of the longest common prefix."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(first), len(second)))


def _key(path: Path) -> str:
    return os.path.realpath(path)


def _state_folder() -> Path:
    chosen = os.environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(chosen):  # noqa: PTH117 (an empty path is none)
        return Path(chosen)
    return arguments.expanded("~") / ".local" / "state"
