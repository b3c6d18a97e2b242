"""`Index`: the object users hold."""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from codelode import metrics
from codelode.errors import (
    DamagedError,
    FormatError,
    MismatchError,
    NoIndexError,
    StoreError,
    UsageError,
)
from codelode.store.locate import index_directory, real_root
from codelode.store.manifest import (
    MANIFEST,
    Manifest,
    check_model,
    read_manifest,
    read_stamp,
)
from codelode.store.snapshot import Snapshot
from codelode.types import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codelode.discover.walk import WalkOptions
    from codelode.embed.encoder import Encoder
    from codelode.metrics.instruments import Recorder
    from codelode.pipeline.plan import Plan
    from codelode.pipeline.status import Status
    from codelode.pipeline.update import Progress, UpdateOptions
    from codelode.report import UpdateReport
    from codelode.search.searcher import Mode
    from codelode.serving import Serving
    from codelode.store.verify import Finding
    from codelode.types import Hit, Skip

MAX_FILE_SIZE = 1 << 20


class Index:
    """The index of one tree. Any number of threads may search it while one updates it.

        index = Index.open("repo")
        index.update()
        hits = index.search("where are retries scheduled")

    Every method may raise a `codelode.errors.CodelodeError`.
    """

    def __init__(
        self,
        root: Path,
        directory: Path,
        model: str | None,
        index_dir: str | os.PathLike[str] | None = None,
        processes: int = 0,
    ) -> None:
        """Use `Index.open`."""
        self._index_dir = index_dir
        self.root = root
        self.directory = directory
        self._model = model
        self._encoder: Encoder | None = None
        self._opened: tuple[bytes, Snapshot] | None = None  # the manifest's stamp, and what it says
        self._serving: Serving | None = None
        if processes:
            import weakref

            from codelode.serving import Serving, WorkerOptions

            self._serving = Serving(WorkerOptions.of(root, directory, model, index_dir, processes))
            weakref.finalize(self, self._serving.close)  # it does not know us

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
        return cls(real, directory, model, index_dir, processes)

    def close(self) -> None:
        """End the search processes, if there are any; searches go on in this one."""
        if self._serving is not None:
            self._serving.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def exists(self) -> bool:
        """Whether anything was committed yet."""
        try:
            read_manifest(self.directory)
        except NoIndexError:
            return False
        return True

    def covered_by(self) -> Index | None:
        """The index of an enclosing folder that holds this one's files, if there is one.

        A search uses it where this root has no index of its own.
        """
        from codelode.search.filters import covers

        for parent in self.root.parents:
            outer = Index(parent, index_directory(parent, self._index_dir), self._model)
            try:
                recorded = read_manifest(outer.directory).root
            except NoIndexError:
                continue
            if recorded == os.fsdecode(parent) and covers(
                outer.snapshot(), f"{self.root.relative_to(parent)}/"
            ):
                return outer
        return None

    @metrics.counting_errors("update")
    def update(
        self,
        *,
        jobs: int | None = None,
        hidden: bool = False,
        no_ignore: bool = False,
        max_file_size: int = MAX_FILE_SIZE,
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

        `jobs` processes (default: one per core). `max_file_size` is in bytes. `max_memory` caps
        what all of them use, in bytes (default: half of what the machine or its control group
        allows, at most 1 GiB). `rebuild` starts anew, whatever is there. If another process is
        indexing, waits for up to `wait` seconds, after telling `on_wait` its pid. `profile` asks
        for the slowest and largest files; `trace` is a file to write a profile of all processes
        to, for speedscope (needs the extra `profile`).

        Raises `LockedError`, `MemoryCapError` if the cap cannot be kept, `MismatchError` if the
        index was made by other models or code, `UsageError` if there is nothing to index.
        """
        from codelode.pipeline.plan import nothing_to_index, refuse_empty
        from codelode.pipeline.pool import available_cores
        from codelode.pipeline.trace import check, tracing
        from codelode.pipeline.update import UpdateOptions
        from codelode.store.lock import write_lock

        options = UpdateOptions(
            self._walk_options(hidden, no_ignore, max_file_size),
            jobs or available_cores(),
            None,
            max_memory,
            on_skip,
            progress,
            profile,
        )
        # What makes no sense is refused before anything is touched.
        place = Path(trace) if trace is not None else None
        if place is not None:
            check(place)
        self._load_encoder(None if rebuild else self._manifest())
        refuse_empty(self.root, options.walk)
        self._make_directory()
        with write_lock(self.directory, wait, on_wait), tracing(place) as traces:
            report = self._update_locked(replace(options, traces=traces), rebuild)
        if (recorder := metrics.recorder()) is not None:
            recorder.update_done(os.fsdecode(self.root), report)
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
        settle(self.directory, current)
        snapshot = Snapshot.open(self.directory) if current else None
        options = replace(options, model=manifest.encoder)
        with snapshot.damage_explained() if snapshot else nullcontext():
            encoder = self._load_encoder(manifest)
            return update(self.directory, self.root, manifest, snapshot, encoder, options)

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

        snapshot = Snapshot.open(self.directory) if self.exists() else None
        options = self._walk_options(hidden, no_ignore, max_file_size)
        return plan(self.root, snapshot, options, on_skip)

    def search(
        self,
        query: str,
        limit: int = 10,
        mode: Mode = "hybrid",
        languages: Sequence[str] | None = None,
        globs: Sequence[str] | None = None,
        explain: bool = False,
    ) -> list[Hit]:
        """The hits of `answer`."""
        return self.answer(query, limit, mode, languages, globs, explain).hits

    @metrics.counting_errors("search")
    def answer(
        self,
        query: str,
        limit: int = 10,
        mode: Mode = "hybrid",
        languages: Sequence[str] | None = None,
        globs: Sequence[str] | None = None,
        explain: bool = False,
    ) -> Answer:
        """Search the newest committed snapshot; never waits for a writer.

        `languages` are names or aliases, `globs` as in ripgrep's `-g` (`!` excludes): both decide
        what may be found at all. `explain` fills `Hit.signals`. Raises `NoIndexError`.
        """
        if self._serving is None:
            return self._answer(query, limit, mode, languages, globs, explain)
        return self._serving.answer(self._answer, query, limit, mode, languages, globs, explain)

    def _answer(
        self,
        query: str,
        limit: int,
        mode: Mode,
        languages: Sequence[str] | None,
        globs: Sequence[str] | None,
        explain: bool,
    ) -> Answer:
        from codelode.search.searcher import SearchOptions, search

        began = time.perf_counter()
        if languages:
            from codelode.discover.language import resolve

            languages = [resolve(name) for name in languages]
        options = SearchOptions(limit, mode, languages, globs, explain)
        outer = None if (self.directory / MANIFEST).exists() else self.covered_by()
        if outer is not None:
            options = replace(options, below=f"{self.root.relative_to(outer.root)}/")
        source = outer or self
        snapshot = source.snapshot()
        encoder = None if mode == "lexical" else source._load_encoder(snapshot.manifest)
        hits = search(snapshot, encoder, source.root, query, options)
        if outer is not None:
            hits = [replace(hit, path=hit.path.removeprefix(options.below)) for hit in hits]
        seconds = time.perf_counter() - began
        if (recorder := metrics.recorder()) is not None:
            recorder.query_done(mode, seconds)
            source._note(snapshot.manifest, recorder)
        return Answer(
            query=query,
            root=os.fsdecode(self.root),
            generation=snapshot.manifest.generation,
            files=snapshot.manifest.files,
            chunks=snapshot.manifest.chunks,
            complete=snapshot.manifest.complete,
            stale_files=len({hit.path for hit in hits if hit.stale}),
            hits=hits,
            seconds=seconds,
        )

    def encoder(self) -> Encoder:
        """The embedding model in use: the one asked for, that of the index, or the default."""
        return self._load_encoder(self._manifest())

    def snapshot(self) -> Snapshot:
        """The newest committed snapshot, opened if it is not the one opened before."""
        stamp = read_stamp(self.directory)
        opened = self._opened  # one attribute: threads must not see half of a change
        if opened is not None and opened[0] == stamp:
            return opened[1]
        snapshot = Snapshot.open(self.directory)
        self._check_root(snapshot.manifest)
        self._opened = stamp, snapshot
        return snapshot

    def verify(self) -> list[Finding]:
        """Check every byte and every reference of the index; what is wrong, or nothing."""
        from codelode.store.verify import verify

        return verify(self.directory)

    def repair(self, **options: Any) -> UpdateReport:
        """Make damaged segments anew from the sources.

        Takes the options of `update`; what is indexed is as it was unless they say otherwise.
        """
        from codelode.store.lock import write_lock
        from codelode.store.verify import drop_damaged

        try:
            with write_lock(self.directory, options.get("wait", 0.0), options.get("on_wait")):
                manifest = drop_damaged(self.directory)
        except (DamagedError, FormatError):  # of the manifest: nothing can be told from it
            return self.update(**{**options, "rebuild": True})
        return self.update(**{**manifest.options, **options})

    def status(self, changes: bool = True) -> Status:
        """An overview; with `changes`, also what an update would do now (walks the tree)."""
        from codelode.pipeline.status import describe

        snapshot = self.snapshot()
        plan = self.plan(**snapshot.manifest.options) if changes else None
        return describe(self.directory, snapshot, plan)

    def _manifest(self) -> Manifest | None:
        try:
            manifest = read_manifest(self.directory)
        except NoIndexError:
            return None
        self._check_root(manifest)
        return manifest

    def _check_root(self, manifest: Manifest) -> None:
        if manifest.root != os.fsdecode(self.root):
            raise MismatchError(
                f"{self.directory} holds the index of {manifest.root}, not of {self.root}"
            )

    def _last_generation(self) -> int:
        try:
            return read_manifest(self.directory).generation
        except StoreError:  # none, or a damaged one that is being replaced
            return 0

    def _load_encoder(self, manifest: Manifest | None) -> Encoder:
        """The encoder asked for, or that of the index, or the bundled one; checked against it."""
        if self._encoder is None:
            from codelode.embed.load import load

            self._encoder = load(self._model or (manifest.encoder if manifest else None))
        if manifest is not None:
            check_model(manifest, self._encoder.name, self._encoder.fingerprint)
        return self._encoder

    def _note(self, manifest: Manifest, recorder: Recorder) -> None:
        recorder.index_seen(
            os.fsdecode(self.root),
            manifest.generation,
            files=manifest.files,
            chunks=manifest.chunks,
            segments=len(manifest.segments),
            size=manifest.index_bytes,
        )

    def _walk_options(self, hidden: bool, no_ignore: bool, max_file_size: int) -> WalkOptions:
        from codelode.discover.walk import WalkOptions

        return WalkOptions(
            hidden=hidden,
            no_ignore=no_ignore,
            max_file_size=max_file_size,
            exclude=(os.path.realpath(self.directory),),
        )

    def _make_directory(self) -> None:
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"cannot create {self.directory}: {error.strerror}") from None
