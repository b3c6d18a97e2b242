"""Searches, with one ranking, of those repositories of a roster that a user may see."""

from __future__ import annotations

import copy
import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from codelode import metrics
from codelode.embed.load import load, names
from codelode.errors import DamagedError, ModelError, UsageError
from codelode.lru import LruCache
from codelode.roster.cache import DEFAULT_LIMIT, ObjectCache
from codelode.roster.names import folders_of
from codelode.roster.opened import local_folder, open_shard
from codelode.roster.repositories import RepositoryTotals
from codelode.roster.roster import Roster
from codelode.search.filters import languages_needed
from codelode.search.parsed_query import parse_request
from codelode.search.searcher import canonical, search
from codelode.store.locate import index_folder
from codelode.store.manifest import check_model
from codelode.types import Answer, Freshness

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from typing import Self

    from codelode.embed.encoder import Encoder
    from codelode.objects.transfer import Meter
    from codelode.roster.roster import Selection
    from codelode.search.request import SearchRequest
    from codelode.search.shard import Shard
    from codelode.search.symbol_query import SymbolRequest
    from codelode.types import Hit, SymbolHit

_SHARDS = 4
_HOMES = 16
_UNSAFE_PATH = re.compile(r"(?:\A|/)\.{0,2}(?:/|\Z)|\0")

CACHE_FOLDER = "fetched"
"""The folder of fetched objects, in the folder that holds indexes."""


def object_cache(
    index_dir: str | os.PathLike[str] | None = None,
    limit: int = DEFAULT_LIMIT,
    meter: Meter | None = None,
) -> ObjectCache:
    """Return the user's cache of objects, of at most `limit` bytes. Raises `UsageError`."""
    return ObjectCache(index_folder(index_dir) / CACHE_FOLDER, limit, meter)


