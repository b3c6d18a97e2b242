"""Checks of a search's arguments; an error suggests the command to type instead."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from codelode import arguments
from codelode.cli.commands import load
from codelode.cli.dashes import flags_of, quoted
from codelode.cli.options import check_limit
from codelode.errors import UsageError
from codelode.nearest import no_such_path
from codelode.render import units

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from codelode.search.request import SearchRequest
    from codelode.types import Answer

MAX_QUERY_BYTES = 1_000_000


def query_and_roots(options: argparse.Namespace) -> tuple[str, Sequence[str]]:
    """Return the query, stripped, and the roots that were given.

    The query `-` is read from standard input. With -e or -F, the query may be omitted: then an
    existing path in its place is a root. Raises `UsageError` if there is nothing to look for.
    """
    if options.query == "-":
        return query_of_standard_input(), options.roots
    if not options.regex and not options.fixed_strings:
        if options.query is None:
            raise UsageError("QUERY is missing: what to look for (see `lode search --help`)")
        return options.query.strip(), options.roots
    query = options.query or ""
    if query and Path(query).exists():
        return "", [query, *options.roots]
    return query.strip(), options.roots


def query_of_standard_input() -> str:
    """Return the text on standard input, stripped.

    Raises `UsageError` if it is empty, is not text, or is larger than `MAX_QUERY_BYTES`.
    """
    from codelode.cli import streams

    if streams.is_terminal(sys.stdin):
        streams.say("type or paste the query; Ctrl-D on a line of its own ends it")
    with open(0, "rb", closefd=False) as stream:  # `sys.stdin` is None if it was closed
        data = stream.read(MAX_QUERY_BYTES + 1)
    if len(data) > MAX_QUERY_BYTES:
        most = units.size(MAX_QUERY_BYTES)
        raise UsageError(
            f"the query on standard input is larger than {most}: give the part that says what is"
            " wrong"
        )
    if b"\0" in data:
        raise UsageError("the query on standard input is binary, not text")
    text = data.decode("utf-8", "replace").removeprefix("\ufeff").strip()
    if not text:
        raise UsageError("the query on standard input is empty")
    return text


def existing_roots(
    command: str, roots: Sequence[str], options: argparse.Namespace
) -> Sequence[str]:
    """Return the roots that `lode search` or `lode pick` searches: given, or the current folder.

    Raises `UsageError` if a root or the index folder does not exist. The message suggests that a
    missing root is a word of an unquoted query, or the value of --changed.
    """
    missing = [root for root in roots if not Path(root).exists()]
    if not missing:
        existing_index_folder(options.index_dir, roots[0] if roots else ".")
        return roots or ["."]
    if _has_options_at_the_end(command, options.typed):
        message = f"no such file or folder: {missing[0]}"
        raise UsageError(f"{message}: after -- nothing is an option, so write options before it")
    query, advice = options.query or "", []
    if options.changed is not None:
        revision = query if " " in missing[0] or query.startswith("HEAD") else missing[0]
        advice.append(f"to compare with a revision: --changed={shlex.quote(revision)}")
    if query != "-" and any("/" not in root for root in missing):
        last = max(place for place, root in enumerate(roots) if root in missing)
        words = " ".join((query, *roots[: last + 1]))
        flags, others = flags_of(load(command), options.typed), roots[last + 1 :]
        quoted_flags = [shlex.quote(each) for each in flags]
        end = ["--"] if words.startswith("-") else []
        parts = ["lode", command, *quoted_flags, *end, quoted(words), *map(shlex.quote, others)]
        advice.append(f"to look for several words, quote them: {' '.join(parts)}")
    message = no_such_path(missing[0])
    if advice:
        message += f"{' Or ' if message.endswith('?') else '; '}{'; '.join(advice)}"
    raise UsageError(message)


def _has_options_at_the_end(command: str, typed: Sequence[str]) -> bool:
    """Return whether options of a command follow `--` and a text."""
    known = {flag for option in load(command).options() for flag in option.flags}
    after = typed[typed.index("--") + 1 :] if "--" in typed else ()
    return not known.isdisjoint(after[1:])


def existing_index_folder(index_dir: str | None, root: str) -> None:
    """Raise `UsageError` if --index-dir names a missing folder: a search must not create it."""
    if index_dir is None or arguments.expanded(index_dir).exists():
        return
    folder = shlex.quote(index_dir)
    raise UsageError(
        f"no such folder: {index_dir} (from --index-dir); to build an index in it:"
        f" lode index {shlex.quote(root)} --index-dir {folder}"
    )


def check_open(options: argparse.Namespace) -> None:
    """Check the limit, and the options that are given with --open, which prints no list.

    Raises `UsageError` if the limit is too large, if an output format is given with --open, or if
    the hit's number exceeds the limit.
    """
    check_limit(options)
    number, limit = options.open, options.limit
    if number is None:
        return
    if options.format != "text":
        flag = "-l" if options.format == "files" else f"--{options.format}"
        raise UsageError(f"give either --open or {flag}: --open prints no list")
    if limit is not None and number > limit:
        raise UsageError(
            f"--open={number} is beyond the {units.count(limit, 'hit')} that -k or the setting"
            f" search.limit asks for: give -k {number}"
        )


def check_null(options: argparse.Namespace) -> None:
    """Raise `UsageError` for -0 without -l: no other output ends paths with a NUL."""
    if options.null and options.format != "files":
        raise UsageError("-0 means nothing without -l: it ends each path that -l prints with a NUL")


def explain_case(request: SearchRequest, ask: Callable[[SearchRequest], Answer]) -> None:
    """If the text or pattern of a request has hits only in another case, say that -i finds them.

    `ask` answers a request.
    """
    from dataclasses import replace

    from codelode.cli import streams

    if request.ignore_case or not (request.fixed_strings or request.regex):
        return
    if number := ask(replace(request, ignore_case=True, limit=1)).matching:
        places = units.count(number, "place")
        streams.say(f"nothing matches as written; in another case, -i finds {places}")


def explain_quotes(query: str) -> None:
    """If a query without hits has quoted parts, say that these must occur verbatim."""
    from codelode.cli import streams
    from codelode.search.verbatim import quoted_parts

    if '"' in query and quoted_parts(query):
        streams.say("quoted parts must occur verbatim: leave out the quotes to search by words")
