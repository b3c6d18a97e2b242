"""`Index`: the object that users hold."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self, Unpack

from codelode import arguments, metrics
from codelode.errors import NoIndexError, StoreError, UsageError
from codelode.reader import IndexReader
from codelode.search.request import SearchRequest
from codelode.store.locate import index_directory, real_root
from codelode.store.manifest import read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from codelode.embed.encoder import Encoder
    from codelode.pipeline.options import Paths, UpdateSettings
    from codelode.pipeline.plan import Plan
    from codelode.pipeline.status import Status
    from codelode.report import UpdateReport
    from codelode.search.request import Mode
    from codelode.serving.dispatcher import Dispatcher
    from codelode.store.snapshot import Snapshot
    from codelode.store.verify import Finding
    from codelode.types import Answer, Hit, Skip
    from codelode.writer import IndexWriter


class Index:
    """The index of one tree. Any number of threads may search it while one updates it.

        index = Index.open("repo")
        index.update()
        hits = index.search("where are retries scheduled")

    Every method may raise a `codelode.CodelodeError`.
    """

    def __init__(self, reader: IndexReader, dispatcher: Dispatcher | None = None) -> None:
        """Use `Index.open`."""
        self._reader = reader
        self._dispatcher = dispatcher

    @classmethod
    def open(
        cls,
        root: str | os.PathLike[str] = ".",
        index_dir: str | os.PathLike[str] | None = None,
        model: str | None = None,
        processes: int = 0,
        encoder: Encoder | None = None,
    ) -> Index:
        """Return the index of `root`, which need not exist yet.

        `index_dir` is the folder that holds indexes (default: the user's cache folder), or the
        folder of this one. `model` names an embedding model or its folder (default: the model that
        the index was made with, else the bundled one). `encoder` is an embedding model of your own
        instead; only this process has it, so updates use no other process.

        With `processes`, searches that several threads ask for at once are answered by up to that
        many child processes. They start when they are first needed, and end with `close`, with
        this object or with this program.

        Raises `UsageError` if `root` is not a folder that can be read.
        """
        real = real_root(arguments.path("root", root))
        if index_dir is not None:
            index_dir = arguments.path("index_dir", index_dir).expanduser().absolute()
        if model is not None:
            model = arguments.string("model", model)
        processes = arguments.whole_number("processes", processes)
        directory = index_directory(real, index_dir)
        if encoder is None:
            index = cls(IndexReader(real, directory, model, index_dir))
            if processes:
                index._dispatch(processes)
            return index
        if model is not None or processes:
            raise UsageError("an encoder cannot be combined with a model or child processes")
        from codelode.embed.checked import CheckedEncoder

        return cls(IndexReader(real, directory, None, index_dir, CheckedEncoder(encoder)))

    def _dispatch(self, processes: int) -> None:
        """Let child processes answer concurrent searches."""
        import weakref

        from codelode.serving.dispatcher import Dispatcher

        self._dispatcher = Dispatcher(self._reader, processes)
        weakref.finalize(self, self._dispatcher.close)  # it has no reference to this object

    def close(self) -> None:
        """End the child processes, if there are any; later searches run in this process."""
        if self._dispatcher is not None:
            self._dispatcher.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        try:
            manifest = read_manifest(self._reader.storage)
        except NoIndexError:
            state = "no index yet"
        except StoreError as error:
            state = type(error).__name__
        else:
            state = f"generation {manifest.generation}, {manifest.files:,} files"
        return f"<Index of {os.fsdecode(self.root)!r}: {state}>"

    @property
    def root(self) -> Path:
        """The real path of the tree."""
        return self._reader.root

    @property
    def directory(self) -> Path:
        """The folder of the index, which need not exist yet."""
        return self._reader.directory

    def exists(self) -> bool:
        """Return whether anything was committed yet."""
        return self._reader.exists()

    def enclosing_root(self) -> Path | None:
        """Return the root of an enclosing index that covers this tree, if there is one.

        Searches use it while this tree has no index of its own.
        """
        outer = self._reader.enclosing()
        return None if outer is None else outer.root

    def search(
        self,
        query: str,
        limit: int = 10,
        mode: Mode = "hybrid",
        languages: Sequence[str] | str | None = None,
        globs: Sequence[str] | str | None = None,
        explain: bool = False,
    ) -> list[Hit]:
        """Return the hits of `answer`, which takes the same arguments."""
        return self.answer(query, limit, mode, languages, globs, explain).hits

    @metrics.counting_errors("search")
    def answer(
        self,
        query: str,
        limit: int = 10,
        mode: Mode = "hybrid",
        languages: Sequence[str] | str | None = None,
        globs: Sequence[str] | str | None = None,
        explain: bool = False,
    ) -> Answer:
        """Search the newest committed snapshot. Never waits for an update.

        `languages` are names or aliases, `globs` are patterns as for ripgrep's `-g` (`!` excludes).
        Both restrict what is searched; a single string means one item. `explain` fills
        `Hit.features`.

        Raises `NoIndexError`, `UsageError` for arguments that make no sense.
        """
        request = SearchRequest(query, limit, mode, languages, globs, explain)
        return (self._dispatcher or self._reader).answer(request)

    @metrics.counting_errors("update")
    def update(
        self, paths: Paths | None = None, **settings: Unpack[UpdateSettings]
    ) -> UpdateReport:
        """Bring the index up to date with the tree.

        With `paths`, only these files and folders (with all that is below them): absolute or
        relative to the root, they may be new, changed or gone. Nothing else is looked at, so the
        time depends on what is named and not on the tree. The result equals an update of the whole
        tree if `paths` names everything that changed. A rule file such as `.gitignore` stands for
        its folder. The tree is walked with the options that the index was made with.

        The settings, all of them keywords:
        `jobs`: the number of worker processes (default: one per core).
        `hidden`, `no_ignore`, `installed`, `max_file_size` (bytes): which files to index (default:
        False, False, False, 1 MiB). `installed` stands for installed packages and caches.
        `max_memory`: the most that all processes use, in bytes (default: half of what the machine
        or its control group allows, at most 1 GiB).
        `rebuild`: replace the index, whatever it holds.
        `wait`: seconds to wait for another process that is indexing; `on_wait` is told its pid.
        `on_skip` is called with each skipped file; `progress` is told of files found and done.
        `profile`: list the slowest and largest files in the report.
        `trace`: a file for a profile of all processes, for speedscope (extra `profile`).

        Raises `LockedError`, `MemoryCapError` if the cap cannot be kept, `MismatchError` if the
        index was made by other models or code, `NoIndexError` if there is no index to update in
        part, `UsageError` if there is nothing to index or a path is not inside the root.
        """
        from codelode.pipeline.options import UpdateOptions

        return self._writer().update(UpdateOptions.of(paths, settings))

    def plan(
        self,
        *,
        hidden: bool | None = None,
        no_ignore: bool | None = None,
        installed: bool | None = None,
        max_file_size: int | None = None,
        on_skip: Callable[[Skip], None] | None = None,
    ) -> Plan:
        """Return the plan of an update with these options; change nothing."""
        from codelode.pipeline.plan import plan

        given = {
            "hidden": hidden,
            "no_ignore": no_ignore,
            "installed": installed,
            "max_file_size": max_file_size,
        }
        walk = self._writer().walk_options(given)
        arguments.function("on_skip", on_skip)
        snapshot = self.snapshot() if self.exists() else None
        return plan(self.root, snapshot, walk, on_skip)

    def verify(self) -> list[Finding]:
        """Check every byte and every reference of the index; return the damage, if any."""
        from codelode.store.verify import verify

        return verify(self._reader.storage)

    @metrics.counting_errors("update")
    def repair(self, **settings: Unpack[UpdateSettings]) -> UpdateReport:
        """Drop damaged segments and index their files again.

        Takes the settings of `update`; the recorded ones apply where none are given.
        """
        from codelode.pipeline.options import UpdateOptions

        return self._writer().repair(UpdateOptions.of(None, settings))

    def status(self, changes: bool = True) -> Status:
        """Return an overview; with `changes`, also what an update would do (walks the tree)."""
        from codelode.pipeline.status import describe

        arguments.flag("changes", changes)
        snapshot = self.snapshot()
        plan = self.plan(**snapshot.manifest.options) if changes else None
        return describe(self._reader.storage, snapshot, plan)

    def encoder(self) -> Encoder:
        """Return the embedding model in use: the one given, that of the index, or the default."""
        return self._reader.encoder()

    def snapshot(self) -> Snapshot:
        """Return the newest committed snapshot."""
        return self._reader.snapshot()

    def _writer(self) -> IndexWriter:
        from codelode.writer import IndexWriter

        return IndexWriter(self._reader)
