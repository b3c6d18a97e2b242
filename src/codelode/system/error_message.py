"""Errors that cross processes: packed as JSON and raised again, or a program's last stderr line."""

from __future__ import annotations

from typing import Any

from codelode import errors
from codelode.errors import CodelodeError


def last_line(stderr: bytes) -> str:
    """Return the last line that a program wrote to its standard error; empty if it wrote none."""
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""


def pack_error(error: CodelodeError | OSError) -> dict[str, Any]:
    """Return an error as JSON."""
    if isinstance(error, OSError):
        return {"os": [error.errno, error.strerror, error.filename]}
    return {"error": type(error).__name__, "arguments": error.args}


def raise_packed(head: dict[str, Any]) -> None:
    """Raise the error that the JSON head of a reply holds, if it holds one."""
    if "error" in head:
        raise getattr(errors, head["error"])(*head["arguments"])
    if "os" in head:
        raise OSError(*head["os"])
