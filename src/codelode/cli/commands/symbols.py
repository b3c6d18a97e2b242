"""`lode symbols`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.hit_options import HYPERLINKS, NO_PAGER, NO_TESTS, PAGER, TYPE_NOT
from codelode.cli.many import MANY_REPOSITORIES, is_elsewhere
from codelode.cli.options import (
    COLOR,
    GLOB,
    HELP,
    INDEX_DIR,
    NO_INDEX,
    ROOT,
    TYPE,
    Command,
    limit,
    option,
    switch,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from codelode.index import Index
    from codelode.search.symbol_query import SymbolRequest
    from codelode.types import SymbolHit

DEFAULT_LIMIT = 100

COMMAND = Command(
    "symbols",
    "list definitions by name, kind or file",
    "List the definitions called NAME in the index of ROOT, the best first: path, line, kind and"
    " qualified name. NAME may be qualified (Class.method, Class::method, ->method). Names as"
    " written come first, then in another case, then joined in another way (get_url, getUrl); if"
    " there are none, names that begin with NAME, or else those with one or two typing errors."
    " PREFIX* lists all names that begin so, in alphabetical order. Without NAME, or with *, all"
    " definitions are listed by path. If there is no index, one is built first.",
    (
        option(
            "name",
            nargs="?",
            default="*",
            metavar="NAME",
            help="the name of a definition, or a PREFIX* (default: all names)",
        ),
        ROOT,
    ),
    (
        (
            "which definitions",
            (
                option("-f", "--file", metavar="FILE", help="only those in FILE, in its order"),
                option(
                    "--kind",
                    metavar="KIND",
                    dest="kinds",
                    action="append",
                    default=[],
                    help="only definitions of this kind: class, function, method, ..., or a"
                    " comma-separated list; repeatable",
                ),
                GLOB,
                TYPE,
                TYPE_NOT,
                NO_TESTS,
                switch("--exact", help="only names exactly as written"),
                limit(DEFAULT_LIMIT),
                NO_INDEX,
                INDEX_DIR,
            ),
        ),
        MANY_REPOSITORIES,
        (
            "output",
            (
                switch("--json", help="one JSON object with the definitions"),
                COLOR,
                HYPERLINKS,
                PAGER,
                NO_PAGER,
                HELP,
            ),
        ),
    ),
    (
        ("where is this function defined?", "lode symbols parseConfig"),
        ("a method of one class", "lode symbols RetryScheduler.schedule"),
        ("all classes whose names begin with Retry", "lode symbols 'Retry*' --kind class"),
        ("the definitions of a file", "lode symbols -f src/retry.py"),
    ),
    "0 something was found, 1 nothing was found, 2 error",
)


def run(options: argparse.Namespace) -> int:
    """Find definitions and print them. Refuses bad arguments before it builds an index."""
    from codelode.answers.symbols import symbols_object
    from codelode.cli.search_request import wanted_globs, wanted_languages
    from codelode.cli.streams import print_json
    from codelode.cli.terminal import Links, paged
    from codelode.cli.views.symbols import print_symbols
    from codelode.search.symbol_query import parse_name

    options.kinds = [kind for kinds in options.kinds for kind in kinds.split(",")]
    options.languages = [*wanted_languages(options)]
    options.limit = options.limit or DEFAULT_LIMIT
    options.name = "" if options.name == "*" else options.name
    options.glob = wanted_globs(options)
    Links(options)  # refuses a bad format before anything is done
    if options.name:
        parse_name(options.name)
    root, found = _found(options)
    shown = found[: options.limit]
    with paged(options):
        if options.json:
            print_json(symbols_object(root, options.name, shown, len(found) > len(shown)))
        else:
            print_symbols(shown, root, options)
    if not options.json:
        _explain(found, options)
    local = options.file is None and not is_elsewhere(options)
    if not found and local and (options.languages or options.glob):
        from codelode.cli.filters import explain_filters
        from codelode.several import SeveralRoots

        several = SeveralRoots([options.root], options.index_dir)
        explain_filters(several, options.languages, options.glob)
    return 0 if shown else 1


def _found(options: argparse.Namespace) -> tuple[str, list[SymbolHit]]:
    """Return the root, roster or server, and the definitions, up to one beyond the limit."""
    if is_elsewhere(options):
        return _elsewhere(options)
    import os

    index, found = _in_tree(options) if options.file is None else _in_file(options)
    return os.fspath(index.root), found


def _explain(found: Sequence[SymbolHit], options: argparse.Namespace) -> None:
    """Say that there are more definitions, or that none has the name."""
    import shlex
    from pathlib import Path

    from codelode.cli.streams import say

    if not found and options.name and Path(options.name).is_file():
        say(f"{options.name} is a file: `lode outline {shlex.quote(options.name)}` lists it")
    elif not found and options.name and not (options.glob or options.languages):
        say(f"nothing is called {options.name!r} or nearly so; `lode search` finds uses, too")

    if len(found) > options.limit:
        say(f"there are more than {options.limit}: add `-k N` to see N of them")
    nearest = found and found[0].match in ("unqualified", "prefix", "fuzzy")
    if nearest and not options.name.endswith("*"):
        say(f"nothing is called {options.name!r}: these come nearest")


def _in_tree(options: argparse.Namespace) -> tuple[Index, list[SymbolHit]]:
    """Return the index of the root, and the definitions, up to one beyond the limit."""
    from codelode.answers.build import build_if_missing
    from codelode.cli.streams import progress_meter
    from codelode.index import Index

    index = Index.open(options.root, index_dir=options.index_dir)
    build_if_missing(index, allowed=not options.no_index, meter=progress_meter())
    return index, index.reader.symbols(_request(options, options.glob))


def _in_file(options: argparse.Namespace) -> tuple[Index, list[SymbolHit]]:
    """Return the index that covers the file, and its definitions."""
    from codelode.answers.indexed_file import index_of_file
    from codelode.cli.streams import progress_meter
    from codelode.discover.glob import escaped

    index, path = index_of_file(
        options.file, options.index_dir, not options.no_index, progress_meter()
    )
    outline = index.outline(path)
    if options.name:
        return index, index.reader.symbols(_request(options, [f"/{escaped(path)}"]))
    return index, _of_kinds(outline, options.kinds)


def _elsewhere(options: argparse.Namespace) -> tuple[str, list[SymbolHit]]:
    """Return the roster or server, and the definitions in its repositories."""
    from codelode.cli.repositories import open_repositories
    from codelode.discover.glob import escaped
    from codelode.roster.repositories import name_in

    repositories = open_repositories(options, *(() if options.root == "." else (options.root,)))
    options.hyperlink_format, options.root = None, "."
    globs, names = options.glob, []
    if options.file is not None:
        outline = repositories.outline(options.file)
        if not options.name:
            return repositories.place, _of_kinds(outline, options.kinds)
        home = name_in(options.file, {each.name for each in repositories.totals()}) or ""
        globs = [escaped(options.file[len(home) :])]
        names = [f"/{home}"]
    return repositories.place, repositories.symbols(_request(options, globs), names)


def _of_kinds(found: Sequence[SymbolHit], kinds: Sequence[str]) -> list[SymbolHit]:
    wanted = frozenset(kind.lower() for kind in kinds)
    return [each for each in found if not wanted or each.kind in wanted]


def _request(options: argparse.Namespace, globs: Sequence[str]) -> SymbolRequest:
    """Return the request of the options, for one definition beyond the limit."""
    from codelode.search.symbol_query import SymbolRequest

    return SymbolRequest(
        options.name,
        options.limit + 1,
        options.kinds,
        options.languages,
        globs,
        options.exact,
    )
