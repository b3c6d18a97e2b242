"""Flags of the commands that print hits or definitions: where to look, and what to print."""

from __future__ import annotations

from codelode import types
from codelode.cli.options import Option, hit_number, option, positive, switch

TYPE_NOT = option(
    "-T",
    "--type-not",
    metavar="LANG",
    dest="other_languages",
    action="append",
    default=[],
    help="no files in this language, as for -t; wins over -t; repeatable",
)
NO_TESTS = switch(
    "--no-tests",
    help="no tests: leave out folders such as test, tests and spec, and files such as test_x.py,"
    " x_test.go, x.spec.ts and XTest.java",
)
TYPE_LIST = switch(
    "--type-list", help="list the languages with the names and globs of their files, and exit"
)
CHANGED = Option(
    ("--changed",),
    "only files that differ from the git revision REF: a commit, a branch, or a range A..B;"
    " without REF, files with changes that are not committed. New files count, ignored ones do not",
    {"metavar": "REF", "nargs": "?", "const": "HEAD"},
    joined=True,
)
SINCE = option(
    "--since",
    metavar="DATE",
    help="only files that were modified since DATE: 2026-11-01, '2026-11-01 14:30', yesterday,"
    " monday, '2 weeks ago', 36h",
)
REGEX = option(
    "-e",
    "--regex",
    metavar="PATTERN",
    action="append",
    default=[],
    any_text=True,
    help="only chunks with a match of PATTERN, in RE2's syntax; within a line, unless PATTERN has"
    " a \\n; repeatable: any of them",
)
FIXED_STRINGS = option(
    "-F",
    "--fixed-strings",
    metavar="TEXT",
    action="append",
    default=[],
    any_text=True,
    help="only chunks that contain TEXT; repeatable, also with -e: any of them",
)
IGNORE_CASE = switch("-i", "--ignore-case", help="-e and -F match in any case")
FRESH = option(
    "--fresh",
    choices=types.FRESH,
    default="auto",
    help="bring the index up to date first: always, whatever it takes; auto, if a walk of the tree"
    " and the update take at most 0.3 seconds; or never (default: auto)",
)
MODES = (
    option(
        "--mode",
        choices=("hybrid", "semantic", "lexical"),
        default="hybrid",
        help="search by meaning and words, by meaning only, or by words only (default: hybrid)",
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
)
MAX_PER_FILE = option(
    "--max-per-file", metavar="N", type=positive, help="at most N hits of each file"
)
JSONL = option(
    "--jsonl",
    dest="format",
    action="store_const",
    const="jsonl",
    help="one JSON object per hit, one per line",
)
VIMGREP = option(
    "--vimgrep",
    dest="format",
    action="store_const",
    const="vimgrep",
    help="path:line:column:text for each hit, as editors read it; columns are in bytes, from 1",
)
OPEN = Option(
    ("--open",),
    "open hit number N (default: 1) at its line, in $VISUAL, else $EDITOR, else vi; for an editor"
    " that lode does not know, name the place in the variable: EDITOR='myedit {file} {line}'",
    {"metavar": "N", "nargs": "?", "const": "1", "type": hit_number},
    joined=True,
)
HYPERLINKS = option(
    "--hyperlink-format",
    metavar="FORMAT",
    help="with color, make paths and line numbers links: none, default, file, vscode, cursor,"
    " kitty, ... or a URL with {path}, {line}, {column}, {host}, {wslprefix} (default: none)",
)
PAGER = option(
    "--pager",
    dest="pager",
    action="store_const",
    const=True,
    help="on a terminal, show the output in $LODE_PAGER, else $PAGER, else less; $LODE_PAGER alone"
    " does so too",
)
NO_PAGER = option(
    "--no-pager",
    dest="pager",
    action="store_const",
    const=False,
    help="use no pager, whatever $LODE_PAGER says",
)


def json_format(help: str) -> Option:
    """Return the flag `--json` of a command that has other formats too."""
    return option(
        "--json", dest="format", action="store_const", const="json", default="text", help=help
    )
