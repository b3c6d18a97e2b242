"""codelode: local-first code search by meaning, at scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codelode.index import Answer, Index
    from codelode.types import Hit

__version__ = "0.1.0"
__all__ = ["Answer", "Hit", "Index", "__version__"]


def __getattr__(name: str) -> object:
    """Import what is asked for when it is: `lode --help` needs none of it, Ctrl-C comes early."""
    if name == "Hit":
        from codelode import types

        return types.Hit
    if name in __all__:
        from codelode import index

        return getattr(index, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
