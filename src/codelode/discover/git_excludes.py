"""Git's knowledge of a tree besides `.gitignore`: other rule files, settings, tracked files.

Git's own files are read, because git may not be installed, and a process takes longer than walking
a small tree.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from codelode.discover.git_blobs import TrackedBlobs, tracked_blobs
from codelode.discover.git_config import MAX_SETTINGS_BYTES, GitConfig, config_home, expanded
from codelode.discover.git_index import TrackedFiles, tracked_files
from codelode.discover.safe_open import read_settings
from codelode.lazy import cached_property


def worktree_above(folder: Path) -> Path | None:
    """Return the innermost folder with a `.git`, from the real path `folder` upwards, or None."""
    return next((place for place in (folder, *folder.parents) if _exists(place / ".git")), None)


def _exists(path: Path) -> bool:
    return os.path.lexists(path)


@dataclass(frozen=True)
class Worktree:
    """A git worktree; if `top` is None, the rules that git applies outside of any worktree."""

    top: Path | None

    @cached_property
    def _git_folder(self) -> Path | None:
        """The worktree's own git folder; `.git` may be a file that holds its path."""
        if self.top is None:
            return None
        place = self.top / ".git"
        pointer = read_settings(place, MAX_SETTINGS_BYTES, follow=True)
        if pointer is not None and pointer.startswith(b"gitdir:"):
            place = self.top / os.fsdecode(pointer[len(b"gitdir:") :].strip())
        return place

    @cached_property
    def _common(self) -> Path | None:
        """The git folder that all worktrees of the git repository share."""
        place = self._git_folder
        if place is None:
            return None
        common = read_settings(place / "commondir", MAX_SETTINGS_BYTES, follow=True)
        return place / os.fsdecode(common.strip()) if common else place

    @cached_property
    def _config(self) -> GitConfig:
        place = self._git_folder
        return GitConfig(Path(os.path.realpath(place)) if place else None, self._common)

    def folders(self) -> list[Path]:
        """Return the folders whose files say what git ignores and tracks; empty outside of git."""
        if self._git_folder is None or self._common is None:
            return []
        places = {self._git_folder, self._common, self._common / "info"}
        return sorted(Path(os.path.realpath(place)) for place in places)

    @cached_property
    def ignore_case(self) -> bool:
        """Whether git ignores case when it compares rules with names."""
        return self._config.is_true("core.ignorecase")

    def exclude_files(self) -> list[Path]:
        """Return the rule files that git would heed, the strongest first; they need not exist."""
        files = [self._common / "info" / "exclude"] if self._common else []
        configured = self._config.last("core.excludesfile")
        if configured is None:
            settings = config_home()
            return [*files, settings / "git" / "ignore"] if settings else files
        if not configured:
            return files
        path = expanded(configured)
        return [*files, self.top / path if self.top else path]

    @cached_property
    def tracked(self) -> TrackedFiles:
        """The files that git tracks here; read when they are first asked for."""
        if self.top is None or self._git_folder is None:
            return TrackedFiles([])
        return tracked_files(self.top, self._git_folder, self._object_format)

    @property
    def _object_format(self) -> str:
        named = self._config.last("extensions.objectformat") or b"sha1"
        return os.fsdecode(named).lower()

    def blobs(self) -> TrackedBlobs | None:
        """Return the blobs that git tracks here and the state of their files; None if unknown.

        Also None if a filter other than Git LFS is configured: a file may then differ from its
        blob, even at the same size.
        """
        if self.top is None or self._git_folder is None:
            return None
        for key, _ in self._config.settings():
            if key.startswith("filter.") and not key.startswith("filter.lfs."):
                return None
        return tracked_blobs(self._git_folder, self._object_format)


NO_WORKTREE = Worktree(None)
