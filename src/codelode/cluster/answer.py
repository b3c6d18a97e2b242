"""The repositories of a roster, searched by a cluster."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codelode import metrics
from codelode.cluster.front import DEADLINE_SECONDS, Chosen, Front
from codelode.cluster.pieces import Corpus, HeldRepository
from codelode.embed.load import load, names
from codelode.errors import CodelodeError, ModelError, UsageError
from codelode.search.searcher import canonical
from codelode.store.manifest import check_model
from codelode.types import Answer, Freshness

if TYPE_CHECKING:
    from codelode.embed.encoder import Encoder
    from codelode.roster.manifest import RepositoryManifest
    from codelode.roster.roster import Roster, Selection
    from codelode.search.request import SearchRequest

POLL_SECONDS = 1.0


@dataclass(frozen=True)
class RosterCorpus(Corpus):
    """One generation of a roster, with the manifests of its repositories."""

    roster: Roster


@dataclass(frozen=True, slots=True)
class Restriction:
    """Which repositories are searched: those that match globs, of those that labels let see.

    `strict` refuses an answer that leaves any of them out; `seconds` is the time it may take.
    """

    globs: Sequence[str] = ()
    labels: Collection[str] = ()
    strict: bool = False
    seconds: float = DEADLINE_SECONDS


class ClusterRepositories:
    """Answers from the newest generation of a roster, which a thread looks for."""

    def __init__(self, front: Front, roster: Roster, model: str | None = None) -> None:
        """Show a roster. `model` is the model of its indexes, if it is not a bundled one.

        Raises `DamagedError`, `FormatError`, `ObjectStoreError`.
        """
        self.front = front
        self.roster = roster
        self.problem = ""
        """The reason why the newest generation is not known, or empty."""
        self._model = model
        self._encoder: Encoder | None = None
        self._manifests: dict[str, RepositoryManifest] = {}
        self._closed = threading.Event()
        self._show(roster)
        threading.Thread(target=self._follow, daemon=True).start()

    def close(self) -> None:
        """Follow the roster no longer."""
        self._closed.set()

    @metrics.counting_errors("search")
    def answer(self, request: SearchRequest, restriction: Restriction) -> Answer:
        """Search. The answer equals that of `roster.answer.SelectedRepositories`.

        `missing` names the repositories that could not be searched. Raises what `Front.search` and
        `Roster.select` do, `MismatchError` for repositories that cannot be searched together, and
        `ModelError`.
        """
        began = time.perf_counter()
        selections: list[Selection] = []
        languages = canonical(request.languages or ())

        def choose(corpus: Corpus) -> Chosen:
            assert isinstance(corpus, RosterCorpus)
            selection = corpus.roster.select(restriction.globs, restriction.labels)
            if not len(selection):
                raise UsageError(f"{corpus.roster.place} has no such repository")
            selections.append(selection)
            searched = selection.having(languages)
            encoder = None if request.mode == "lexical" else self._load_encoder(corpus, searched)
            return Chosen([repository.name for repository in searched], encoder)

        found = self.front.search(
            request, choose, strict=restriction.strict, seconds=restriction.seconds
        )
        (selection,) = selections
        seconds = time.perf_counter() - began
        if (recorder := metrics.recorder()) is not None:
            recorder.query_done(request.mode, seconds)
        return Answer(
            query=request.query,
            root=selection.roster.place,
            generation=selection.generation,
            files=selection.files,
            chunks=selection.chunks,
            complete=selection.complete and not found.missing,
            stale_files=0,
            hits=found.hits,
            seconds=seconds,
            freshness=Freshness(age=max(0.0, time.time() - selection.updated)),
            missing=found.missing,
        )

    def _load_encoder(self, corpus: RosterCorpus, searched: Selection) -> Encoder | None:
        """Return the model of some repositories. No folder is opened because a roster names it."""
        identity = searched.identity()
        if identity is None:
            return None
        if self._encoder is None:
            if self._model is None and identity.encoder not in names():
                raise ModelError(
                    f"the repositories were indexed with the model {identity.encoder}, which is not"
                    " a bundled one: start the front with --model"
                )
            self._encoder = load(self._model or identity.encoder)
        first = next(iter(searched)).name
        held = next(each for each in corpus.repositories if each.name == first)
        check_model(held.manifest, self._encoder.name, self._encoder.fingerprint)
        return self._encoder

    def _follow(self) -> None:
        """Show newer generations as they come."""
        while not self._closed.wait(POLL_SECONDS):
            try:
                newest = self.roster.newer()
                if newest is not self.roster:
                    self._show(newest)
                self.problem = ""
            except CodelodeError as error:
                self.problem = str(error)  # the store may be back soon; what is known is searched

    def _show(self, roster: Roster) -> None:
        """Let the front search a generation. Manifests that did not change are not fetched."""
        manifests, held = {}, []
        for repository in roster.everything():
            key = repository.manifest
            found = self._manifests.get(key)
            manifests[key] = found if found is not None else roster.manifest(repository)
            manifest, digests = manifests[key].manifest, manifests[key].digests
            held.append(
                HeldRepository(
                    repository.name, repository.prefix, roster.place, manifest, digests
                )
            )
        self._manifests = manifests
        self.front.show(RosterCorpus(f"{roster.place} {roster.number}", tuple(held), roster))
        self.roster = roster
