"""The output of `lode search`: hits as text or JSON, and notes on the index."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.answers.lines import shown_lines, vimgrep_line
from codelode.answers.notes import note_on_left_out, note_on_more, notes
from codelode.answers.search import answer_object, hit_object
from codelode.cli import streams
from codelode.cli.terminal import Links
from codelode.render.ansi import DIM, paint
from codelode.render.index_command import index_commands
from codelode.render.paths import GivenRoot, from_here
from codelode.render.sanitize import visible_name, visible_text, width
from codelode.render.screen import rows_of_hits
from codelode.render.text import Style, render_hit
from codelode.render.units import count, seconds

LISTS = ("files", "vimgrep", "jsonl")
"""The formats that list places for other programs, without a word about the index."""

FOOTER_ROWS = 3
"""A blank row, the summary, and the next prompt."""

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Collection, Sequence

    from codelode.render.excerpt import Line
    from codelode.types import Answer, Hit


def print_answer(
    answer: Answer,
    roots: Sequence[GivenRoot],
    states: Callable[[], Sequence[str]],
    terms: Sequence[str],
    options: argparse.Namespace,
) -> None:
    """Print an answer in the format of `options`; `terms` are the terms of the query.

    Text shows paths as seen from the current folder, below the `roots` as the user gave them. JSON
    has paths relative to the root of the answer. An agent also gets the `states`, which describe
    what was searched.
    """
    match options.format:
        case "agent":
            from codelode.cli.views.agent_page import print_page

            print_page(answer, roots, states(), terms, options)
        case "json":
            streams.print_json(answer_object(answer, text=not options.no_snippet))
        case "files":
            _print_files(answer, roots, options)
            if not shown_hits(answer, options):
                streams.say_nothing_found()
        case "jsonl" | "vimgrep":
            print_lines(answer.hits, Path(answer.root), roots, options, not options.no_snippet)
            if not shown_hits(answer, options):
                streams.say_nothing_found()
        case _:
            _print_text(answer, roots, terms, options)


def say_notes(answer: Answer, roots: Sequence[GivenRoot], options: argparse.Namespace) -> None:
    """Say on standard error what a list of places may lack, and why.

    The pager must have ended, because standard error disturbs its screen. Formats that are not
    lists have notes of their own.
    """
    if options.format not in LISTS:
        return
    for note in notes(answer, index_commands(roots, options.index_dir)):
        streams.say(note)
    _say_all_left_out(answer, options)
    if options.format != "jsonl" and (more := note_on_more(answer, options.max_per_file)):
        streams.say(more)


def shown_whole(answer: Answer) -> list[GivenRoot]:
    """Return the `roots` to pass to `print_answer` so that paths of hits are printed unchanged."""
    return [GivenRoot("", os.fspath(Path(answer.root)))]


def print_lines(
    hits: Sequence[Hit],
    root: Path,
    roots: Sequence[GivenRoot],
    options: argparse.Namespace,
    text: bool = True,
) -> None:
    """Print one line for each hit, for programs; `text=False` omits source text from JSON."""
    if options.format == "jsonl":
        for hit in hits:
            streams.print_json(hit_object(hit, text=text))
        return
    links, terminal = Links(options), streams.is_terminal(sys.stdout)
    for hit in existing(hits):
        path = os.fspath(root / hit.path)
        place, line = vimgrep_line(replace(hit, path=from_here(path, roots)))
        if terminal:
            place, line = visible_name(place), visible_text(line)
        print(f"{links.link(place, path, hit.line, hit.column)}:{line}")


def existing(hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits that are neither `deleted` nor `excluded`: programs open the file of each."""
    return [hit for hit in hits if not hit.deleted and not hit.excluded]


def shown_hits(answer: Answer, options: argparse.Namespace) -> list[Hit]:
    """Return the hits that are shown in the format of `options`."""
    return existing(answer.hits) if options.format in ("files", "vimgrep") else answer.hits


def _print_files(answer: Answer, roots: Sequence[GivenRoot], options: argparse.Namespace) -> None:
    links, terminal = Links(options), streams.is_terminal(sys.stdout)
    end = "\0" if options.null else "\n"
    for name in dict.fromkeys(hit.path for hit in existing(answer.hits)):
        path = os.fspath(Path(answer.root) / name)
        shown = from_here(path, roots)
        print(links.link(visible_name(shown) if terminal else shown, path), end=end)


def _print_text(
    answer: Answer,
    roots: Sequence[GivenRoot],
    terms: Collection[str],
    options: argparse.Namespace,
) -> None:
    style, root, links = _style(options), Path(answer.root), Links(options)
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
        print("\n".join(render_hit(shown, lines, style, links.target(root / hit.path))))
        before = lines
    sys.stdout.flush()
    _print_footer(answer, roots, options)


def _rows(hits: Sequence[Hit], style: Style, options: argparse.Namespace) -> list[int | None]:
    """Return the number of rows for the source of each hit; None for no limit.

    On a terminal, an answer without further flags fits one screen, with its footer and a prompt.
    """
    unbounded = options.context or options.full_section or streams.is_paged()
    if unbounded or not style.terminal or style.columns is None:
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


def _say_all_left_out(answer: Answer, options: argparse.Namespace) -> None:
    """If there are no hits because all were left out, say how to see them."""
    if not answer.hits and (note := note_on_left_out(answer, options.threshold)):
        streams.say(f"no hits; {note}")


def _print_footer(answer: Answer, roots: Sequence[GivenRoot], options: argparse.Namespace) -> None:
    """Print a summary on a terminal; elsewhere, notes on the index and on why there are no hits."""
    on_index = notes(answer, index_commands(roots, options.index_dir))
    if not streams.is_terminal(sys.stderr):
        for note in on_index:
            streams.say(note)
        _say_all_left_out(answer, options)
        return
    summary = " · ".join(
        [
            count(len(answer.hits), "hit") if answer.hits else "no hits",
            count(answer.files, "file"),
            f"generation {answer.generation}",
            seconds(answer.seconds),
            *on_index,
            *filter(None, [note_on_left_out(answer, options.threshold)]),
        ]
    )
    if streams.use_color("auto", sys.stderr):
        summary = paint(summary, DIM)
    text = f"\n{summary}\n" if answer.hits else f"{summary}\n"
    if streams.is_paged():  # standard error would disturb the pager's screen
        print(text, end="")
    else:
        streams.write_error(text)
