"""Find the folder of an index.

By default, an index has a folder of its own below the user's cache. The folder is named after the
real path of the root, so that two roots never share one. `--index-dir` or `LODE_INDEX_DIR` names
another place to keep such folders, or the folder of one index (for example, of a copied one).
"""

from __future__ import annotations

import os
from pathlib import Path

from codelode import arguments
from codelode.errors import UsageError
from codelode.store.folder_name import folder_name
from codelode.store.storage import LOCK, MANIFEST, LocalStorage


def is_index(directory: Path) -> bool:
    """Return whether a folder has an index, perhaps an unfinished one."""
    return any((directory / file).exists() for file in (MANIFEST, LOCK))


def index_directory(root: Path, index_dir: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of the index of `root` (a real path), which need not exist yet."""
    parent = index_folder(index_dir)
    if LocalStorage(parent).has_manifest():
        return parent
    return parent / folder_name(str(root))


def index_folder(index_dir: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder that holds the folders of indexes, or the folder of one index.

    Raises `UsageError` if it is a file, or if there is no place for it.
    """
    chosen = index_dir or os.environ.get("LODE_INDEX_DIR")
    if not chosen:
        return _cache_folder() / "codelode"
    folder = arguments.expanded(chosen).absolute()
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"the index folder {folder} is not a folder")
    return folder


def _cache_folder() -> Path:
    """Return the user's cache folder. A relative XDG_CACHE_HOME is invalid and does not count."""
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(chosen):  # noqa: PTH117 (an empty path is none)
        return Path(chosen)
    try:
        return Path.home() / ".cache"
    except RuntimeError:  # no HOME and no user name, as in some containers
        from codelode.system.own_folder import own_temporary_folder  # few users need it

        return own_temporary_folder()


def real_root(root: str | os.PathLike[str]) -> Path:
    """Return the real path of a folder to index. Raises `UsageError` if it cannot be read."""
    path = Path(root)
    try:
        real = path.resolve(strict=True)
    except FileNotFoundError:
        raise UsageError(f"no such folder: {path}") from None
    except (OSError, RuntimeError) as error:
        raise UsageError(f"cannot open {path}: {error}") from None
    if not real.is_dir():
        raise UsageError(f"not a folder: {path}")
    if not os.access(real, os.R_OK | os.X_OK):
        raise UsageError(f"no permission to read the folder {path}")
    return real


def path_below(root: Path, path: Path) -> str:
    """Return the POSIX path of a file, relative to a root.

    `path` is absolute, or already relative to the root. Raises `UsageError` if the file is not
    inside the root.
    """
    inside = Path(os.path.normpath(root / path))
    if not inside.is_relative_to(root):  # a link may lead to the root
        inside = path.parent.resolve() / path.name
    if root not in inside.parents:
        raise UsageError(f"{path} is not a file below {root}")
    return inside.relative_to(root).as_posix()
