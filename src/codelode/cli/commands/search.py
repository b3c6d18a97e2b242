"""`lode search`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from codelode.cli.hit_options import (
    CHANGED,
    FIXED_STRINGS,
    FRESH,
    HYPERLINKS,
    IGNORE_CASE,
    JSONL,
    MAX_PER_FILE,
    MODES,
    NO_PAGER,
    NO_TESTS,
    OPEN,
    PAGER,
    REGEX,
    SINCE,
    TYPE_LIST,
    TYPE_NOT,
    VIMGREP,
    json_format,
)
from codelode.cli.many import ELSEWHERE, STRICT, is_elsewhere, search_elsewhere
from codelode.cli.options import (
    COLOR,
    GLOB,
    HELP,
    INDEX_DIR,
    NO_INDEX,
    ROOTS,
    SHOW_SECRETS,
    TYPE,
    Command,
    finite,
    limit,
    natural,
    option,
    positive,
    switch,
)

if TYPE_CHECKING:
    import argparse

    from codelode.search.request import SearchRequest
    from codelode.several import SeveralRoots
    from codelode.types import Answer

COMMAND = Command(
    "search",
    "find code by meaning, words and names",
    "Search the index of ROOT and print the best matches, best first. QUERY is a question, a"
    " description or the name of a symbol. If there is no index, one is built first. An index"
    " that differs from the tree is updated first if that takes at most 0.3 seconds. Otherwise the"
    " answer says how many files differ, and marks hits whose files have changed or are gone.",
    (
        option(
            "query",
            nargs="?",
            metavar="QUERY",
            help='what to look for; "quoted parts" of it must occur verbatim; - reads it from'
            " standard input; optional with -e or -F",
        ),
        ROOTS,
    ),
    (
        (
            "what is searched",
            (
                GLOB,
                TYPE,
                TYPE_NOT,
                NO_TESTS,
                TYPE_LIST,
                CHANGED,
                SINCE,
                REGEX,
                FIXED_STRINGS,
                IGNORE_CASE,
                FRESH,
                NO_INDEX,
                INDEX_DIR,
            ),
        ),
        ("many repositories", (*ELSEWHERE, STRICT)),
        (
            "how",
            (
                limit(10),
                MAX_PER_FILE,
                *MODES,
            ),
        ),
        (
            "output",
            (
                json_format("one JSON object with all hits and the state of the index"),
                JSONL,
                option(
                    "-l",
                    "--files-with-matches",
                    dest="format",
                    action="store_const",
                    const="files",
                    help="only the paths of files with hits, each once, best first; -k counts the"
                    " hits, so there may be fewer paths",
                ),
                VIMGREP,
                option(
                    "--agent",
                    dest="format",
                    action="store_const",
                    const="agent",
                    help="compact text for a coding agent: the best places with their source, as"
                    " fit into --max-tokens, and the others as locations",
                ),
                option(
                    "--max-tokens",
                    metavar="N",
                    type=positive,
                    default=2000,
                    help="with --agent, print at most N tokens (default: 2000)",
                ),
                SHOW_SECRETS,
                switch("-0", "--null", help="with -l, end each path with a NUL, for xargs -0"),
                option(
                    "-C",
                    "--context",
                    metavar="LINES",
                    type=natural,
                    default=0,
                    help="show LINES more lines on each side of the excerpt",
                ),
                switch("--full-section", help="show the whole text of each hit, not an excerpt"),
                switch("--no-snippet", help="omit source text (also from JSON)"),
                switch("--scores", help="show the score of each hit"),
                option(
                    "--threshold",
                    metavar="SCORE",
                    type=finite,
                    help="leave out hits with a lower score; 0 leaves out none, not even those"
                    " hardly related to the query, which are left out without this flag",
                ),
                switch("--explain", help="show the features behind each score"),
                OPEN,
                COLOR,
                HYPERLINKS,
                PAGER,
                NO_PAGER,
                HELP,
            ),
        ),
    ),
    (
        ("ask a question", 'lode search "where are retries scheduled"'),
        ("find a definition in another folder", "lode search parse_config ~/src/app"),
        (
            "only TypeScript, without tests",
            'lode search "debounce input" -t ts --no-tests',
        ),
        ("for an agent with a shell", 'lode search --agent "where are retries scheduled"'),
        ("calls of a function, the ones about retries first", "lode search retry -e '\\bsend\\('"),
        ("in what is not committed yet", 'lode search "open a connection" --changed'),
        ("a whole text, such as a bug report", "lode search - < docs/guide.md"),
        ("for a program", 'lode search --json -k 5 "open a database connection"'),
    ),
    "0 something was found, 1 nothing was found, 2 error",
    metrics=True,
)


def run(options: argparse.Namespace) -> int:
    """Search, and print the hits. Refuses a bad request before it builds a missing index."""
    from codelode.cli import advice
    from codelode.cli.search_request import request_of
    from codelode.cli.terminal import Links, paged
    from codelode.cli.views.hits import print_answer, say_notes, shown_hits
    from codelode.search.parsed_query import parse_request
    from codelode.several import SeveralRoots

    if options.type_list:
        from codelode.cli.filters import print_languages

        print_languages()
        return 0
    advice.check_open(options)
    advice.check_null(options)
    query, roots = advice.query_and_roots(options)
    request = request_of(query, max(options.limit or 10, options.open or 1), options)
    terms = parse_request(request).terms
    Links(options)  # raises `UsageError` for a bad format before anything is done
    if is_elsewhere(options):
        return search_elsewhere(request, terms, roots, options)
    several = SeveralRoots(
        advice.existing_roots("search", roots, options), index_dir=options.index_dir
    )
    answer = _answer(several, request, options)
    if options.open is not None:
        from codelode.cli.editor import open_hit

        return open_hit(answer.hits, Path(answer.root), several.given, options)
    with paged(options):
        print_answer(answer, several.given, lambda: _states(several, answer), terms, options)
    say_notes(answer, several.given, options)
    if not answer.hits:
        from codelode.cli.filters import explain_filters

        advice.explain_quotes(query)
        advice.explain_case(request, lambda other: several.answer(other, fresh="never"))
        explain_filters(several, request.languages or (), request.globs or (), request)
    return 0 if shown_hits(answer, options) else 1


def _answer(several: SeveralRoots, request: SearchRequest, options: argparse.Namespace) -> Answer:
    """Search, after building the indexes that are missing."""
    from codelode.answers.build import ask_indexed
    from codelode.cli.streams import progress_meter, say

    return ask_indexed(
        several,
        lambda: several.answer(request, fresh=options.fresh),
        allowed=not options.no_index,
        meter=progress_meter(),
        tell=say,
    )


def _states(several: SeveralRoots, answer: Answer) -> list[str]:
    """Return the state of each index that was searched."""
    from codelode.mcp.state import index_state

    return [index_state(index, freshness=answer.freshness) for index in several.indexes]
