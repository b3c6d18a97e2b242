"""The error of a command whose extras are not installed."""

from __future__ import annotations

from codelode.errors import UsageError


def missing_extras(command: str, error: ModuleNotFoundError, *extras: str) -> UsageError:
    """Return the error that a module of a command's extras is missing, with the remedy."""
    from codelode.doctor.extras import install

    noun = "extra" if len(extras) == 1 else "extras"
    return UsageError(
        f"`lode {command}` needs the {noun} {' and '.join(extras)}, {error.name} is missing:"
        f" {install(','.join(extras))}"
    )
