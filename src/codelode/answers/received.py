"""Answers of other machines: dictionaries, converted back to the objects that they describe.

Everything is checked, since another machine may send anything: a function raises `ValueError` if
a dictionary does not describe the objects that the function returns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from codelode.answers.unicode import path_of_fields
from codelode.roster.names import bad_label, bad_name
from codelode.roster.repositories import RepositoryTotals
from codelode.search.symbol_query import MATCHES
from codelode.types import Answer, Freshness, Hit, SymbolHit

T = TypeVar("T")


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
            left_out=int(fields["left_out"]),
        )
    except (LookupError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"it has no {error}") from None
    return answer


def hits_of_object(fields: Any) -> list[Hit]:
    """Return the hits that the field `hits` of a dictionary describes."""
    return _each(fields, "hits", _hit_of_object)


def symbols_of_object(fields: Any) -> list[SymbolHit]:
    """Return the definitions that the field `symbols` of a dictionary describes."""
    return _each(fields, "symbols", _symbol_of_object)


def text_of_object(fields: Any) -> str:
    """Return the text in the field `text` of a dictionary."""
    try:
        return _text(fields["text"])
    except (LookupError, TypeError) as error:
        raise ValueError(f"it has no {error}") from None


def totals_of_object(fields: Any) -> list[RepositoryTotals]:
    """Return the totals that the field `repositories` of a dictionary describes."""
    found = _each(fields, "repositories", _totals_of_object)
    if bad_name(each.name for each in found) or bad_label(each.label for each in found):
        raise ValueError("it has no names of repositories")
    return found


def _each(fields: Any, name: str, read: Callable[[Any], T]) -> list[T]:
    try:
        return [*map(read, fields[name])]
    except (LookupError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"it has no {error}") from None


def _symbol_of_object(fields: Any) -> SymbolHit:
    match = fields["match"]
    if match not in (None, *MATCHES):
        raise ValueError("it has no match")
    return SymbolHit(
        path=_text(path_of_fields(fields)),
        line=int(fields["line"]),
        start_line=int(fields["start_line"]),
        end_line=int(fields["end_line"]),
        name=_text(fields["name"]),
        symbol=_text(fields["symbol"]),
        kind=_text(fields["kind"]),
        language=_text_or_none(fields["language"]),
        depth=int(fields["depth"]),
        declaration=bool(fields["declaration"]),
        match=match,
        stale=bool(fields["stale"]),
    )


def _totals_of_object(fields: Any) -> RepositoryTotals:
    languages = fields["languages"]
    return RepositoryTotals(
        name=_text(fields["name"]),
        label=_text(fields["label"] or ""),
        files=int(fields["files"]),
        chunks=int(fields["chunks"]),
        index_bytes=int(fields["index_bytes"]),
        generation=int(fields["generation"]),
        complete=bool(fields["complete"]),
        updated=float(fields["updated"]),
        languages={_text(name): int(languages[name]) for name in languages},
    )


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
