"""codelode: local-first code search by meaning, at scale.

    from codelode import Index

    index = Index.open("path/to/repo")
    index.update()
    hits = index.search("where are retries scheduled")

The names in `__all__`, and `codelode.metrics.enable` and `disable`, are the public interface:
docs/api.md. All other modules are internal and may change with any version.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing `typing` would take longer than the rest of this module
if TYPE_CHECKING:
    from codelode.embed.encoder import Encoder
    from codelode.errors import (
        ClusterError,
        CodelodeError,
        DamagedError,
        FormatError,
        IndexingError,
        LockedError,
        MemoryCapError,
        MismatchError,
        ModelError,
        NoIndexError,
        NoObjectError,
        ObjectStoreError,
        StaleWriterError,
        StoreError,
        UnfitStoreError,
        UsageError,
    )
    from codelode.index import Index
    from codelode.pipeline.options import Progress, UpdateSettings
    from codelode.pipeline.plan import Plan
    from codelode.pipeline.status import Status
    from codelode.report import FileCost, Load, StageTime, UpdateReport
    from codelode.roster.repositories import RepositoryTotals
    from codelode.rosters import RosterReader
    from codelode.search.request import Mode, SearchOptions
    from codelode.store.verify import Finding
    from codelode.types import (
        Answer,
        Fresh,
        Freshness,
        Hit,
        Passages,
        Skip,
        SkipReason,
        SymbolHit,
        WatchState,
    )
    from codelode.watch.watcher import Watcher

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "ClusterError",
    "CodelodeError",
    "DamagedError",
    "Encoder",
    "FileCost",
    "Finding",
    "FormatError",
    "Fresh",
    "Freshness",
    "Hit",
    "Index",
    "IndexingError",
    "Load",
    "LockedError",
    "MemoryCapError",
    "MismatchError",
    "Mode",
    "ModelError",
    "NoIndexError",
    "NoObjectError",
    "ObjectStoreError",
    "Passages",
    "Plan",
    "Progress",
    "RepositoryTotals",
    "RosterReader",
    "SearchOptions",
    "Skip",
    "SkipReason",
    "StageTime",
    "StaleWriterError",
    "Status",
    "StoreError",
    "SymbolHit",
    "UnfitStoreError",
    "UpdateReport",
    "UpdateSettings",
    "UsageError",
    "WatchState",
    "Watcher",
    "__version__",
]

_HOMES = {
    "Encoder": "codelode.embed.encoder",
    "FileCost": "codelode.report",
    "Finding": "codelode.store.verify",
    "Index": "codelode.index",
    "Load": "codelode.report",
    "Mode": "codelode.search.request",
    "Plan": "codelode.pipeline.plan",
    "Progress": "codelode.pipeline.options",
    "RepositoryTotals": "codelode.roster.repositories",
    "RosterReader": "codelode.rosters",
    "SearchOptions": "codelode.search.request",
    "StageTime": "codelode.report",
    "Status": "codelode.pipeline.status",
    "UpdateReport": "codelode.report",
    "UpdateSettings": "codelode.pipeline.options",
    "Watcher": "codelode.watch.watcher",
    **dict.fromkeys(
        (
            "Answer",
            "Fresh",
            "Freshness",
            "Hit",
            "Passages",
            "Skip",
            "SkipReason",
            "SymbolHit",
            "WatchState",
        ),
        "codelode.types",
    ),
}
"""The module of each public name; exceptions are in `codelode.errors`."""


if not TYPE_CHECKING:  # type checkers must not see this: they would accept any name

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used, so that `import codelode` stays cheap."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(_HOMES.get(name, "codelode.errors")), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """Return the public names, also those not imported yet."""
    return sorted({*globals(), *__all__})
