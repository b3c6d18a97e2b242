"""`lode search`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import (
    COLOR,
    HELP,
    INDEX_DIR,
    Command,
    natural,
    option,
    positive,
    switch,
)

if TYPE_CHECKING:
    import argparse

COMMAND = Command(
    "search",
    "find code by meaning, words and names",
    "Search the index of ROOT and print the best matches, best first. QUERY is a question, a"
    " description or the name of a symbol. If there is no index, one is built first. An existing"
    " index is not updated: run `lode index` for that. Hits whose files have changed since are"
    " marked.",
    (
        option("query", metavar="QUERY", help="what to look for"),
        option(
            "roots",
            nargs="*",
            metavar="ROOT",
            help="the folder to search (default: the current one)",
        ),
    ),
    (
        (
            "what is searched",
            (
                option(
                    "-g",
                    "--glob",
                    metavar="GLOB",
                    action="append",
                    default=[],
                    help="only paths that match GLOB, or with a leading ! only paths that do not;"
                    " repeatable, the last match decides",
                ),
                option(
                    "-t",
                    "--type",
                    metavar="LANG",
                    dest="languages",
                    action="append",
                    default=[],
                    help="only files in this language: a name, an alias or an extension (ts, c++),"
                    " or a comma-separated list; repeatable",
                ),
                switch("--no-index", help="fail if there is no index, instead of building one"),
                INDEX_DIR,
            ),
        ),
        (
            "how",
            (
                option(
                    "-k",
                    "--limit",
                    "--topk",
                    metavar="N",
                    type=positive,
                    default=10,
                    help="print at most N hits (default: 10)",
                ),
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
        ("for a program", 'lode search --json -k 5 "open a database connection"'),
    ),
    "0 something was found, 1 nothing was found, 2 error",
    metrics=True,
)


def run(options: argparse.Namespace) -> int:
    """Search, and print the hits. Refuses a bad request before it builds a missing index."""
    from codelode.answers.build import build_if_missing
    from codelode.cli.advice import existing_index_folder, existing_roots
    from codelode.cli.streams import progress_meter
    from codelode.cli.views.hits import print_answer
    from codelode.discover.glob import GlobSet
    from codelode.discover.language import resolve
    from codelode.index import Index
    from codelode.search.parsed_query import parse_query

    query = parse_query(options.query)
    names = [name for names in options.languages for name in names.split(",")]
    languages = [resolve(name) for name in names]
    GlobSet(options.glob)
    (root,) = existing_roots(options.query, options.roots)
    existing_index_folder(options.index_dir, root)
    index = Index.open(root, index_dir=options.index_dir)
    build_if_missing(index, allowed=not options.no_index, meter=progress_meter())
    answer = index.answer(
        query.text,
        limit=options.limit,
        mode=options.mode,
        languages=languages or None,
        globs=options.glob or None,
        explain=options.explain,
    )
    print_answer(index, answer, query.terms, options)
    return 0 if answer.hits else 1
