"""The output of `lode search`: hits as text or JSON, and notes on the index."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.answers.lines import shown_lines, vimgrep_line
from codelode.answers.notes import notes
from codelode.answers.search import answer_object, hit_object
from codelode.cli import streams
from codelode.render.ansi import DIM, paint
from codelode.render.paths import GivenRoot, from_here
from codelode.render.sanitize import visible_name, visible_text, width
from codelode.render.screen import rows_of_hits
from codelode.render.text import Style, render_hit
from codelode.render.units import count, seconds

FOOTER_ROWS = 3
"""A blank row, the summary, and the next prompt."""

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Sequence

    from codelode.render.excerpt import Line
    from codelode.types import Answer, Hit


def print_answer(
    answer: Answer,
    roots: Sequence[GivenRoot],
    terms: Collection[str],
    options: argparse.Namespace,
) -> None:
    """Print an answer in the format of `options`; `terms` are the terms of the query.

    People see paths from the current folder, by the `roots` that they gave; JSON has them relative
    to the root of the answer.
    """
    terminal, root = streams.is_terminal(sys.stdout), Path(answer.root)
    match options.format:
        case "json":
            streams.print_json(answer_object(answer, text=not options.no_snippet))
        case "jsonl":
            for hit in answer.hits:
                streams.print_json(hit_object(hit, text=not options.no_snippet))
        case "files":
            end = "\0" if options.null else "\n"
            for path in dict.fromkeys(hit.path for hit in shown_hits(answer, options)):
                shown = from_here(os.fspath(root / path), roots)
                print(visible_name(shown) if terminal else shown, end=end)
        case "vimgrep":
            for hit in shown_hits(answer, options):
                path = from_here(os.fspath(root / hit.path), roots)
                line = vimgrep_line(replace(hit, path=path), terms)
                print(visible_text(line) if terminal else line)
        case _:
            _print_text(answer, roots, terms, options)


def shown_whole(answer: Answer) -> list[GivenRoot]:
    """Return the roots by which paths of hits are shown as they are."""
    return [GivenRoot("", os.fspath(Path(answer.root)))]


def shown_hits(answer: Answer, options: argparse.Namespace) -> list[Hit]:
    """Return the hits to show: a list of files is for programs that open them all."""
    if options.format in ("files", "vimgrep"):
        return [hit for hit in answer.hits if not hit.deleted]
    return answer.hits


def _print_text(
    answer: Answer,
    roots: Sequence[GivenRoot],
    terms: Collection[str],
    options: argparse.Namespace,
) -> None:
    style, root = _style(options), Path(answer.root)
    headed = [
        replace(hit, path=from_here(os.fspath(root / hit.path), roots)) for hit in answer.hits
    ]
    before: list[Line] | None = None
    for hit, shown, rows in zip(answer.hits, headed, _rows(headed, style, options), strict=True):
        lines: list[Line] = []
        if not options.no_snippet and rows != 0:
            lines = shown_lines(root, hit, terms, options.context, options.full_section, rows)
        if before is not None and (before or lines):
            print()
        print("\n".join(render_hit(shown, lines, style)))
        before = lines
    sys.stdout.flush()
    _print_footer(answer)


def _rows(hits: Sequence[Hit], style: Style, options: argparse.Namespace) -> list[int | None]:
    """Return the rows for the source of each hit; None where nothing bounds them.

    On a terminal, an answer without further flags fits one screen, with its footer and a prompt.
    """
    if not style.terminal or style.columns is None or options.context or options.full_section:
        return [None] * len(hits)
    headers = [
        sum(
            -(-width(line) // style.columns)
            for line in render_hit(hit, (), replace(style, color=False))
        )
        for hit in hits
    ]
    return [*rows_of_hits(headers, streams.rows(sys.stdout) - FOOTER_ROWS)]


def _style(options: argparse.Namespace) -> Style:
    terminal = streams.is_terminal(sys.stdout)
    columns = streams.PIPE_COLUMNS
    if terminal:
        columns = streams.columns(sys.stdout)
    return Style(
        color=streams.use_color(options.color, sys.stdout),
        terminal=terminal,
        columns=None if options.full_section and not terminal else columns,
        scores=options.scores,
    )


def _print_footer(answer: Answer) -> None:
    """Print a summary on a terminal; elsewhere only the notes."""
    if not streams.is_terminal(sys.stderr):
        for note in notes(answer):
            streams.say(note)
        return
    summary = " · ".join(
        [
            count(len(answer.hits), "hit"),
            count(answer.files, "file"),
            f"generation {answer.generation}",
            seconds(answer.seconds),
            *notes(answer),
        ]
    )
    if streams.use_color("auto", sys.stderr):
        summary = paint(summary, DIM)
    streams.write_error(f"\n{summary}\n" if answer.hits else f"{summary}\n")
