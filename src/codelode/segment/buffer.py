"""The bytes of an immutable file, open for reading, wherever it is kept."""

from __future__ import annotations

from typing import Protocol


class Buffer(Protocol):
    """An open file: its name, its bytes, and a lock against truncation while they are read."""

    @property
    def name(self) -> str:
        """The file's name, for messages."""

    @property
    def view(self) -> memoryview:
        """All bytes of the file as it was opened."""

    def size_now(self) -> int:
        """Return the length of the file as it is now, in bytes."""

    def take(self) -> None:
        """Keep other processes from truncating the file, as far as the system can."""

    def give_back(self) -> None:
        """Undo one call of `take`."""


class MemoryBuffer:
    """A buffer of bytes in memory, which nobody can truncate."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self.view = memoryview(data)

    def size_now(self) -> int:
        """Return the number of bytes."""
        return len(self.view)

    def take(self) -> None:
        """Do nothing: nobody can truncate memory."""

    def give_back(self) -> None:
        """Do nothing, like `take`."""
