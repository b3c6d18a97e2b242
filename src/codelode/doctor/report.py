"""All findings, in the order in which they are shown."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codelode.answers.unicode import without_surrogates
from codelode.doctor import indexes, machine, packages
from codelode.doctor.clients import clients
from codelode.doctor.extras import extras
from codelode.doctor.settings import model_of, settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codelode.doctor.diagnosis import Diagnosis
    from codelode.index import Index


def examine(index: Index, index_dir: str | None, deep: bool) -> Iterator[Diagnosis]:
    """Yield every finding about this installation and the index of a root."""
    yield from machine.environment()
    yield from packages.dependencies()
    yield from packages.model(model_of(index.root))
    yield from packages.grammars()
    yield from extras()
    yield from settings(index.root)
    yield from machine.cache(index_dir)
    yield from indexes.health(index, deep)
    yield from indexes.orphans(index_dir)
    yield from indexes.doubled(index_dir)
    yield from machine.watching(index.root, indexes.folders_of(index))
    yield from clients(index.root)


def report_object(found: Iterable[Diagnosis]) -> dict[str, Any]:
    """Return findings as a dictionary."""
    rows = [
        {name: without_surrogates(text) for name, text in asdict(each).items()} for each in found
    ]
    return {"healthy": all(row["level"] != "problem" for row in rows), "findings": rows}
