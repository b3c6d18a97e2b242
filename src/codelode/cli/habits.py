"""Flags that `lode` lacks, of ripgrep, grep and other search tools, with advice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

_TYPE = "did you mean -t LANG (--type)?"
_FLAGS = re.compile(r"(?<![\w`-])--?[A-Za-z][a-z-]*")

_INSTEAD = (
    ("-A --after-context -B --before-context", "-C LINES shows more lines on both sides"),
    ("-n --line-number -H --with-filename --heading -N", "every hit has its path and its line"),
    ("--column", "--vimgrep has columns"),
    ("-c --count --count-matches", "hits are a choice of the best; to count, use ripgrep"),
    ("-w --word-regexp -x --line-regexp", r"write it into the pattern: -e '\bword\b'"),
    ("-S --smart-case -s --case-sensitive", "-e and -F match as written, and -i ignores case"),
    (
        "-u -uu -uuu --unrestricted --hidden --no-ignore",
        "`lode index` has it: it decides what is searched",
    ),
    ("--no-ignore-vcs --max-filesize --max-depth -d", "`lode index` decides what is searched"),
    ("-j --threads -L --follow", "`lode index --help` says how files are read"),
    ("-v --invert-match -o --only-matching --replace --passthru", "use ripgrep for that"),
    ("-P --pcre2", "patterns are RE2's, which take linear time"),
    ("-U --multiline", r"a pattern with \n matches across lines"),
    ("-m --max-count", "--max-per-file N limits the hits of each file, -k N all hits"),
    ("--files", "`lode index --dry-run` lists what is indexed"),
    ("--files-without-match -z --search-zip --pre", "use ripgrep for that"),
    ("--sort --sortr", "the best hit comes first"),
    ("-p --pretty", "--color always"),
    ("--stats --debug --trace", "--explain shows how hits were ranked"),
    ("--iglob", "-g '*.[jJ][sS]'"),
    ("-a --text --binary -E --encoding", "`lode index` decodes text, and leaves out binary files"),
    ("-M --max-columns", "long lines are cut on a terminal; --full-section shows them"),
    ("--include --exclude --exclude-dir", "-g GLOB and -g '!GLOB'"),
    ("--lang --language --ext --extension --extensions --file-type --filetype", _TYPE),
    (
        "--path --paths --dir --directory --folder --root --cwd",
        "-g GLOB for paths; a folder is ROOT, last",
    ),
    ("--no-color --nocolor", "--color never"),
    ("-q --quiet --silent", "for the exit code alone, add > /dev/null"),
    ("--format --output --output-format", "--json, --jsonl, --vimgrep or -l"),
    ("--max-results --num-results --results --top --top-k --head --max", "-k N"),
    ("-Q --literal --fixed", "-F TEXT finds text as written"),
    ("--regexp --pattern", "-e PATTERN"),
    ("--kind --kinds --symbol", "`lode symbols NAME --kind KIND` lists definitions by their kind"),
    ("-R --recursive", "folders are always searched with everything below them"),
)
_BY_FLAG = {flag: advice for flags, advice in _INSTEAD for flag in flags.split()}


def instead(flag: str, command: str, flags: Container[str]) -> str:
    """Return the advice on a flag of another tool that was given to a command; "" if none fits.

    `flags` are the flags of the command. `search` gets any advice; another command gets only advice
    that names flags, all of which it has.
    """
    advice = _BY_FLAG.get(flag, "")
    if command == "search":
        return advice
    named = _FLAGS.findall(advice)
    return advice if named and all(each in flags for each in named) else ""
