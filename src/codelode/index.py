"""`Index`: the object users hold."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from codelode import metrics
from codelode.errors import DamagedError, FormatError, StoreError, UsageError
from codelode.reader import IndexReader
from codelode.store.locate import index_directory, real_root
from codelode.store.manifest import read_manifest
from codelode.store.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from codelode.discover.walk import WalkOptions
    from codelode.pipeline.plan import Plan
    from codelode.pipeline.status import Status
    from codelode.pipeline.update import Progress, UpdateOptions
    from codelode.report import UpdateReport
    from codelode.search.request import SearchRequest
    from codelode.serving.dispatcher import Dispatcher
    from codelode.store.verify import Finding
    from codelode.types import Answer, Skip

MAX_FILE_SIZE = 1 << 20


class Index(IndexReader):
    """The index of one tree. Any number of threads may search it while one updates it.

        index = Index.open("repo")
        index.update()
        hits = index.search("where are retries scheduled")

    Every method may raise a `codelode.errors.CodelodeError`.
    """

    @classmethod
    def open(
        cls,
        root: str | os.PathLike[str] = ".",
        index_dir: str | os.PathLike[str] | None = None,
        model: str | None = None,
        processes: int = 0,
    ) -> Index:
        """The index of `root`, which may not exist yet.

        `index_dir` is where indexes are kept (default: the user's cache folder), or the folder
        of one. `model` names an embedding model, or the folder of one (default: that of the
        index, or the bundled one). With `processes`, searches that several threads ask for at once
        are answered by up to so many processes, which are started when they are first needed and
        end with `close`, with this object or with us. Raises `UsageError` if `root` is not a folder
        we may read.
        """
        if processes < 0:
            raise UsageError(f"the number of search processes cannot be {processes}")
        real = real_root(root)
        directory = index_directory(real, index_dir)
        index = cls(real, directory, model, index_dir)
        if processes:
            index._start_dispatcher(processes)
        return index

    _dispatcher: Dispatcher | None = None

    def _start_dispatcher(self, processes: int) -> None:
        import weakref

        from codelode.serving.dispatcher import Dispatcher
        from codelode.serving.messages import WorkerOptions

        options = WorkerOptions.of(
            self.root, self.directory, self._model, self._index_dir, processes
        )
        self._dispatcher = Dispatcher(options)
        weakref.finalize(self, self._dispatcher.close)  # it does not know us

    def close(self) -> None:
        """End the search processes, if there are any; searches go on in this one."""
        if self._dispatcher is not None:
            self._dispatcher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def answer_request(self, request: SearchRequest, began: float) -> Answer:
        """Answer a request in this process, or in a search process if this one is busy."""
        if self._dispatcher is None:
            return super().answer_request(request, began)
        return self._dispatcher.answer(super().answer_request, request, began)

    @metrics.counting_errors("update")
    def update(
        self,
        paths: Iterable[str | os.PathLike[str]] | None = None,
        *,
        jobs: int | None = None,
        hidden: bool | None = None,
        no_ignore: bool | None = None,
        max_file_size: int | None = None,
        max_memory: int | None = None,
        rebuild: bool = False,
        wait: float = 0.0,
        on_wait: Callable[[str], None] | None = None,
        on_skip: Callable[[Skip], None] | None = None,
        progress: Progress | None = None,
        profile: bool = False,
        trace: str | os.PathLike[str] | None = None,
    ) -> UpdateReport:
        """Bring the index up to date with the tree.

        With `paths`, only with these files and folders (and all that is below them): absolute or
        relative to the root, they may be new, changed or gone. Nothing else is looked at, so this
        takes time for what is named and not for the tree. It equals an update of the whole tree
        if `paths` names everything that has changed. A rule file such as `.gitignore` stands for
        its folder. The tree is walked with the options that the index was made with.

        `jobs` processes (default: one per core). `max_file_size` is in bytes. `max_memory` caps
        what all of them use, in bytes (default: half of what the machine or its control group
        allows, at most 1 GiB). `rebuild` starts anew, whatever is there. If another process is
        indexing, waits for up to `wait` seconds, after telling `on_wait` its pid. `profile` asks
        for the slowest and largest files; `trace` is a file to write a profile of all processes
        to, for speedscope (needs the extra `profile`).

        Raises `LockedError`, `MemoryCapError` if the cap cannot be kept, `MismatchError` if the
        index was made by other models or code, `NoIndexError` if there is no index to update in
        part, `UsageError` if there is nothing to index or a path is not inside the root.
        """
        from codelode.discover.scope import Scope
        from codelode.pipeline.plan import nothing_to_index, refuse_empty
        from codelode.pipeline.trace import check, tracing
        from codelode.pipeline.update import UpdateOptions
        from codelode.store.lock import write_lock
        from codelode.system.cpu import available_cores

        # What makes no sense is refused before anything is touched.
        if paths is None:
            walk = self._walk_options(
                bool(hidden),
                bool(no_ignore),
                MAX_FILE_SIZE if max_file_size is None else max_file_size,
            )
            scope = None
        else:
            walk = self._recorded_walk(
                rebuild, hidden=hidden, no_ignore=no_ignore, max_file_size=max_file_size
            )
            scope = Scope.of(self.root, paths, no_ignore=walk.no_ignore)
        options = UpdateOptions(
            walk=walk,
            scope=scope,
            jobs=jobs or available_cores(),
            max_memory=max_memory,
            on_skip=on_skip,
            progress=progress,
            profile=profile,
        )
        place = Path(trace) if trace is not None else None
        if place is not None:
            check(place)
        self._load_encoder(None if rebuild else self._manifest())
        refuse_empty(self.root, options.walk)
        self._make_directory()
        with write_lock(self.directory, wait, on_wait), tracing(place) as traces:
            report = self._update_locked(replace(options, traces=traces), rebuild)
        if (recorder := metrics.recorder()) is not None:
            recorder.update_done(os.fsdecode(self.root), report, whole=scope is None)
        if report.files == 0:
            raise nothing_to_index(self.root, report.skipped)
        return report

    def _update_locked(self, options: UpdateOptions, rebuild: bool) -> UpdateReport:
        from codelode.pipeline.identity import next_manifest
        from codelode.pipeline.update import update
        from codelode.store.commit import settle

        current = None if rebuild else self._manifest()
        manifest = next_manifest(current, self.root, self._load_encoder(current), options.walk)
        if rebuild:
            manifest = replace(manifest, generation=self._last_generation())
        settle(self.storage, current)
        snapshot = Snapshot.open(self.storage) if current else None
        options = replace(options, model=manifest.encoder)
        with snapshot.damage_explained() if snapshot else nullcontext():
            encoder = self._load_encoder(manifest)
            return update(self.storage, self.root, manifest, snapshot, encoder, options)

    def plan(
        self,
        *,
        hidden: bool = False,
        no_ignore: bool = False,
        max_file_size: int = MAX_FILE_SIZE,
        on_skip: Callable[[Skip], None] | None = None,
    ) -> Plan:
        """What `update` with these options would do; touches nothing."""
        from codelode.pipeline.plan import plan

        snapshot = Snapshot.open(self.storage) if self.exists() else None
        options = self._walk_options(hidden, no_ignore, max_file_size)
        return plan(self.root, snapshot, options, on_skip)

    def verify(self) -> list[Finding]:
        """Check every byte and every reference of the index; what is wrong, or nothing."""
        from codelode.store.verify import verify

        return verify(self.storage)

    def repair(self, **options: Any) -> UpdateReport:
        """Make damaged segments anew from the sources.

        Takes the options of `update`; what is indexed is as it was unless they say otherwise.
        """
        from codelode.store.lock import write_lock
        from codelode.store.verify import drop_damaged

        try:
            with write_lock(self.directory, options.get("wait", 0.0), options.get("on_wait")):
                manifest = drop_damaged(self.storage)
        except (DamagedError, FormatError):  # of the manifest: nothing can be told from it
            return self.update(**{**options, "rebuild": True})
        return self.update(**{**manifest.options, **options})

    def status(self, changes: bool = True) -> Status:
        """An overview; with `changes`, also what an update would do now (walks the tree)."""
        from codelode.pipeline.status import describe

        snapshot = self.snapshot()
        plan = self.plan(**snapshot.manifest.options) if changes else None
        return describe(self.storage, snapshot, plan)

    def _last_generation(self) -> int:
        try:
            return read_manifest(self.storage).generation
        except StoreError:  # none, or a damaged one that is being replaced
            return 0

    def _walk_options(self, hidden: bool, no_ignore: bool, max_file_size: int) -> WalkOptions:
        from codelode.discover.walk import WalkOptions

        return WalkOptions(
            hidden=hidden,
            no_ignore=no_ignore,
            max_file_size=max_file_size,
            exclude=(os.path.realpath(self.directory),),
        )

    def _recorded_walk(self, rebuild: bool, **given: bool | int | None) -> WalkOptions:
        """Return the options that the index was made with, for an update of a part."""
        manifest = read_manifest(self.storage)
        if rebuild:
            raise UsageError("a rebuild is of the whole tree: leave out paths or rebuild")
        for name, value in given.items():
            if value is not None and value != manifest.options.get(name):
                raise UsageError(
                    f"the index was made with {name}={manifest.options.get(name)}: an update of"
                    " some paths cannot change that"
                )
        return self._walk_options(**manifest.options)

    def _make_directory(self) -> None:
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"cannot create {self.directory}: {error.strerror}") from None
