"""`Index`: the object that users hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

from codelode import arguments, metrics
from codelode.lookups import Lookups
from codelode.search.request import SearchRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from codelode.embed.encoder import Encoder
    from codelode.pipeline.options import Paths, UpdateSettings
    from codelode.pipeline.plan import Plan
    from codelode.pipeline.status import Status
    from codelode.report import UpdateReport
    from codelode.search.request import Mode, SearchOptions
    from codelode.store.snapshot import Snapshot
    from codelode.store.verify import Finding
    from codelode.types import Answer, Fresh, Hit, Skip
    from codelode.watch.watcher import Watcher
    from codelode.writer import IndexWriter


class Index(Lookups):
    """The index of one tree. Any number of threads may search it while one updates it.

        index = Index.open("repo")
        index.update()
        hits = index.search("where are retries scheduled")

    Every method may raise a `codelode.CodelodeError`.
    """

    def search(
        self,
        query: str = "",
        limit: int = 10,
        mode: Mode = "hybrid",
        fresh: Fresh = "auto",
        **options: Unpack[SearchOptions],
    ) -> list[Hit]:
        """Return the hits of `answer`, which takes the same parameters."""
        return self.answer(query, limit, mode, fresh, **options).hits

    @metrics.counting_errors("search")
    def answer(
        self,
        query: str = "",
        limit: int = 10,
        mode: Mode = "hybrid",
        fresh: Fresh = "auto",
        **options: Unpack[SearchOptions],
    ) -> Answer:
        """Search the newest committed snapshot, after bringing it up to date if that is cheap.

        Parts of the query in double quotes must occur verbatim, whether in upper or lower case.

        `fresh="auto"` spends 0.3 seconds at most on a walk of the tree and an update, and never
        waits for another process; `Answer.freshness` tells what still differs. `"always"` updates
        however long that takes, waits for another process that is indexing, and raises what
        `update` raises. `"never"` looks only at the files of the hits.

        The options, all of them keywords:
        `languages`, `globs`: search only files in these languages (names or aliases), with matching
        paths (patterns as for ripgrep's `-g`); `!` excludes. A single string means one item.
        `changed`: search only files that differ from this git revision.
        `since`: search only files modified at this time or later (a `datetime`, seconds since the
        epoch, or text such as "2 weeks ago").
        `fixed_strings`, `regex` (in the syntax of RE2): search only chunks in which a match of any
        of these begins. The query may then be empty.
        `ignore_case`: `fixed_strings` and `regex` match upper and lower case alike.
        `explain`: fill `Hit.features`.
        `threshold`: leave out hits with a lower score; 0 leaves out none
        (default: leave out only hits that are hardly related to the query).
        `max_per_file`: the largest number of hits of one file.

        Raises `NoIndexError` without an index, and `UsageError` for invalid arguments.
        """
        request = SearchRequest(query, limit, mode, **options)
        return self.answer_request(request, fresh)

    def answer_request(self, request: SearchRequest, fresh: Fresh = "auto") -> Answer:
        """Return what `answer` returns, for a request whose arguments are already checked."""
        freshness = self.refresh(fresh)
        answer = (self._dispatcher or self._reader).answer(request)
        if freshness.deleted:
            from codelode.freshness.excluded import mark_excluded  # few searches need it

            hits = mark_excluded(self._reader.home(), self.root, answer.hits)
            answer = replace(answer, hits=hits)
        return replace(answer, freshness=replace(freshness, age=answer.freshness.age))

    @metrics.counting_errors("update")
    def update(
        self, paths: Paths | None = None, **settings: Unpack[UpdateSettings]
    ) -> UpdateReport:
        """Bring the index up to date with the tree.

        With `paths`, update only these files and folders, with all that is below them. Paths are
        absolute or relative to the root; they may be new, changed or gone. Nothing else is looked
        at, so the time depends on these paths and not on the tree. The result equals an update of
        the whole tree if `paths` names everything that changed. A rule file such as `.gitignore`
        stands for its folder. The tree is walked with the options that the index was made with.

        The settings, all of them keywords:
        `jobs`: the number of worker processes (default: one per core).
        `hidden`, `no_ignore`, `installed`, `secrets`, `max_file_size` (bytes): which files to index
        (default: False for the first four, 1 MiB for the last). `installed` stands for installed
        packages and caches, `secrets` for private keys and credentials.
        `max_memory`: the most that all processes use, in bytes (default: half of what the machine
        or its control group allows, at most 1 GiB).
        `rebuild`: replace the index, whatever it holds.
        `wait`: seconds to wait for another process that is indexing; `on_wait` is told its pid.
        `on_skip` is called with each skipped file; `progress` is told of files found and done.
        `profile`: list the slowest and largest files in the report.
        `trace`: a file for a profile of all processes, for speedscope (needs the extra
        `profile`).

        Raises `LockedError`, `MemoryCapError` if `max_memory` is too small, `MismatchError` if the
        index was made by other models or code, `NoIndexError` if there is no index to update in
        part, `UsageError` if there is nothing to index or a path is not inside the root.
        """
        from codelode.pipeline.options import UpdateOptions

        return self._writer().update(UpdateOptions.of(paths, settings))

    def watch(
        self,
        limit: int | None = None,
        listener: Callable[[int, UpdateReport | None], None] | None = None,
    ) -> Watcher:
        """Keep the index up to date from a thread until the watcher is closed.

        The index is built first if there is none. Searches of this object then know what has
        changed, and do not walk the tree. One watcher per index is elected among all processes;
        others stand by. `limit` is the largest number of folders to watch; if there are more, or
        the system allows no more, the tree is walked every few seconds instead. `listener` is
        called from the thread after every commit, with the generation, and with the report of the
        update, or None if there is no report.
        """
        from codelode.watch.watcher import Watcher

        if limit is not None:
            limit = arguments.whole_number("limit", limit)
        refresher = self._refresher  # raises an error if the budget is invalid
        watcher = Watcher(self._reader, limit, arguments.function("listener", listener))
        refresher.watcher = watcher
        return watcher

    def plan(
        self,
        *,
        hidden: bool | None = None,
        no_ignore: bool | None = None,
        installed: bool | None = None,
        secrets: bool | None = None,
        max_file_size: int | None = None,
        on_skip: Callable[[Skip], None] | None = None,
        read: bool = False,
    ) -> Plan:
        """Return the plan of an update with these options; change nothing.

        With `read`, new and changed files are read, which tells binary files from text. Without it,
        they count as files to index. The other parameters are many because they are options of
        `update`.
        """
        given = {
            "hidden": hidden,
            "no_ignore": no_ignore,
            "installed": installed,
            "secrets": secrets,
            "max_file_size": max_file_size,
        }
        arguments.flag("read", read)
        return self._writer().plan(given, arguments.function("on_skip", on_skip), read)

    def verify(self) -> list[Finding]:
        """Check every byte and every reference of the index; return the damage, if any."""
        from codelode.store.verify import verify

        return verify(self._reader.home().storage)

    @metrics.counting_errors("update")
    def repair(self, **settings: Unpack[UpdateSettings]) -> UpdateReport:
        """Drop damaged segments and index their files again.

        Takes the settings of `update`; a setting that is not given is as recorded in the index.
        """
        from codelode.pipeline.options import UpdateOptions

        return self._writer().repair(UpdateOptions.of(None, settings))

    def status(self, changes: bool = True) -> Status:
        """Return an overview; with `changes`, also what an update would do (walks the tree).

        If an enclosing index covers this tree, describes that index.
        """
        from codelode.pipeline.status import describe
        from codelode.watch.state import read_state
        from codelode.writer import IndexWriter

        arguments.flag("changes", changes)
        home = self._reader.home()
        snapshot = home.snapshot()
        plan = IndexWriter(home).plan(snapshot.manifest.options) if changes else None
        return describe(home.storage, snapshot, plan, read_state(home.directory))

    def encoder(self) -> Encoder:
        """Return the embedding model in use: the given one, else the index's, else the default."""
        return self._reader.encoder()

    def snapshot(self) -> Snapshot:
        """Return the newest committed snapshot."""
        return self._reader.snapshot()

    def _writer(self) -> IndexWriter:
        from codelode.writer import IndexWriter

        return IndexWriter(self._reader)
