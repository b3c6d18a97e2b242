"""Pushes, pulls and clean-ups as dictionaries, and the operations that make them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from codelode.answers.build import require, update
from codelode.answers.unicode import without_surrogates
from codelode.errors import UsageError
from codelode.objects.folder import FolderStore
from codelode.objects.generations import Generations
from codelode.objects.urls import open_object_store
from codelode.sharing.layout import Push, decode_pushes
from codelode.sharing.pull import PullOptions, PullReport, pull
from codelode.sharing.push import PushOptions, PushReport, push
from codelode.sharing.retention import CleanReport, Retention, clean

if TYPE_CHECKING:
    from codelode.answers.build import Meter
    from codelode.index import Index
    from codelode.objects.store import ObjectStore
    from codelode.report import UpdateReport


def push_index(
    index: Index, destination: str, options: PushOptions, meter: Meter | None = None
) -> PushReport:
    """Push the index that covers `index.root`. Raises `NoIndexError` and what `push` raises."""
    home = index.reader.home()
    if home is index.reader:
        require(index)
    return push(home.snapshot(), home.root, open_object_store(destination), options, meter)


def pull_index(
    index: Index, source: str, options: PullOptions, meter: Meter | None = None
) -> PullReport:
    """Pull an index for the root of `index`.

    Raises what `pull` does, and `UsageError` if the source is a folder that does not exist.
    """
    return pull(index.reader, _existing_store(source), options, meter)


def update_pulled(index: Index, wait: float, meter: Meter | None = None) -> UpdateReport:
    """Bring a pulled index up to date with the tree, with the options that its manifest records."""
    return update(index, meter, **index.snapshot().manifest.options, wait=wait)


def pushes_at(place: str) -> list[Push]:
    """Return the pushes in an object store, the newest first.

    Raises `UsageError` if it is a folder that does not exist.
    """
    store = _existing_store(place)
    return decode_pushes(store, Generations(store).newest())[::-1]


def clean_store(place: str, retention: Retention, dry_run: bool) -> CleanReport:
    """Remove old pushes from an object store.

    Raises what `clean` does, and `UsageError` if it is a folder that does not exist.
    """
    return clean(_existing_store(place), retention, dry_run)


def _existing_store(place: str) -> ObjectStore:
    """Return the object store at a place.

    Raises `UsageError` if its folder does not exist: only a push creates the folder.
    """
    store = open_object_store(place)
    if isinstance(store, FolderStore) and not store.directory.exists():
        raise UsageError(f"no such folder: {store.place}")
    return store


def push_object(report: PushReport) -> dict[str, Any]:
    """Return the report of a push."""
    return _flat(report)


def pull_object(report: PullReport, updated: UpdateReport | None) -> dict[str, Any]:
    """Return the report of a pull; `updated` is null if the index was not brought up to date."""
    counts = ("files_added", "files_changed", "files_removed", "chunks_made", "seconds")
    made = None if updated is None else {name: getattr(updated, name) for name in counts}
    return {**_flat(report), "updated": made}


def pushes_object(place: str, pushes: list[Push]) -> dict[str, Any]:
    """Return a list of pushes."""
    return {"place": without_surrogates(place), "pushes": [asdict(push) for push in pushes]}


def clean_object(report: CleanReport, dry_run: bool) -> dict[str, Any]:
    """Return the report of a clean-up, or of its dry run."""
    return {"dry_run": dry_run, **asdict(report), "place": without_surrogates(report.place)}


def _flat(report: PushReport | PullReport) -> dict[str, Any]:
    """Return the fields of a report, with the fields of its push in place of `push`."""
    fields = asdict(report)
    push = fields.pop("push")
    return {**push, **fields, "place": without_surrogates(report.place)}
