"""Answers and hits as dictionaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codelode.answers.unicode import path_fields, without_surrogates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.types import Answer, Freshness, Hit


def answer_object(answer: Answer, text: bool = True) -> dict[str, Any]:
    """Return an answer with all its hits; `text=False` omits their source text."""
    return {
        "query": without_surrogates(answer.query),
        "root": without_surrogates(answer.root),
        "snapshot": {
            "generation": answer.generation,
            "files": answer.files,
            "chunks": answer.chunks,
            "stale_files": answer.stale_files,
            "complete": answer.complete,
            "changed_files": answer.freshness.differing,
            "freshness": freshness_object(answer.freshness),
        },
        **({"missing": list(answer.missing)} if answer.missing else {}),
        "left_out": answer.left_out,
        "hits": [hit_object(hit, text) for hit in answer.hits],
        "seconds": round(answer.seconds, 6),
    }


def related_object(root: str, path: str, line: int, hits: Sequence[Hit]) -> dict[str, Any]:
    """Return the hits that are similar to a line of a file; `path` is relative to `root`."""
    return {
        "root": without_surrogates(root),
        **path_fields(path),
        "line": line,
        "hits": [hit_object(hit) for hit in hits],
    }


def freshness_object(state: Freshness) -> dict[str, Any]:
    """Return how a snapshot compares with the tree; counts and coverage are null if unknown."""
    return {
        "age_seconds": round(state.age, 3),
        "changed": state.changed,
        "added": state.added,
        "deleted": state.deleted,
        "coverage": state.coverage,
        "updated": state.updated,
        "updating": state.updating,
        "problem": state.problem or None,
    }


def hit_object(hit: Hit, text: bool = True) -> dict[str, Any]:
    """Return a hit; `text=False` omits its source text."""
    fields: dict[str, Any] = {
        **path_fields(hit.path),
        "line": hit.line,
        "column": hit.column,
        "start_line": hit.start_line,
        "end_line": hit.end_line,
        "language": hit.language,
        "symbol": hit.symbol,
        "kind": hit.kind,
        "score": hit.score,
        "stale": hit.stale,
        "deleted": hit.deleted,
    }
    if hit.excluded:
        fields["excluded"] = True
    if hit.features is not None:
        fields["features"] = hit.features
    if text:
        fields["text"] = hit.text
    return fields
