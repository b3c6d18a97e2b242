"""Answers and hits as dictionaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codelode.answers.unicode import path_fields, path_of_fields, without_surrogates

if TYPE_CHECKING:
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
        "missing": [without_surrogates(name) for name in answer.missing],
        "hits": [hit_object(hit, text) for hit in answer.hits],
        "seconds": round(answer.seconds, 6),
    }


def answer_of_object(fields: Any, query: str) -> Answer:
    """Return the answer to a query that an object describes, as another machine may have sent it.

    Raises `ValueError` for an object that does not describe one.
    """
    from codelode.types import Answer, Freshness  # imported late: only clients of servers need it

    try:
        snapshot, freshness = fields["snapshot"], fields["snapshot"]["freshness"]
        answer = Answer(
            query=query,
            root=_text(fields["root"]),
            generation=int(snapshot["generation"]),
            files=int(snapshot["files"]),
            chunks=int(snapshot["chunks"]),
            complete=bool(snapshot["complete"]),
            stale_files=int(snapshot["stale_files"]),
            hits=[_hit_of_object(hit) for hit in fields["hits"]],
            seconds=float(fields["seconds"]),
            freshness=Freshness(age=float(freshness["age_seconds"])),
            missing=tuple(map(_text, fields["missing"])),
        )
    except (LookupError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"it has no {error}") from None
    return answer


def _hit_of_object(fields: Any) -> Hit:
    from codelode.types import Hit

    features = fields.get("features")
    return Hit(
        path=_text(path_of_fields(fields)),
        line=int(fields["line"]),
        start_line=int(fields["start_line"]),
        end_line=int(fields["end_line"]),
        score=float(fields["score"]),
        text=_text(fields.get("text", "")),
        language=_text_or_none(fields["language"]),
        symbol=_text_or_none(fields["symbol"]),
        kind=_text_or_none(fields["kind"]),
        stale=bool(fields["stale"]),
        features=None if features is None else {key: float(features[key]) for key in features},
        deleted=bool(fields["deleted"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def freshness_object(state: Freshness) -> dict[str, Any]:
    """Return the differences between a snapshot and the tree; null for what was not compared."""
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
        "start_line": hit.start_line,
        "end_line": hit.end_line,
        "language": hit.language,
        "symbol": hit.symbol,
        "kind": hit.kind,
        "score": hit.score,
        "stale": hit.stale,
        "deleted": hit.deleted,
    }
    if hit.features is not None:
        fields["features"] = hit.features
    if text:
        fields["text"] = hit.text
    return fields
