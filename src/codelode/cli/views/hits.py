"""What `lode search` prints: hits as text or JSON, and notes on the index."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from codelode.cli import streams
from codelode.render.excerpt import excerpt, section, whole
from codelode.render.highlight import DIM, paint
from codelode.render.json import dumps, hit_object, replaced
from codelode.render.sanitize import visible_name
from codelode.render.text import Style, render_hit
from codelode.render.units import count, seconds

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection
    from typing import Any

    from codelode.index import Index
    from codelode.render.excerpt import Line
    from codelode.types import Answer, Hit


def print_answer(
    index: Index, answer: Answer, terms: Collection[str], options: argparse.Namespace
) -> None:
    """Print an answer in the format of `options`; `terms` are the terms of the query."""
    terminal = streams.is_terminal(sys.stdout)
    match options.format:
        case "json":
            print(dumps(_answer_object(answer, text=not options.no_snippet), terminal))
        case "jsonl":
            for hit in answer.hits:
                print(dumps(hit_object(hit, text=not options.no_snippet), terminal))
        case "files":
            end = "\0" if options.null else "\n"
            for path in dict.fromkeys(hit.path for hit in answer.hits):
                print(visible_name(path) if terminal else path, end=end)
        case _:
            _print_text(index, answer, terms, options)


def _answer_object(answer: Answer, text: bool) -> dict[str, Any]:
    return {
        "query": replaced(answer.query),
        "root": replaced(answer.root),
        "snapshot": {
            "generation": answer.generation,
            "files": answer.files,
            "chunks": answer.chunks,
            "stale_files": answer.stale_files,
            "complete": answer.complete,
        },
        "hits": [hit_object(hit, text) for hit in answer.hits],
        "seconds": round(answer.seconds, 6),
    }


def _print_text(
    index: Index, answer: Answer, terms: Collection[str], options: argparse.Namespace
) -> None:
    style = _style(options)
    for number, hit in enumerate(answer.hits):
        if number and not options.no_snippet:
            print()
        print("\n".join(render_hit(hit, _lines(index, hit, terms, options), style)))
    sys.stdout.flush()
    _print_footer(answer)


def _style(options: argparse.Namespace) -> Style:
    terminal = streams.is_terminal(sys.stdout)
    columns = streams.PIPE_COLUMNS
    if terminal:
        columns = streams.columns(sys.stdout)
    return Style(
        colour=streams.use_colour(options.color, sys.stdout),
        terminal=terminal,
        columns=None if options.full_section and not terminal else columns,
        scores=options.scores,
    )


def _lines(
    index: Index, hit: Hit, terms: Collection[str], options: argparse.Namespace
) -> list[Line]:
    if options.no_snippet:
        return []
    before: list[str] = []
    after: list[str] = []
    if options.context:
        from codelode.cli.context import surroundings

        before, after = surroundings(index.root, hit, options.context)
    found = section(hit, terms, before, after)
    if options.full_section:
        return whole(found)
    return excerpt(found, hit.symbol, options.context)


def _print_footer(answer: Answer) -> None:
    """What was searched; in a script only what the reader has to know."""
    notes = []
    if not answer.complete:
        notes.append("the index does not cover the whole tree yet: run `lode index`")
    if answer.stale_files:
        notes.append(
            f"{count(answer.stale_files, 'file')} among these changed since: run `lode index`"
        )
    if not streams.is_terminal(sys.stderr):
        for note in notes:
            streams.say(note)
        return
    summary = " · ".join(
        [
            count(len(answer.hits), "hit"),
            count(answer.files, "file"),
            f"generation {answer.generation}",
            seconds(answer.seconds),
            *notes,
        ]
    )
    if streams.use_colour("auto", sys.stderr):
        summary = paint(summary, DIM)
    streams.write_error(f"\n{summary}\n" if answer.hits else f"{summary}\n")
