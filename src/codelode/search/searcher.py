"""A search, start to end, over one snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from codelode.metrics import timed
from codelode.search.candidates import Candidates, TopK, distinct, places_in
from codelode.search.dense import dense_scan
from codelode.search.fair_lock import SEARCH_LOCK
from codelode.search.features import FEATURES, Measured, measure
from codelode.search.filters import Mask, chunk_masks
from codelode.search.lexical import TermPostings, bm25, find_terms, lexical_candidates
from codelode.search.parsed_query import ParsedQuery, parse_query
from codelode.search.rank import choose, weigh
from codelode.search.staleness import is_stale
from codelode.segment.postings import DEFINITION
from codelode.text.tokens import term_hash
from codelode.types import Hit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from codelode.embed.encoder import Encoder
    from codelode.search.request import Mode, SearchRequest
    from codelode.segment.reader import Segment
    from codelode.store.snapshot import Snapshot

CANDIDATES = 100
"""How many chunks each leg brings to the ranker, at least."""


def search(
    snapshot: Snapshot, encoder: Encoder | None, root: Path, request: SearchRequest
) -> list[Hit]:
    """The best hits, best first. `encoder` may be None in lexical mode.

    Files below `root` are only looked at to mark the hits that are stale.

    Raises `UsageError` for an empty query or bad filters, `DamagedError` for a damaged index.
    """
    with SEARCH_LOCK.taken(), snapshot.damage_explained(), snapshot.held():
        query, measured = gather(snapshot, encoder, request)
        with timed("rank"):
            scores = _scores(measured, query, request.mode)
            order = np.argsort(-scores, kind="stable")  # ties stay in canonical order
            rows = choose(measured.files, order, request.limit)
        with timed("text"):
            return [_hit(snapshot, measured, scores, row, root, request.explain) for row in rows]


def gather(
    snapshot: Snapshot, encoder: Encoder | None, request: SearchRequest
) -> tuple[ParsedQuery, Measured]:
    """The query as it was read, and every candidate with its features: all but the ranking.

    The caller holds the snapshot.
    """
    query = parse_query(request.query)
    with timed("filter"):
        languages = _canonical(request.languages)
        masks = chunk_masks(snapshot, languages, request.globs, request.below)
    with timed("lexical"):
        terms = find_terms(snapshot, query.terms)
    vector = None
    if encoder and request.mode != "lexical":
        with timed("dense"):
            vector = encoder.encode_query(request.query)
    keys = _candidates(snapshot, query, vector, terms, masks, request)
    with timed("rank"):
        return query, measure(snapshot, query, vector, terms, keys)


def _canonical(languages: Sequence[str] | None) -> list[str] | None:
    """The names of languages that may be given by their aliases."""
    if not languages:
        return None
    from codelode.discover.language import resolve  # few queries ask for languages

    return [resolve(name) for name in languages]


def _candidates(
    snapshot: Snapshot,
    query: ParsedQuery,
    vector: NDArray[np.float32] | None,
    terms: list[TermPostings],
    masks: list[Mask],
    request: SearchRequest,
) -> NDArray[np.int64]:
    """Keys of the candidates of all legs, ascending."""
    wanted = max(CANDIDATES, 3 * request.limit)
    if vector is None or not vector.any():
        keys = _by_words(snapshot, query, terms, masks, request.mode, wanted)
    else:
        with timed("dense"), dense_scan(snapshot, vector, masks, wanted) as nearest:
            keys = _by_words(snapshot, query, terms, masks, request.mode, wanted)
        keys.append(nearest.result().keys)
    return distinct(np.concatenate(keys)) if keys else np.zeros(0, np.int64)


def _by_words(
    snapshot: Snapshot,
    query: ParsedQuery,
    terms: list[TermPostings],
    masks: list[Mask],
    mode: Mode,
    wanted: int,
) -> list[NDArray[np.int64]]:
    """Keys of the candidates of the lexical leg, and of those that define what is asked for."""
    if mode == "semantic":
        return []
    with timed("lexical"):
        return [
            lexical_candidates(snapshot, terms, masks, wanted).keys,
            _definitions(snapshot, query, terms, masks, wanted).keys,
        ]


def _definitions(
    snapshot: Snapshot,
    query: ParsedQuery,
    terms: list[TermPostings],
    masks: list[Mask],
    limit: int,
) -> Candidates:
    """Chunks that define a name the query gives."""
    hashes = [term_hash(name.casefold(), DEFINITION) for name in query.names]
    best = TopK(limit, places_in(snapshot))
    for number, (live, mask) in enumerate(zip(snapshot.segments, masks, strict=True)):
        ordinals = _defining(live.segment, hashes)
        if mask is not None and len(ordinals):
            ordinals = mask.keep(ordinals)
        if len(ordinals):
            best.offer(number, bm25(snapshot, number, ordinals, terms).sum(axis=1), ordinals)
    return best.result()


def _defining(segment: Segment, hashes: list[int]) -> NDArray[np.int64]:
    """The chunks that define any of some names, ascending."""
    found = [segment.posting(term)[0] for term in hashes if segment.document_frequency(term)]
    return distinct(np.concatenate(found)) if found else np.zeros(0, np.int64)


def _scores(measured: Measured, query: ParsedQuery, mode: Mode) -> NDArray[np.float32]:
    if mode == "semantic":
        return measured.features[:, FEATURES.index("cosine")]
    return weigh(measured, query.is_symbol)


def _hit(
    snapshot: Snapshot,
    measured: Measured,
    scores: NDArray[np.float32],
    row: int,
    root: Path,
    explain: bool,
) -> Hit:
    live = snapshot.segments[int(measured.segments[row])]
    segment = live.segment
    ordinal = int(measured.ordinals[row])
    chunk = segment.chunks[ordinal]
    file, start, length = int(chunk["file"]), int(chunk["start"]), int(chunk["length"])
    path, first_line = segment.path(file), int(chunk["start_line"])
    symbol = segment.symbol(ordinal)
    values = measured.features[row].tolist() if explain else []
    return Hit(
        path=path,
        start_line=first_line,
        end_line=first_line + int(chunk["more_lines"]),
        score=round(float(scores[row]), 6),
        text=segment.text(file, start, start + length).decode("utf-8", "replace"),
        language=segment.language(file),
        symbol=symbol[0] if symbol else None,
        kind=symbol[1] if symbol else None,
        stale=is_stale(root, path, live, file),
        features=dict(zip(FEATURES, values, strict=True)) if explain else None,
    )
