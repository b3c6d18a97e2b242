"""`lode search`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.many import MANY_REPOSITORIES
from codelode.cli.options import (
    COLOR,
    GLOB,
    HELP,
    INDEX_DIR,
    LIMIT,
    NO_INDEX,
    SHOW_SECRETS,
    TYPE,
    Command,
    finite,
    natural,
    option,
    positive,
    switch,
)
from codelode.errors import UsageError
from codelode.types import FRESH

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from codelode.search.request import SearchRequest

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
            help='what to look for; "quoted parts" of it must occur verbatim; optional with -e'
            " or -F",
        ),
        option(
            "roots",
            nargs="*",
            metavar="ROOT",
            help="folders and files to search, as one (default: the current folder)",
        ),
    ),
    (
        (
            "what is searched",
            (
                GLOB,
                TYPE,
                option(
                    "-e",
                    "--regex",
                    metavar="PATTERN",
                    action="append",
                    default=[],
                    any_text=True,
                    help="only chunks with a match of PATTERN, in RE2's syntax; within a line,"
                    " unless PATTERN has a \\n; repeatable: any of them",
                ),
                option(
                    "-F",
                    "--fixed-strings",
                    metavar="TEXT",
                    action="append",
                    default=[],
                    any_text=True,
                    help="only chunks that contain TEXT; repeatable, also with -e: any of them",
                ),
                switch("-i", "--ignore-case", help="-e and -F match in any case"),
                option(
                    "--fresh",
                    choices=FRESH,
                    default="auto",
                    help="bring the index up to date first: always, whatever it takes; auto, if a"
                    " walk of the tree and the update take at most 0.3 seconds; or never (default:"
                    " auto)",
                ),
                NO_INDEX,
                INDEX_DIR,
            ),
        ),
        MANY_REPOSITORIES,
        (
            "how",
            (
                LIMIT,
                option(
                    "--mode",
                    choices=("hybrid", "semantic", "lexical"),
                    default="hybrid",
                    help="search by meaning and words, by meaning only, or by words only (default:"
                    " hybrid)",
                ),
                *(
                    option(
                        *flags,
                        dest="mode",
                        action="store_const",
                        const=mode,
                        help=f"the same as --mode {mode}",
                    )
                    for mode, flags in (
                        ("hybrid", ("--hybrid",)),
                        ("semantic", ("--semantic", "--sem")),
                        ("lexical", ("--lexical", "--lex")),
                    )
                ),
            ),
        ),
        (
            "output",
            (
                option(
                    "--json",
                    dest="format",
                    action="store_const",
                    const="json",
                    default="text",
                    help="one JSON object with all hits and the state of the index",
                ),
                option(
                    "--jsonl",
                    dest="format",
                    action="store_const",
                    const="jsonl",
                    help="one JSON object per hit, one per line",
                ),
                option(
                    "-l",
                    "--files-with-matches",
                    dest="format",
                    action="store_const",
                    const="files",
                    help="only the paths of files with hits, best first",
                ),
                option(
                    "--vimgrep",
                    dest="format",
                    action="store_const",
                    const="vimgrep",
                    help="path:line:column:text for each hit, as editors read it; columns are in"
                    " bytes, from 1",
                ),
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
                    help="leave out hits with a lower score",
                ),
                switch("--explain", help="show the features behind each score"),
                COLOR,
                HELP,
            ),
        ),
    ),
    (
        ("ask a question", 'lode search "where are retries scheduled"'),
        ("find a definition in another folder", "lode search parse_config ~/src/app"),
        (
            "only TypeScript, without tests",
            "lode search \"debounce input\" -t ts -g '!*.test.ts'",
        ),
        ("for an agent with a shell", 'lode search --agent "where are retries scheduled"'),
        ("calls of a function, the ones about retries first", "lode search retry -e '\\bsend\\('"),
        ("for a program", 'lode search --json -k 5 "open a database connection"'),
    ),
    "0 something was found, 1 nothing was found, 2 error",
    metrics=True,
)


def run(options: argparse.Namespace) -> int:
    """Search, and print the hits. Refuses a bad request before it builds a missing index."""
    from codelode.cli.advice import existing_index_folder, existing_roots, query_and_roots
    from codelode.search.parsed_query import parse_request

    query, roots = query_and_roots(options)
    request = _request(query, options)
    terms = parse_request(request).terms
    if options.server is not None:
        from codelode.cli.server_search import search_server

        return search_server(request, terms, roots, options)
    if options.roster is not None:
        from codelode.cli.roster_search import search_roster

        return search_roster(request, terms, roots, options)
    if options.repo or options.label:
        raise UsageError("-r and --label select repositories of a --roster: name it too")
    roots = existing_roots(query, roots)
    existing_index_folder(options.index_dir, roots[0])
    return _search_roots(request, terms, roots, options)


def _search_roots(
    request: SearchRequest, terms: Sequence[str], roots: Sequence[str], options: argparse.Namespace
) -> int:
    from codelode.answers.build import build_if_missing
    from codelode.cli.advice import explain_quotes
    from codelode.cli.filters import explain_filters
    from codelode.cli.streams import progress_meter
    from codelode.cli.views.hits import print_answer, shown_hits
    from codelode.several import SeveralRoots

    several = SeveralRoots(roots, index_dir=options.index_dir)
    for index in several.indexes:
        build_if_missing(index, allowed=not options.no_index, meter=progress_meter())
    answer = several.answer(request, fresh=options.fresh)
    if options.format == "agent":
        from codelode.cli.views.agent_page import print_page
        from codelode.mcp.state import index_state

        states = [index_state(index, freshness=answer.freshness) for index in several.indexes]
        print_page(answer, several.given, states, terms, options)
    else:
        print_answer(answer, several.given, terms, options)
    if not answer.hits:
        explain_quotes(request.query)
        explain_filters(several, request.languages or (), request.globs or ())
    return 0 if shown_hits(answer, options) else 1


def _request(query: str, options: argparse.Namespace) -> SearchRequest:
    """Return the request of some options. Raises `UsageError`."""
    from codelode.discover.glob import GlobSet
    from codelode.discover.language import resolve
    from codelode.search.request import SearchRequest

    names = [name for names in options.languages for name in names.split(",")]
    GlobSet(options.glob)
    return SearchRequest(
        query,
        options.limit or 10,
        options.mode,
        languages=[resolve(name) for name in names],
        globs=options.glob,
        explain=options.explain,
        fixed_strings=options.fixed_strings,
        regex=options.regex,
        ignore_case=options.ignore_case,
        threshold=options.threshold,
    )
