"""Every command and every flag, defined once: the parsers, the help and docs/cli.md come from here.

Nothing here imports what a command needs to run, so that `lode --help` is immediate.
"""

from __future__ import annotations

import math

from codelode.cli.benchflags import BENCH
from codelode.cli.options import (
    COLOR,
    HELP,
    INDEX_DIR,
    ROOT,
    Command,
    natural,
    option,
    positive,
    profile_file,
    seconds,
    size,
    switch,
)

INDEX = Command(
    "index",
    "build the index of a folder, or bring it up to date",
    "Index the text files under ROOT, or bring an existing index up to date: only files that"
    " changed are read. Searches go on meanwhile, on what was committed last.",
    (ROOT,),
    (
        (
            "what is indexed",
            (
                switch("--hidden", help="also index hidden files and folders"),
                switch(
                    "--no-ignore",
                    help="do not honour .gitignore, git's own excludes, .ignore and .lodeignore",
                ),
                option(
                    "--max-file-size",
                    metavar="SIZE",
                    type=size,
                    default=1 << 20,
                    help="leave out larger files; K, M and G are powers of 1024 (default: 1M)",
                ),
            ),
        ),
        (
            "how",
            (
                option(
                    "-j",
                    "--jobs",
                    metavar="N",
                    type=positive,
                    help="use N processes (default: one per core)",
                ),
                option(
                    "--max-memory",
                    metavar="SIZE",
                    type=size,
                    help="use no more memory than this, all processes together, or stop (default:"
                    " half of what the machine allows, at most 1G)",
                ),
                option(
                    "--model",
                    metavar="NAME|PATH",
                    help="embed with this model: a name, a model2vec folder or a"
                    " sentence-transformers ONNX folder (default: that of the index, or the"
                    " bundled one)",
                ),
                switch("--rebuild", help="start anew instead of updating"),
                switch(
                    "--dry-run",
                    help="only say what would be read, removed and left out; touch nothing",
                ),
                option(
                    "--wait",
                    metavar="SECONDS",
                    nargs="?",
                    type=seconds,
                    default=0.0,
                    const=math.inf,
                    help="if another process is indexing, wait for it to end, for as long as it"
                    " takes or for SECONDS (default: fail at once)",
                ),
                INDEX_DIR,
            ),
        ),
        (
            "output",
            (
                switch("--json", help="end with one JSON object instead of a sentence"),
                switch("--list-skipped", help="list every file that is left out, with the reason"),
                switch(
                    "--stats", help="also show counts by reason, time by stage, speed and memory"
                ),
                option(
                    "--profile",
                    metavar="FILE",
                    nargs="?",
                    type=profile_file,
                    const="",
                    help="also show time by stage, waits, and the slowest and largest files; with"
                    " FILE, write a profile of all processes for speedscope (needs the extra"
                    " `profile`)",
                ),
                switch("-q", "--quiet", help="no progress and no summary; errors still show"),
                HELP,
            ),
        ),
    ),
    (
        ("index this folder", "lode index"),
        ("what would be indexed, and what not?", "lode index --dry-run --list-skipped ~/src/app"),
        ("for a script", "lode index --json --quiet ~/src/app"),
        ("where does the time go?", "lode index --rebuild --profile=lode.speedscope.json"),
    ),
    "0 done, 2 error, 130 interrupted (what was committed by then is kept)",
)

SEARCH = Command(
    "search",
    "find code by meaning, words and names",
    "Search the index of ROOT and print the best places, best first. QUERY is a question, a"
    " description or the name of a symbol. Without an index, one is built first. The index is not"
    " updated: `lode index` does that, and hits that changed on disk since are marked.",
    (option("query", metavar="QUERY", help="what to look for"), ROOT),
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
                    help="only paths that match, or with a leading ! only those that do not;"
                    " repeatable, the last match decides",
                ),
                option(
                    "-t",
                    "--type",
                    metavar="LANG",
                    dest="languages",
                    action="append",
                    default=[],
                    help="only files in this language; a name, an alias or an extension (ts, c++);"
                    " repeatable, and a list with commas will do",
                ),
                switch("--no-index", help="do not build an index where there is none: fail"),
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
                    help="at most N hits (default: 10)",
                ),
                option(
                    "--mode",
                    choices=("hybrid", "semantic", "lexical"),
                    default="hybrid",
                    help="by meaning and words, by meaning alone, or by words alone (default:"
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
                    help="one JSON object a line and hit",
                ),
                option(
                    "-l",
                    "--files-with-matches",
                    dest="format",
                    action="store_const",
                    const="files",
                    help="only the paths of files with hits, the best first",
                ),
                switch("-0", "--null", help="with -l, end each path with a NUL, for xargs -0"),
                option(
                    "-C",
                    "--context",
                    metavar="LINES",
                    type=natural,
                    default=0,
                    help="show LINES more lines around the excerpt",
                ),
                switch("--full-section", help="show the whole of each hit, not an excerpt"),
                switch("--no-snippet", help="show no source text, in JSON neither"),
                switch("--scores", help="show the score of each hit"),
                switch("--explain", help="show what each score is made of"),
                COLOR,
                HELP,
            ),
        ),
    ),
    (
        ("ask a question", 'lode search "where are retries scheduled"'),
        ("find a definition in another folder", "lode search parse_config ~/src/app"),
        (
            "leave tests out, only TypeScript",
            "lode search \"debounce input\" -t ts -g '!*.test.ts'",
        ),
        ("for a program", 'lode search --json -k 5 "open a database connection"'),
    ),
    "0 something was found, 1 nothing was found, 2 error",
)

STATUS = Command(
    "status",
    "show what the index of a folder holds, and what has changed since",
    "Show size, model and age of the index of ROOT, and how many files an update would read now.",
    (ROOT,),
    (
        (
            "options",
            (
                switch("--json", help="one JSON object"),
                INDEX_DIR,
                HELP,
            ),
        ),
    ),
    (("is the index of this folder up to date?", "lode status"),),
    "0 there is an index, 1 there is none, 2 error",
)

VERIFY = Command(
    "verify",
    "check every byte of an index, and repair it",
    "Check every checksum and every reference in the index of ROOT, and say what is wrong and"
    " where: file, section, offset.",
    (ROOT,),
    (
        (
            "options",
            (
                switch(
                    "--repair",
                    help="make what is damaged anew from the files of ROOT, with the options that"
                    " the index was made with",
                ),
                switch("--json", help="one JSON object with the findings"),
                INDEX_DIR,
                HELP,
            ),
        ),
    ),
    (
        ("is the index of this folder whole?", "lode verify"),
        ("put it right", "lode verify --repair"),
    ),
    "0 nothing is wrong, or it was repaired; 2 something is wrong, or error",
)

COMMANDS = {command.name: command for command in (INDEX, SEARCH, STATUS, VERIFY, BENCH)}
