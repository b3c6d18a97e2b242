"""The index of one tree, as updates see it."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from codelode import metrics
from codelode.discover.options import WalkOptions
from codelode.errors import DamagedError, FormatError, StoreError, UsageError
from codelode.store.lock import PATIENCE
from codelode.store.manifest import read_manifest
from codelode.store.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from codelode.discover.scope import Scope
    from codelode.pipeline.options import UpdateOptions
    from codelode.pipeline.plan import Plan
    from codelode.pipeline.update import UpdateContext
    from codelode.reader import IndexReader
    from codelode.report import UpdateReport
    from codelode.store.manifest import Manifest
    from codelode.types import Skip

Traces = list[tuple[str, str]]


class Looked(NamedTuple):
    """A look at the whole tree that precedes an update of some paths.

    The paths of the update include everything that differs. `generation` is the generation that the
    tree was compared with, `began_ns` the time before the look began.
    """

    generation: int
    began_ns: int


class IndexWriter:
    """The writer of the index that covers the root of a reader, usually the reader's own index.

    One process at a time can write to an index.
    """

    def __init__(self, reader: IndexReader) -> None:
        self._asked = reader
        self._reader = reader.update_home()
        self._storage = self._reader.storage

    def walk_options(self, options: Mapping[str, bool | int | None]) -> WalkOptions:
        """Return the options of a walk that leaves the index itself out."""
        return WalkOptions.of(options, exclude=(os.path.realpath(self._reader.directory),))

    def plan(
        self,
        options: Mapping[str, bool | int | None],
        on_skip: Callable[[Skip], None] | None = None,
        read: bool = False,
    ) -> Plan:
        """Return the plan of an update with these walk options; change nothing.

        `read` is as in `pipeline.plan.plan`.
        """
        from codelode.pipeline.plan import plan

        walk, reader = self.walk_options(options), self._reader
        snapshot = reader.snapshot() if reader.exists() else None
        return plan(reader.root, snapshot, walk, on_skip, read)

    def update(
        self, options: UpdateOptions, looked: Looked | None = None, patience: float = PATIENCE
    ) -> UpdateReport:
        """Bring the index up to date with its tree. Raises what `Index.update` raises.

        `looked` describes a look at the whole tree before an update of some paths. With it, later
        updates have to read again only what has changed since that look. Waits for another writer
        for up to `patience` seconds, or `options.wait` seconds if that is longer.
        """
        from codelode.discover.slices import Slice
        from codelode.pipeline.plan import nothing_to_index, refuse_empty
        from codelode.pipeline.trace import check, tracing
        from codelode.store.lock import write_lock

        reader, options = self._reader, self._adapted(options)
        # Refuse invalid arguments before anything is touched.
        if options.trace is not None:
            check(options.trace)
        walk, scope = self._extent(options)
        reader.load_encoder(None if options.rebuild else reader.manifest())
        refuse_empty(reader.root, walk)
        self._make_directory()
        lock = write_lock(reader.directory, max(options.wait, patience), options.on_wait)
        with lock, tracing(options.trace) as traces:
            report = self._update_locked(options, traces, looked)
        if (recorder := metrics.recorder()) is not None:
            recorder.update_done(os.fsdecode(reader.root), report, whole=scope is None)
        if report.files == 0 and options.slice == Slice():
            raise nothing_to_index(reader.root, report.skipped)
        return report

    def repair(self, options: UpdateOptions) -> UpdateReport:
        """Drop damaged segments and update; the recorded options apply unless others are given.

        If the manifest itself is damaged, rebuild. Raises what `update` raises.
        """
        from codelode.store.lock import write_lock
        from codelode.store.verify import drop_damaged

        try:
            with write_lock(self._reader.directory, options.wait, options.on_wait):
                recorded = drop_damaged(self._storage).options
        except (DamagedError, FormatError):
            return self.update(replace(options, rebuild=True))
        return self.update(replace(options, **{**recorded, **options.walk_options()}))

    def _adapted(self, options: UpdateOptions) -> UpdateOptions:
        """Return the options; those recorded in an enclosing folder's index are the defaults."""
        if self._reader is self._asked:
            return options
        paths = options.paths
        if paths is not None:
            paths = tuple(self._asked.root / path for path in paths)
        recorded = read_manifest(self._storage).options
        usual = WalkOptions().recorded()
        given = {k: v for k, v in options.walk_options().items() if v != usual[k]}
        return replace(options, paths=paths, **{**recorded, **given})

    def _extent(self, options: UpdateOptions) -> tuple[WalkOptions, Scope | None]:
        """Return the walk options of an update, and its scope (None for the whole tree).

        Raises `UsageError` if an update of paths would rebuild, or change the recorded options.
        """
        given = options.walk_options()
        walk = self.walk_options(given)
        if options.paths is None:
            return walk, None
        from codelode.discover.scope import Scope

        if options.rebuild:
            raise UsageError("a rebuild covers the whole tree: leave out paths, or rebuild")
        recorded = read_manifest(self._storage).options
        for name, value in given.items():
            if value != recorded.get(name, False):
                raise UsageError(
                    f"the index was made with {name}={recorded.get(name)}, and an update of some"
                    " paths cannot change that: update the whole tree"
                )
        walk = self.walk_options(recorded)
        return walk, Scope.of(self._reader.root, options.paths, no_ignore=walk.no_ignore)

    def _update_locked(
        self, options: UpdateOptions, traces: Traces | None, looked: Looked | None
    ) -> UpdateReport:
        from codelode.pipeline.update import update
        from codelode.store.commit import settle

        current = None if options.rebuild else self._reader.manifest()
        settle(self._storage, current)
        if current is not None and looked is not None and looked.generation == current.generation:
            current = replace(current, started_ns=max(current.started_ns, looked.began_ns))
        snapshot = Snapshot.open(self._storage) if current else None
        context = self._context(options, current, snapshot, traces)
        with snapshot.damage_explained() if snapshot else nullcontext():
            return update(context, options)

    def _context(
        self,
        options: UpdateOptions,
        current: Manifest | None,
        snapshot: Snapshot | None,
        traces: Traces | None,
    ) -> UpdateContext:
        """Return the context of an update; `current` and `snapshot` are None for a new index."""
        from codelode.pipeline.identity import next_manifest
        from codelode.pipeline.update import UpdateContext

        reader = self._reader
        walk, scope = self._extent(options)  # again: another process may have updated meanwhile
        encoder = reader.load_encoder(current)
        manifest = next_manifest(current, reader.root, encoder, walk)
        if options.rebuild:
            manifest = replace(manifest, generation=self._last_generation())
        return UpdateContext(
            storage=self._storage,
            root=reader.root,
            walk=walk,
            scope=scope,
            manifest=manifest,
            snapshot=snapshot,
            encoder=encoder,
            model=None if reader.has_own_encoder else manifest.encoder,
            traces=traces,
        )

    def _last_generation(self) -> int:
        try:
            return read_manifest(self._storage).generation
        except StoreError:  # no manifest, or a damaged one that is being replaced
            return 0

    def _make_directory(self) -> None:
        directory = self._reader.directory
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"cannot create {directory}: {error.strerror}") from None
