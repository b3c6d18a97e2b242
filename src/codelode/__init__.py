"""codelode: local-first code search by meaning, at scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codelode.index import Index
    from codelode.types import Answer, Hit

__version__ = "0.1.0"
__all__ = ["Answer", "Hit", "Index", "__version__"]


def __getattr__(name: str) -> object:
    """Import what is asked for when it is: `lode --help` needs none of it, Ctrl-C comes early."""
    if name in ("Answer", "Hit"):
        from codelode import types

        return getattr(types, name)
    if name == "Index":
        from codelode import index

        return getattr(index, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
