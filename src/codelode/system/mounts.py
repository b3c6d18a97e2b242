"""The kinds of file systems below a folder."""

from __future__ import annotations

import os
from pathlib import Path

_REMOTE = frozenset(
    ("9p", "afs", "ceph", "cifs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs")
)


def remote_mount(root: Path) -> str | None:
    """Return the type of a file system at or below `root` that other machines may change.

    The system does not report such changes. Returns None if there is none, or if mounts are not
    known.
    """
    try:
        lines = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    place, holder = os.fspath(root), ("", "")
    for line in lines:
        left, _, right = line.partition(" - ")
        point, kind = _unescaped(left.split(" ")[4]), right.split(" ")[0]
        if _is_remote(kind) and _is_within(point, place) and point != place:
            return kind
        if _is_within(place, point) and len(point) >= len(holder[0]):
            holder = point, kind
    return holder[1] if _is_remote(holder[1]) else None


def _is_remote(kind: str) -> bool:
    return kind in _REMOTE or kind.startswith("fuse.")


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _unescaped(path: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        path = path.replace(code, character)
    return path
