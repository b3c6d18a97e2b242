"""`lode symbols`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from codelode.cli.hit_options import FRESH, HYPERLINKS, NO_PAGER, NO_TESTS, PAGER, TYPE_NOT
from codelode.cli.options import (
    COLOR,
    GLOB,
    HELP,
    INDEX_DIR,
    LIMIT,
    NO_INDEX,
    ROOTS,
    TYPE,
    Command,
    option,
    switch,
)
from codelode.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from codelode.render.paths import GivenRoot
    from codelode.search.symbol_query import SymbolRequest
    from codelode.several import SeveralRoots
    from codelode.types import Freshness, SymbolHit

    Searched = tuple[SeveralRoots, Sequence[GivenRoot], Sequence[str]]

COMMAND = Command(
    "symbols",
    "list definitions by name, kind or file",
    "List the definitions called NAME in all ROOTs, the best first: path, line, kind and"
    " qualified name. NAME may be qualified (Class.method, Class::method, ->method). Names as"
    " written come first, then in another case, then joined in another way (get_url, getUrl); if"
    " there are none, names that begin with NAME, or else those with one or two typing errors."
    " PREFIX* lists all names that begin so, in alphabetical order. Without NAME, or with *, all"
    " definitions are listed by path. If there is no index, one is built first; one that differs"
    " from the tree is updated first if that takes at most 0.3 seconds.",
    (
        option(
            "name",
            nargs="?",
            default="*",
            metavar="NAME",
            help="the name of a definition, or a PREFIX* (default: all names)",
        ),
        ROOTS,
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
                LIMIT,
                FRESH,
                NO_INDEX,
                INDEX_DIR,
            ),
        ),
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
        ("in two trees", "lode symbols 'Queue*' ~/src/app ~/src/lib"),
    ),
    "0 something was found, 1 nothing was found, 2 error",
)

DEFAULT_LIMIT = 100


def run(options: argparse.Namespace) -> int:
    """Find definitions and print them. Refuses bad arguments before it builds an index."""
    from codelode.answers.symbols import symbols_object
    from codelode.cli.streams import print_json
    from codelode.cli.terminal import Links, paged
    from codelode.cli.views.symbols import print_symbols

    request = _request(options)
    Links(options)  # refuses a bad format before anything is done
    several, given, globs = _in_roots(options) if options.file is None else _in_file(options)
    state = several.refresh(options.fresh)
    found = several.symbols(replace(request, globs=globs))
    shown, more = found[: options.limit], len(found) > options.limit
    with paged(options):
        if options.json:
            print_json(symbols_object(several.root, request.name, shown, more, state))
        else:
            print_symbols(shown, several.root, given, options)
    if not options.json:
        _explain(found, state, options)
    if not found and options.file is None and (options.languages or options.glob):
        from codelode.cli.filters import explain_filters

        explain_filters(several, options.languages, options.glob)
    return 0 if shown else 1


def _request(options: argparse.Namespace) -> SymbolRequest:
    """Return the request of some options, with one more than the limit. Raises `UsageError`."""
    from codelode.cli.search_request import wanted_globs, wanted_languages
    from codelode.search.symbol_query import SymbolRequest, parse_name

    options.languages = [*wanted_languages(options)]
    options.limit = options.limit or DEFAULT_LIMIT
    options.name = "" if options.name == "*" else options.name
    options.glob = wanted_globs(options)
    if options.name:
        parse_name(options.name)
    if options.file is not None and options.roots:
        raise UsageError("give either -f FILE or ROOT: a ROOT may be a file, too")
    return SymbolRequest(
        options.name,
        options.limit + 1,
        [kind for kinds in options.kinds for kind in kinds.split(",")],
        options.languages,
        exact=options.exact,
    )


def _in_roots(options: argparse.Namespace) -> Searched:
    """Return the roots, their paths as given, and the globs; builds indexes that are missing."""
    from codelode.answers.build import build_if_missing
    from codelode.cli.streams import progress_meter
    from codelode.several import SeveralRoots

    several = SeveralRoots(options.roots or ["."], options.index_dir)
    for index in several.indexes:
        build_if_missing(index, allowed=not options.no_index, meter=progress_meter())
    return several, several.given, options.glob


def _in_file(options: argparse.Namespace) -> Searched:
    """Return the root of the index that has the file, the file as given, and a glob for it."""
    from codelode.answers.indexed_file import index_of_file
    from codelode.cli.streams import progress_meter
    from codelode.discover.glob import escaped
    from codelode.render.paths import GivenRoot
    from codelode.several import SeveralRoots

    file, meter = options.file, progress_meter()
    index, path = index_of_file(file, options.index_dir, not options.no_index, meter)
    several = SeveralRoots([str(index.root)], options.index_dir)
    return several, [GivenRoot(file, str(index.root / path))], [f"/{escaped(path)}"]


def _explain(found: Sequence[SymbolHit], state: Freshness, options: argparse.Namespace) -> None:
    """Say that there are more definitions, that none has the name, or that the tree differs."""
    import shlex
    from pathlib import Path

    from codelode.answers.notes import notes_on_freshness
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
    for note in notes_on_freshness(state, len({hit.path for hit in found if hit.stale})):
        say(note)
