"""The index of one tree, as searches see it."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from codelode import metrics
from codelode.errors import MismatchError, NoIndexError
from codelode.search.request import SearchRequest
from codelode.search.shard import Shard
from codelode.store.locate import index_directory
from codelode.store.manifest import Manifest, check_model, read_manifest
from codelode.store.snapshot import Snapshot
from codelode.store.storage import LocalStorage
from codelode.types import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from codelode.embed.encoder import Encoder
    from codelode.metrics.instruments import Recorder
    from codelode.search.request import Mode
    from codelode.types import Hit


class IndexReader:
    """Searches the newest committed snapshot, from any number of threads, while others update it.

    Every method may raise a `codelode.errors.CodelodeError`.
    """

    def __init__(
        self,
        root: Path,
        directory: Path,
        model: str | None,
        index_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        """Use `Index.open`, which says what the arguments are."""
        self._index_dir = index_dir
        self.root = root
        self.directory = directory
        self.storage = LocalStorage(directory)
        self._model = model
        self._encoder: Encoder | None = None
        self._opened: tuple[bytes, Shard] | None = None  # the manifest's stamp, and its snapshot

    def exists(self) -> bool:
        """Whether anything was committed yet."""
        try:
            read_manifest(self.storage)
        except NoIndexError:
            return False
        return True

    def covered_by(self) -> IndexReader | None:
        """The index of an enclosing folder that holds this one's files, if there is one.

        A search uses it where this root has no index of its own.
        """
        from codelode.search.filters import covers

        for parent in self.root.parents:
            outer = IndexReader(parent, index_directory(parent, self._index_dir), self._model)
            try:
                recorded = read_manifest(outer.storage).root
            except NoIndexError:
                continue
            if recorded == os.fsdecode(parent) and covers(
                outer._shard(), f"{self.root.relative_to(parent)}/"
            ):
                return outer
        return None

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
        what may be found at all. `explain` fills `Hit.features`. Raises `NoIndexError`.
        """
        began = time.perf_counter()
        return self.answer_request(
            SearchRequest(query, limit, mode, languages, globs, explain), began
        )

    def answer_request(self, request: SearchRequest, began: float) -> Answer:
        """Answer a request in this process; `began` is its `time.perf_counter`."""
        from codelode.search.searcher import search

        outer = None if self.storage.has_manifest() else self.covered_by()
        if outer is not None:
            request = replace(request, below=f"{self.root.relative_to(outer.root)}/")
        source = outer or self
        shard = source._shard()
        snapshot = shard.snapshot
        encoder = None if request.mode == "lexical" else source._load_encoder(snapshot.manifest)
        hits = search(shard, encoder, source.root, request)
        if outer is not None:
            hits = [replace(hit, path=hit.path.removeprefix(request.below)) for hit in hits]
        source.storage.note_use()
        seconds = time.perf_counter() - began
        if (recorder := metrics.recorder()) is not None:
            recorder.query_done(request.mode, seconds)
            source._note(snapshot.manifest, recorder)
        return Answer(
            query=request.query,
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
        """Return the newest committed snapshot, opened if it is not the one opened before."""
        return self._shard().snapshot

    def _shard(self) -> Shard:
        """Return the newest committed snapshot with the caches of the searches in it."""
        stamp = self.storage.read_stamp()
        opened = self._opened  # one attribute: threads must not see half of a change
        if opened is not None and opened[0] == stamp:
            return opened[1]
        snapshot = Snapshot.open(self.storage)
        self._check_root(snapshot.manifest)
        shard = Shard(snapshot)
        self._opened = stamp, shard
        return shard

    def _manifest(self) -> Manifest | None:
        try:
            manifest = read_manifest(self.storage)
        except NoIndexError:
            return None
        self._check_root(manifest)
        return manifest

    def _check_root(self, manifest: Manifest) -> None:
        if manifest.root != os.fsdecode(self.root):
            raise MismatchError(
                f"{self.directory} holds the index of {manifest.root}, not of {self.root}"
            )

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
