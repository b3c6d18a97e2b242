"""A simulated disk that loses power, with the guarantees of POSIX.

The data of a file is safe once the file has been synced; a name is safe once its folder has been
synced. Of the calls on a file or folder after its last sync, any subset may survive, in any order;
a write may survive in part. Renames are atomic: a name refers to either the old file or the new
one.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from benchmarks.faults.calls import Call

FOLDER = -1
"""The value of a name that belongs to a folder."""

Style = str
STYLES = ("nothing", "everything", "prefix", "subset")


@dataclass(slots=True)
class _Inode:
    """A file: its synced content and the writes since, as (offset, data)."""

    safe: bytes = b""
    pending: list[tuple[int, bytes]] = field(default_factory=list)
    size: int = 0

    def write(self, data: bytes) -> None:
        self.pending.append((self.size, data))
        self.size += len(data)

    def sync(self) -> None:
        self.safe = _apply(self.safe, self.pending)
        self.pending = []


def _apply(data: bytes, writes: list[tuple[int, bytes]], filler: int = 0) -> bytes:
    result = bytearray(data)
    for offset, piece in writes:
        if len(result) < offset:
            result += bytes([filler]) * (offset - len(result))
        result[offset : offset + len(piece)] = piece
    return bytes(result)


class Disk:
    """A disk that replays calls and generates states after a loss of power."""

    def __init__(self, top: Path) -> None:
        self.top = str(top)
        self.inodes: list[_Inode] = []
        self.now: dict[str, int] = {}
        self.safe: dict[str, int] = {}
        # For each folder, the changes to the names in it since it was last synced, in order.
        self.pending: dict[str, list[list[tuple[str, int | None]]]] = {}

    def replay(self, call: Call) -> None:
        """Apply a recorded call to the disk."""
        match call.name:
            case "create":
                self.inodes.append(_Inode())
                self._rename([(call.path, len(self.inodes) - 1)])
            case "mkdir":
                self._rename([(call.path, FOLDER)])
            case "write":
                self.inodes[self.now[call.path]].write(call.data)
            case "fsync" if call.path in self.now and self.now[call.path] != FOLDER:
                self.inodes[self.now[call.path]].sync()
            case "fsync":
                for changes in self.pending.pop(call.path, []):
                    _set(self.safe, changes)
            case "rename" | "replace":
                self._rename([(call.path, None), (call.target, self.now[call.path])])
            case "unlink":
                if call.path in self.now:
                    self._rename([(call.path, None)])

    def _rename(self, changes: list[tuple[str, int | None]]) -> None:
        _set(self.now, changes)
        folder = str(PurePath(changes[-1][0]).parent)
        self.pending.setdefault(folder, []).append(changes)

    def state(self, style: Style, rng: random.Random) -> dict[str, bytes]:
        """Return a state that the disk may have if power is lost now: file content by path."""
        names = dict(self.safe)
        for operations in self.pending.values():
            _set(names, _kept_names(operations, style, rng))
        files = {path: inode for path, inode in names.items() if inode != FOLDER}
        return {
            path: _kept_data(self.inodes[inode], style, rng)
            for path, inode in files.items()
            if self._reachable(path, names)
        }

    def _reachable(self, path: str, names: dict[str, int]) -> bool:
        folders = [str(parent) for parent in PurePath(path).parents]
        return all(names.get(f) == FOLDER for f in folders if len(f) > len(self.top))


def _set(names: dict[str, int], changes: list[tuple[str, int | None]]) -> None:
    for name, inode in changes:
        if inode is None:
            names.pop(name, None)
        else:
            names[name] = inode


def _kept_names(
    operations: list[list[tuple[str, int | None]]], style: Style, rng: random.Random
) -> list[tuple[str, int | None]]:
    match style:
        case "nothing":
            return []
        case "everything":
            kept = operations
        case "prefix":  # with a journal: the name changes up to some point survive
            kept = operations[: rng.randint(0, len(operations))]
        case _:  # no journal: each name may be in any of its states, independently of other names
            shown: dict[str, list[int | None]] = {}
            for changes in operations:
                for name, inode in changes:
                    shown.setdefault(name, []).append(inode)
            chosen = [(name, rng.randint(0, len(history))) for name, history in shown.items()]
            return [(name, shown[name][at - 1]) for name, at in chosen if at]
    return [change for changes in kept for change in changes]


def _kept_data(inode: _Inode, style: Style, rng: random.Random) -> bytes:
    if style == "nothing":
        return inode.safe
    if style == "everything":
        return _apply(inode.safe, inode.pending)
    block = rng.choice([512, 4096])
    filler = rng.choice([0, 0, 0xFF, 0x41])
    pieces = [
        (offset + at, data[at : at + block])
        for offset, data in inode.pending
        for at in range(0, len(data), block)
    ]
    if style == "prefix":
        pieces = pieces[: rng.randint(0, len(pieces))]
    else:
        rng.shuffle(pieces)
        pieces = pieces[: rng.randint(0, len(pieces))]
    return _apply(inode.safe, pieces, filler)
