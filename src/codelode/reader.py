"""The index of one tree, as searches see it."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from codelode import metrics
from codelode.errors import MismatchError, NoIndexError
from codelode.search.shard import Shard
from codelode.search.tree_part import TreePart, within_folder
from codelode.store.locate import index_directory
from codelode.store.manifest import Manifest, check_model, read_manifest
from codelode.store.snapshot import Snapshot
from codelode.store.storage import LocalStorage
from codelode.types import Answer, Freshness

if TYPE_CHECKING:
    from pathlib import Path

    from codelode.embed.encoder import Encoder
    from codelode.metrics.instruments import Recorder
    from codelode.search.request import SearchRequest
    from codelode.search.searcher import Found
    from codelode.search.symbol_query import SymbolRequest
    from codelode.types import Hit, SymbolHit

INHERITED: dict[Path, IndexReader] = {}
"""Readers of a parent process that was forked to answer one request, by the folder of the index:
their snapshots are open and verified."""


def reader_of(
    root: Path,
    directory: Path,
    model: str | None = None,
    index_dir: Path | None = None,
    encoder: Encoder | None = None,
) -> IndexReader:
    """Return the reader inherited from the parent if it fits the arguments, or else a new one."""
    inherited = INHERITED.get(directory)
    if inherited is not None and inherited.root == root and model is None and encoder is None:
        return inherited
    return IndexReader(root, directory, model, index_dir, encoder)


class IndexReader:
    """Answers from the newest committed snapshot, in any number of threads, during updates too.

    `has_own_encoder` says that the program passed an encoder object, which no other process can
    load.
    """

    def __init__(
        self,
        root: Path,
        directory: Path,
        model: str | None = None,
        index_dir: Path | None = None,
        encoder: Encoder | None = None,
    ) -> None:
        """Take the arguments of `Index.open`, checked, and the folder of this index."""
        self.root = root
        self.directory = directory
        self.model = model
        self.index_dir = index_dir
        self.storage = LocalStorage(directory)
        self.has_own_encoder = encoder is not None
        self._encoder = encoder
        self._opened: tuple[bytes, Shard] | None = None  # a shard, and the stamp of its manifest
        self._outer: IndexReader | None = None

    def exists(self) -> bool:
        """Return whether anything has been committed yet."""
        try:
            read_manifest(self.storage)
        except NoIndexError:
            return False
        return True

    def enclosing(self) -> IndexReader | None:
        """Return the nearest index of an enclosing folder that covers this root, or None."""
        from codelode.search.filters import covers

        for parent in self.root.parents:
            directory = index_directory(parent, self.index_dir)
            outer = reader_of(parent, directory, self.model, self.index_dir, self._own_encoder)
            try:
                recorded = read_manifest(outer.storage).root
            except NoIndexError:
                continue
            if recorded != os.fsdecode(parent):
                continue
            if self._outer is not None and self._outer.root == parent:
                outer = self._outer  # reuse this reader: it has a snapshot open
            if covers(outer.shard(), self._below(outer)) or self._would_cover(outer):
                self._outer = outer
                return outer
        return None

    def home(self) -> IndexReader:
        """Return the index to search: this one, or an enclosing one while this one is missing."""
        outer = None if self.storage.has_manifest() else self.enclosing()
        return outer or self

    def update_home(self) -> IndexReader:
        """Return the index that an update of this root writes.

        It is the index that answers for this root, so an update of a folder in an indexed tree
        never makes an index that would hide the index of the tree. The exception is the top of a
        nested git worktree: as in git, it is a root of its own.
        """
        return self if (self.root / ".git").exists() else self.home()

    def _would_cover(self, outer: IndexReader) -> bool:
        """Return whether an update of an enclosing index would find a file below this root."""
        from codelode.discover.options import WalkOptions
        from codelode.discover.scope import Scope
        from codelode.discover.walk import walk
        from codelode.types import SourceFile

        manifest = outer.snapshot().manifest
        options = WalkOptions.of(manifest.options)
        scope = Scope.of(outer.root, [self.root], no_ignore=options.no_ignore)
        below = self._below(outer)
        return any(
            isinstance(item, SourceFile) and item.path.startswith(below)
            for item in walk(outer.root, options, scope)
        )

    def answer(self, request: SearchRequest) -> Answer:
        """Answer from the newest snapshot, or from an enclosing index while there is none.

        Raises `NoIndexError`, `UsageError`, `DamagedError`, `MismatchError`, `ModelError`.
        """
        began = time.perf_counter()
        outer, below = self._searched()
        found, manifest = outer._search(replace(request, below=below), self.root)
        hits = within_folder(found.hits, below)
        seconds = time.perf_counter() - began
        if (recorder := metrics.recorder()) is not None:
            recorder.query_done(request.mode, seconds)
            outer._record(manifest, recorder)
        return Answer(
            query=request.query,
            root=os.fsdecode(self.root),
            generation=manifest.generation,
            files=manifest.files,
            chunks=manifest.chunks,
            complete=manifest.complete,
            stale_files=len({hit.path for hit in hits if hit.stale}),
            hits=hits,
            seconds=seconds,
            freshness=Freshness(age=outer.age()),
            left_out=found.left_out,
            matching=found.matching,
        )

    def symbols(self, request: SymbolRequest) -> list[SymbolHit]:
        """Return definitions in the newest snapshot, or in an enclosing index while there is none.

        Raises `NoIndexError`, `UsageError`, `DamagedError`.
        """
        from codelode.search.symbol_finder import symbols_in
        from codelode.search.symbols import find_symbols

        outer, below = self._searched()
        outer.storage.note_use()
        shard, wanted = outer.shard(), replace(request, below=below)
        with shard.searched():
            hits = find_symbols(
                lambda stage: [symbols_in(shard, outer.root, wanted, stage)], wanted
            )
        return within_folder(hits, below)

    def outline(self, path: str) -> list[SymbolHit] | None:
        """Return the definitions of a file, or None if it is not in the index. `path` is POSIX.

        Raises `NoIndexError`, `DamagedError`.
        """
        from codelode.search.one_file import file_outline

        outer, below = self._searched()
        outer.storage.note_use()
        shard = outer.shard()
        with shard.searched():
            hits = file_outline(shard, outer.root, below + path)
        return hits and [replace(hit, path=path) for hit in hits]

    def _searched(self) -> tuple[IndexReader, str]:
        """Return the index to search, this or an enclosing one, and the path of this root in it."""
        outer = None if self.storage.has_manifest() else self.enclosing()
        return (self, "") if outer is None else (outer, self._below(outer))

    def related(self, path: str, line: int, limit: int) -> list[Hit]:
        """Return the hits nearest in meaning to code at a line. Raises the errors of `answer`."""
        from codelode.search.related import related

        reader, below = self._searched()
        hits = related(reader.shard(), reader.root, below + path, line, limit, below)
        self.storage.note_use()
        return within_folder(hits, below)

    def holds(self, path: str) -> bool:
        """Return whether a file is in the index. Raises `NoIndexError`."""
        from codelode.search.one_file import find_file

        reader, below = self._searched()
        return find_file(reader.shard(), below + path) is not None

    def encoder(self) -> Encoder:
        """Return the encoder in use: the given one, the index's own, or the default."""
        return self.load_encoder(self.manifest())

    def snapshot(self) -> Snapshot:
        """Return the newest committed snapshot."""
        return self.shard().snapshot

    def shard(self) -> Shard:
        """Return the shard of the newest snapshot; open a snapshot only if there is a newer one."""
        stamp = self.storage.read_stamp()
        opened = self._opened  # read once: another thread may replace it
        if opened is not None and opened[0] == stamp:
            return opened[1]
        snapshot = Snapshot.open(self.storage)
        self._check_root(snapshot.manifest)
        shard = Shard(snapshot)
        self._opened = stamp, shard
        return shard

    def manifest(self) -> Manifest | None:
        """Return the current manifest, or None if there is no index yet."""
        try:
            manifest = read_manifest(self.storage)
        except NoIndexError:
            return None
        self._check_root(manifest)
        return manifest

    def load_encoder(self, manifest: Manifest | None) -> Encoder:
        """Return the encoder for an index with this manifest, or for a new one.

        Raises `MismatchError` if the index was made with another encoder.
        """
        if self._encoder is None:
            from codelode.embed.load import load

            self._encoder = load(self.model or (manifest.encoder if manifest else None))
        if manifest is not None:
            check_model(manifest, self._encoder.name, self._encoder.fingerprint)
        return self._encoder

    @property
    def _own_encoder(self) -> Encoder | None:
        return self._encoder if self.has_own_encoder else None

    def age(self) -> float:
        """Return the seconds since the last commit; 0 if the index was removed just now."""
        try:
            return max(0.0, time.time() - self.storage.published_at())
        except OSError:  # the index was removed just now
            return 0.0

    def _search(self, request: SearchRequest, folder: Path) -> tuple[Found, Manifest]:
        """Return the hits in a folder, and the manifest of the snapshot that they come from."""
        from codelode.search.searcher import search

        shard = self.shard()
        manifest = shard.snapshot.manifest
        encoder = None if request.mode == "lexical" else self.load_encoder(manifest)
        part = None
        if request.changed is not None:
            from codelode.search.modified import modified

            part = modified(TreePart((request.below,)), request, self.root, [folder])
        found = search(shard, encoder, self.root, request, part)
        self.storage.note_use()
        return found, manifest

    def _below(self, outer: IndexReader) -> str:
        """Return the path of this root within the root of `outer`, with a final slash."""
        return f"{self.root.relative_to(outer.root)}/"

    def _check_root(self, manifest: Manifest) -> None:
        if manifest.root != os.fsdecode(self.root):
            raise MismatchError(
                f"{self.directory} holds the index of {manifest.root}, not of {self.root}"
            )

    def _record(self, manifest: Manifest, recorder: Recorder) -> None:
        recorder.index_seen(
            os.fsdecode(self.root),
            manifest.generation,
            files=manifest.files,
            chunks=manifest.chunks,
            segments=len(manifest.segments),
            size=manifest.index_bytes,
        )