class SelectedRepositories:
    """The repositories of a roster that match globs, as a user with the given labels sees them.

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
        """Select repositories. `model` is the model of their indexes, if it is not a bundled one.

        Raises `UsageError` if there is nothing to search.
        """
        self.roster = roster
        self.selection = select_some(roster, globs, labels)
        self._cache = cache or object_cache()
        self._model = model
        self._encoder: Encoder | None = None
        self._shards: LruCache[frozenset[str], Shard] = LruCache(_SHARDS)
        self._homes: LruCache[str, Shard] = LruCache(_HOMES)

    def narrowed(self, globs: Sequence[str]) -> Self:
        """Return the repositories of this selection whose names also match `globs`.

        Raises `UsageError` for a bad glob, and if there is nothing to search.
        """
        if not globs:
            return self
        narrowed = copy.copy(self)
        narrowed.selection = not_empty(self.selection.matching(globs), globs)
        narrowed._shards = LruCache(_SHARDS)
        return narrowed

    @metrics.counting_errors("search")
    def answer(self, request: SearchRequest) -> Answer:
        """Search. The answer has `files`, `chunks` and `generation` of the selected repositories.

        Raises what `Index.answer` does, and `ObjectStoreError`.
        """
        began = time.perf_counter()
        check_for_roster(request)
        found = self._hits(request)
        seconds = time.perf_counter() - began
        if (recorder := metrics.recorder()) is not None:
            recorder.query_done(request.mode, seconds)
        return answer_of(self.selection, request.query, found, seconds)

    def _hits(self, request: SearchRequest) -> tuple[list[Hit], int]:
        languages, searched = self._searched(request.languages)
        if not len(searched):
            return [], 0
        with self._damage_explained():
            shard = self._shard(languages, searched)
            encoder = None if request.mode == "lexical" else self._load_encoder(shard)
            found = search(shard, encoder, None, request)
        check_paths(hit.path for hit in found.hits)
        return found.hits, found.left_out

    def _searched(self, wanted: Sequence[str] | None) -> tuple[frozenset[str], Selection]:
        """Return the languages a request needs, and repositories with any; all if it needs none."""
        languages = frozenset(languages_needed(canonical(wanted or ())))
        return languages, self.selection.having(languages)

    def symbols(self, request: SymbolRequest) -> list[SymbolHit]:
        """Return definitions, as `search.symbols.find_symbols` does, and raise the same errors."""
        from codelode.search.symbol_finder import symbols_in
        from codelode.search.symbols import find_symbols

        languages, searched = self._searched(request.languages)
        if not len(searched):
            return []
        with self._damage_explained():
            shard = self._shard(languages, searched)
            with shard.searched():
                hits = find_symbols(
                    lambda stage: [symbols_in(shard, None, request, stage)], request
                )
        check_paths(hit.path for hit in hits)
        return hits

    def outline(self, path: str) -> list[SymbolHit]:
        """Return the definitions of a file. Raises `UsageError` if there is no such file."""
        from codelode.search.one_file import file_outline, not_in_the_index

        with self._damage_explained(), self._home(path) as shard:
            hits = file_outline(shard, None, path)
        if hits is None:
            raise not_in_the_index(path)
        return hits

    def text(self, path: str) -> str:
        """Return the text of a file, as indexed. Raises `UsageError` if there is no such file."""
        from codelode.search.one_file import file_text, not_in_the_index

        with self._damage_explained(), self._home(path) as shard:
            text = file_text(shard, path)
        if text is None:
            raise not_in_the_index(path)
        return text.decode("utf-8", "replace")

    def related(self, path: str, line: int, limit: int = 10) -> list[Hit]:
        """Return code of other files that is similar to the code at a line (1-based), best first.

        Raises `UsageError` if there is no such file, or no code at this line.
        """
        from codelode.search.related import related

        with self._damage_explained():
            self._check_home(path)
            hits = related(self._shard(frozenset(), self.selection), None, path, line, limit)
        check_paths(hit.path for hit in hits)
        return hits

    def totals(self) -> list[RepositoryTotals]:
        """Return the totals of the repositories, in the order of their names."""
        return [*map(RepositoryTotals.of, self.selection)]

    @contextmanager
    def _home(self, path: str) -> Iterator[Shard]:
        """Yield a shard with only the repository that a path is in, held until the context ends.

        Raises `UsageError` if the path is in no selected repository.
        """
        selection = self._check_home(path)
        name = next(iter(selection)).name
        shard = self._homes.get(name)
        if shard is None:
            shard = open_shard(selection, self._cache)
            self._homes.put(name, shard)
        with shard.searched():
            yield shard

    def _check_home(self, path: str) -> Selection:
        """Return a selection of only the repository that a path is in, or raise `UsageError`."""
        from codelode.search.one_file import not_in_the_index

        found = self.selection.named(folders_of(path))
        if not len(found) or is_unsafe(path):
            raise not_in_the_index(path)
        return found

    @contextmanager
    def _damage_explained(self) -> Iterator[None]:
        """Add advice to errors about damaged segments: how to replace the segments."""
        try:
            yield
        except DamagedError as error:
            advice = "add its repository to the roster again"
            if local_folder(self.roster.store) is None:
                advice = f"remove {self._cache.directory}; if that does not help, {advice}"
            raise DamagedError(error.problem, advice) from error

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
    found: tuple[list[Hit], int],
    seconds: float,
    missing: tuple[str, ...] = (),
) -> Answer:
    """Return the answer of a selection; `found` is its hits and its `left_out`."""
    return Answer(
        query=query,
        root=selection.roster.place,
        generation=selection.generation,
        files=selection.files,
        chunks=selection.chunks,
        complete=selection.complete and not missing,
        stale_files=0,
        hits=found[0],
        seconds=seconds,
        freshness=Freshness(age=max(0.0, time.time() - selection.updated)),
        missing=missing,
        left_out=found[1],
    )


def load_model(recorded: str, model: str | None, advice: str) -> Encoder:
    """Return the encoder of indexes; `recorded` is the model that their records name.

    A folder is never opened merely because a roster names it. Raises `ModelError` with `advice` if
    `recorded` is not a bundled model and the caller named no `model`. Also raises what `load` does.
    """
    if model is None and recorded not in names():
        raise ModelError(
            f"the repositories were indexed with the model {recorded}, which is not a bundled one:"
            f" {advice}"
        )
    return load(model or recorded)


def check_for_roster(request: SearchRequest) -> None:
    """Raise `UsageError` if `parse_request` would, or if the request needs the files of a tree."""
    if request.changed is not None or request.since is not None:
        raise UsageError("what has changed in a tree is not known to a roster")
    parse_request(request)


def select_some(roster: Roster, globs: Sequence[str], labels: Collection[str]) -> Selection:
    """Return what `Roster.select` does. Also raises `UsageError` if there is nothing to search."""
    return not_empty(roster.select(globs, labels), globs)


def not_empty(selection: Selection, globs: Sequence[str]) -> Selection:
    """Return a selection by `globs`. Raises `UsageError` if it has no repositories."""
    if not len(selection):
        which = f" that matches {' or '.join(map(repr, globs))}" if globs else " to search"
        raise UsageError(f"{selection.roster.place} has no repository{which}")
    return selection


def check_paths(paths: Iterable[str]) -> None:
    """Raise `DamagedError` unless all paths of hits stay inside of their repositories."""
    if any(map(is_unsafe, paths)):
        raise DamagedError("a path leads out of its repository", "do not trust the roster")


def is_unsafe(path: str) -> bool:
    """Return whether a path could lead out of the folder that it is joined to."""
    return _UNSAFE_PATH.search(path) is not None
