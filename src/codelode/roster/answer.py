"""Searches of the repositories of a roster that somebody may see, with one ranking."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from codelode import metrics
from codelode.embed.load import load, names
from codelode.errors import DamagedError, ModelError, UsageError
from codelode.lru import LruCache
from codelode.roster.cache import DEFAULT_LIMIT, ObjectCache
from codelode.roster.opened import local_folder, open_shard
from codelode.roster.roster import Roster
from codelode.search.filters import languages_needed
from codelode.search.parsed_query import parse_request
from codelode.search.searcher import canonical, search_all
from codelode.search.source import Source
from codelode.store.locate import index_folder
from codelode.store.manifest import check_model
from codelode.types import Answer, Freshness

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Sequence

    from codelode.embed.encoder import Encoder
    from codelode.objects.transfer import Meter
    from codelode.roster.roster import Selection
    from codelode.search.request import SearchRequest
    from codelode.search.shard import Shard
    from codelode.types import Hit

_SHARDS = 4
_UNSAFE_PATH = re.compile(r"(?:\A|/)\.{0,2}(?:/|\Z)|\0")

CACHE_FOLDER = "fetched"
"""The folder of fetched objects, in the folder that holds indexes."""


def object_cache(
    index_dir: str | os.PathLike[str] | None = None,
    limit: int = DEFAULT_LIMIT,
    meter: Meter | None = None,
) -> ObjectCache:
    """Return the cache of this user, of at most `limit` bytes. Raises `UsageError`."""
    return ObjectCache(index_folder(index_dir) / CACHE_FOLDER, limit, meter)


class SelectedRepositories:
    """The repositories of a roster that match globs, as somebody with some labels sees them.

    Path, lines, score and order of the hits are the same as in a roster without any other
    repositories. They are also the same as on one machine with an index of each repository in a
    folder of its name (`several.SeveralRoots`). Methods raise what `Roster.select` and `open_shard`
    do.
    """

    def __init__(
        self,
        roster: Roster,
        globs: Sequence[str] = (),
        labels: Collection[str] = (),
        cache: ObjectCache | None = None,
        model: str | None = None,
    ) -> None:
        """Select. `model` is the model that made the indexes, if it is not a bundled one.

        Raises `UsageError` if there is nothing to search.
        """
        self.roster = roster
        self.selection = select_some(roster, globs, labels)
        self._cache = cache or object_cache()
        self._model = model
        self._encoder: Encoder | None = None
        self._shards: LruCache[frozenset[str], Shard] = LruCache(_SHARDS)

    @metrics.counting_errors("search")
    def answer(self, request: SearchRequest) -> Answer:
        """Search. `files`, `chunks` and `generation` are those of the selected repositories.

        Raises what `Index.answer` does, and `ObjectStoreError`.
        """
        began = time.perf_counter()
        check_for_roster(request)
        hits = self._hits(request)
        seconds = time.perf_counter() - began
        if (recorder := metrics.recorder()) is not None:
            recorder.query_done(request.mode, seconds)
        return answer_of(self.selection, request.query, hits, seconds)

    def _hits(self, request: SearchRequest) -> list[Hit]:
        languages = frozenset(languages_needed(canonical(request.languages or ())))
        searched = self.selection.having(languages)
        if not len(searched):
            return []
        try:
            shard = self._shard(languages, searched)
            encoder = None if request.mode == "lexical" else self._load_encoder(shard)
            hits = [hit for _, hit in search_all([Source(shard)], encoder, request)]
        except DamagedError as error:
            advice = "add its repository to the roster again"
            if local_folder(self.roster.store) is None:
                advice = f"remove {self._cache.directory}; if that does not help, {advice}"
            raise DamagedError(error.problem, advice) from error
        for hit in hits:
            if _UNSAFE_PATH.search(hit.path):
                raise DamagedError("a path leads out of its repository", "do not trust the roster")
        return hits

    def _shard(self, languages: frozenset[str], searched: Selection) -> Shard:
        shard = self._shards.get(languages)
        if shard is None:
            shard = open_shard(searched, self._cache)
            self._shards.put(languages, shard)
        return shard

    def _load_encoder(self, shard: Shard) -> Encoder:
        """Return the encoder of the indexes. Raises what `load_model` does."""
        manifest = shard.snapshot.manifest
        if self._encoder is None:
            advice = "name it with --model, or search with --lexical"
            self._encoder = load_model(manifest.encoder, self._model, advice)
        check_model(manifest, self._encoder.name, self._encoder.fingerprint)
        return self._encoder


def answer_of(
    selection: Selection,
    query: str,
    hits: list[Hit],
    seconds: float,
    missing: tuple[str, ...] = (),
) -> Answer:
    """Return the answer of a selection; the repositories that are `missing` were not searched."""
    return Answer(
        query=query,
        root=selection.roster.place,
        generation=selection.generation,
        files=selection.files,
        chunks=selection.chunks,
        complete=selection.complete and not missing,
        stale_files=0,
        hits=hits,
        seconds=seconds,
        freshness=Freshness(age=max(0.0, time.time() - selection.updated)),
        missing=missing,
    )


def load_model(recorded: str, model: str | None, advice: str) -> Encoder:
    """Return the encoder of indexes that were `recorded` as made with a model.

    A folder is never opened merely because a roster names it. Raises `ModelError` with `advice` if
    the model is not a bundled one and the caller named no `model`, and what `load` does.
    """
    if model is None and recorded not in names():
        raise ModelError(
            f"the repositories were indexed with the model {recorded}, which is not a bundled one:"
            f" {advice}"
        )
    return load(model or recorded)


def check_for_roster(request: SearchRequest) -> None:
    """Raise `UsageError` for what `parse_request` refuses, or if the files of a tree are needed."""
    if request.changed is not None or request.since is not None:
        raise UsageError("what has changed in a tree is not known to a roster")
    parse_request(request)


def select_some(roster: Roster, globs: Sequence[str], labels: Collection[str]) -> Selection:
    """Return what `Roster.select` does. Raises `UsageError` too if there is nothing to search."""
    selection = roster.select(globs, labels)
    if not len(selection):
        which = f" that matches {' or '.join(map(repr, globs))}" if globs else " to search"
        raise UsageError(f"{roster.place} has no repository{which}")
    return selection
