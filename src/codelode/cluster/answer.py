"""The repositories of a roster, searched by a cluster."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from codelode import metrics
from codelode.cluster.front import DEADLINE_SECONDS, Chosen, Front
from codelode.cluster.pieces import Corpus, HeldRepository
from codelode.cluster.views import PATIENCE_SECONDS
from codelode.errors import (
    ClusterError,
    CodelodeError,
    DamagedError,
    FormatError,
    MismatchError,
)
from codelode.lru import LruCache
from codelode.roster.answer import (
    answer_of,
    check_for_roster,
    check_paths,
    load_model,
    not_empty,
)
from codelode.roster.opened import check_tokenizer
from codelode.search.filters import languages_needed
from codelode.search.searcher import canonical

if TYPE_CHECKING:
    from codelode.cluster.rounds import Pieces
    from codelode.embed.encoder import Encoder
    from codelode.roster.manifest import RepositoryManifest
    from codelode.roster.records import Identity
    from codelode.roster.roster import Roster, Selection
    from codelode.search.request import SearchRequest
    from codelode.types import Answer

POLL_SECONDS = 1.0

_SCOPES = 64


@dataclass(frozen=True)
class RosterCorpus(Corpus):
    """One generation of a roster; `broken` names the repositories with damaged manifests."""

    roster: Roster
    broken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Restriction:
    """The repositories to search: those that `labels` permit and that match `globs`.

    If `within` is not empty, they must match its globs too. `strict` refuses an answer that leaves
    any of these repositories out; `seconds` is the time that a search may take.
    """

    globs: Sequence[str] = ()
    labels: Collection[str] = ()
    strict: bool = False
    seconds: float = DEADLINE_SECONDS
    within: Sequence[str] = ()

    def narrowed(self, globs: Sequence[str]) -> Restriction:
        """Return this restriction narrowed by `globs`.

        Its own `globs` or its own `within` must be empty.
        """
        if not globs:
            return self
        return replace(self, globs=globs, within=self.globs or self.within)

    def select(self, roster: Roster) -> Selection:
        """Return the repositories of a roster that this restriction selects.

        Raises `UsageError` for a bad glob or label.
        """
        return roster.select(self.within, self.labels).matching(self.globs)


@dataclass(frozen=True, slots=True)
class Scope:
    """The repositories of one generation that a restriction selects, with the pieces to search.

    `broken` are the names of repositories that cannot be searched; `identity` is the model of all
    repositories to search, including the broken ones.
    """

    selection: Selection
    identity: Identity | None
    pieces: Pieces
    broken: tuple[str, ...]


class ClusterRepositories:
    """Answers from the newest generation of a roster; a thread polls for newer ones."""

    def __init__(self, front: Front, roster: Roster, model: str | None = None) -> None:
        """Search a roster. `model` is the model of its indexes, if it is not a bundled one.

        Raises `ObjectStoreError`.
        """
        self.front = front
        self.roster = roster
        self.problem = ""
        """The reason why the newest generation is not known, or empty."""
        self._model = model
        self._encoder: Encoder | None = None
        self._manifests: dict[str, RepositoryManifest] = {}
        self._scopes: LruCache[tuple[object, ...], Scope] = LruCache(_SCOPES)
        self._broken: set[str] = set()
        self._shown = False
        self._waits_since: float | None = None
        self._looking = threading.Lock()
        self._closed = threading.Event()
        self._show(roster)
        threading.Thread(target=self._follow, daemon=True).start()

    def close(self) -> None:
        """Stop following the roster."""
        self._closed.set()

    @metrics.counting_errors("search")
    def answer(self, request: SearchRequest, restriction: Restriction) -> Answer:
        """Search; return the same answer as `roster.answer.SelectedRepositories`.

        `missing` names the repositories that could not be searched. Raises whatever `Front.search`
        and `Roster.select` raise, `MismatchError` for repositories that cannot be searched
        together, and `ModelError`.
        """
        began = time.perf_counter()
        check_for_roster(request)
        languages = frozenset(languages_needed(canonical(request.languages or ())))
        scopes: list[Scope] = []

        def choose(corpus: Corpus) -> Chosen:
            scope = self.scope(corpus, restriction, languages)
            scopes.append(scope)
            encoder = None if request.mode == "lexical" else self._load_encoder(scope.identity)
            return Chosen(scope.pieces, encoder)

        found = self.front.search(request, choose, restriction.seconds)
        check_paths(hit.path for hit in found.hits)
        (scope,) = scopes
        missing = tuple(sorted({*found.missing, *scope.broken}))
        if restriction.strict and missing:
            raise ClusterError(f"cannot be searched: {', '.join(missing)}")
        seconds = time.perf_counter() - began
        if (recorder := metrics.recorder()) is not None:
            recorder.query_done(request.mode, seconds)
        hits = found.hits, found.left_out
        return answer_of(scope.selection, request.query, hits, seconds, missing)

    def scope(
        self, corpus: Corpus, restriction: Restriction, languages: frozenset[str] = frozenset()
    ) -> Scope:
        """Return the repositories and pieces that a restriction selects in a generation.

        Raises `UsageError` if it selects no repository, and `MismatchError`.
        """
        assert isinstance(corpus, RosterCorpus)
        globs = tuple(restriction.globs), tuple(restriction.within)
        key = corpus.generation, globs, tuple(sorted(set(restriction.labels))), languages
        scope = self._scopes.get(key)
        if scope is None:
            selection = not_empty(
                restriction.select(corpus.roster), restriction.globs or restriction.within
            )
            searched = selection.having(languages)
            identity = searched.identity()
            check_tokenizer(identity)
            names = {each.name for each in searched}
            pieces = corpus.select(names)
            broken = tuple(sorted(corpus.broken & names))
            scope = Scope(selection, identity, pieces, broken)
            self._scopes.put(key, scope)
        return scope

    def _load_encoder(self, identity: Identity | None) -> Encoder | None:
        """Return the encoder for an identity; None without an identity.

        Raises `MismatchError` and what `load_model` raises.
        """
        if identity is None:
            return None
        if self._encoder is None:
            advice = "start the front with --model"
            self._encoder = load_model(identity.encoder, self._model, advice)
        if identity.fingerprint != self._encoder.fingerprint:
            raise MismatchError(
                f"the repositories were indexed with the model {identity.encoder}, not with"
                f" {self._encoder.name}: index them again"
            )
        return self._encoder

    def _follow(self) -> None:
        """Poll the roster, and let the front search each newer generation."""
        while not self._closed.wait(POLL_SECONDS):
            self.look()

    def look(self) -> None:
        """Let the front search the newest generation, if it can be read; else record the `problem`.

        Damaged manifests are fetched again, because the transfer may have damaged them.
        """
        with self._looking:
            try:
                newest = self.roster.newer()
                self.problem = ""
                if newest is not self.roster or self._broken:
                    self._show(newest)
            except CodelodeError as error:
                self.problem = str(error)  # meanwhile, the known generation is searched

    def _show(self, roster: Roster) -> None:
        """Let the front search a generation. Manifests that did not change are not fetched.

        A repository with a damaged manifest is missing from answers; the others are searched. But
        while the generation in use is intact, a generation with damaged manifests has to wait for a
        minute: they may be fetched intact by then.
        """
        held, broken = [], set()
        for each in roster.everything():
            try:
                found = self._manifests.get(each.manifest) or roster.manifest(each)
            except (DamagedError, FormatError):
                broken.add(each.name)
                continue
            self._manifests[each.manifest] = found
            place, digests = roster.place, found.digests
            held.append(HeldRepository(each.name, each.prefix, place, found.manifest, digests))
        named = {each.manifest for each in roster.everything()}
        self._manifests = {name: self._manifests[name] for name in named & self._manifests.keys()}
        if roster is self.roster and broken == self._broken and self._shown:
            return
        if broken and self._shown and not self._broken and not self._waited_long():
            self.problem = f"{len(broken)} manifests are damaged"  # repository names may be hidden
            return
        generation = f"{roster.place} {roster.number} {sorted(broken)}"
        self.front.show(RosterCorpus(generation, tuple(held), roster, frozenset(broken)))
        self.roster, self._broken, self._shown = roster, broken, True
        self._waits_since = None

    def _waited_long(self) -> bool:
        """Return whether a damaged newer generation has waited for long enough to be searched."""
        now = time.monotonic()
        self._waits_since = self._waits_since or now
        return now - self._waits_since > PATIENCE_SECONDS
