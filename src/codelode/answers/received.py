"""Answers of other machines: the dictionaries of `answers.search`, converted back to `Answer`."""

from __future__ import annotations

from typing import Any

from codelode.answers.unicode import path_of_fields
from codelode.types import Answer, Freshness, Hit


def answer_of_object(fields: Any, query: str) -> Answer:
    """Convert a dictionary, perhaps from another machine, to the answer to `query`.

    Raises `ValueError` if `fields` does not describe an answer.
    """
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
            missing=tuple(map(_text, fields.get("missing", ()))),
        )
    except (LookupError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"it has no {error}") from None
    return answer


def _hit_of_object(fields: Any) -> Hit:
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
        column=int(fields["column"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)
