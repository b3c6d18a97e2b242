"""`lode symbols`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codelode.cli.hit_options import FRESH, HYPERLINKS, NO_PAGER, NO_TESTS, PAGER, TYPE_NOT
from codelode.cli.many import MANY_REPOSITORIES, is_elsewhere
from codelode.cli.options import (
    COLOR,
    GLOB,
    HELP,
    INDEX_DIR,
    NO_INDEX,
    ROOTS,
    TYPE,
    Command,
    limit,
    option,
    switch,
)
from codelode.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from codelode.search.symbol_query import SymbolRequest
    from codelode.several import SeveralRoots
    from codelode.types import Freshness, SymbolHit

DEFAULT_LIMIT = 100

COMMAND = Command(
    "symbols",
    "list definitions by name, kind or file",
    "List the definitions called NAME in all ROOTs, the best first: path, line, kind and"
    " qualified name. NAME may be qualified (Class.method, Class::method, ->method). Names as"
    " written come first, then in another case, then joined in another way (get_url, getUrl); if"
    " there are none, names that begin with NAME, or else those with one or two typing errors."
    " PREFIX* lists all names that begin so, in alphabetical order; a * elsewhere stands for any"
    " characters, and a ? before others for one: '*Error', 'get*Url'. Without NAME, or with *,"
    " all definitions are listed by path. If there is no index, one is built first; one that"
    " differs from the tree is updated first if that takes at most 0.3 seconds.",
    (
        option(
            "name",
            nargs="?",
            default="*",
            metavar="NAME",
            help="the name of a definition, a PREFIX* or another glob (default: all names)",
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
                switch("--exact", help="only names and qualifiers exactly as written"),
                limit(DEFAULT_LIMIT),
                FRESH,
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
        ("all names that end so", "lode symbols '*Error'"),
        ("the definitions of a file", "lode symbols -f src/retry.py"),
        ("in two folders", "lode symbols 'Retry*' src lib"),
    ),
    "0 something was found, 1 nothing was found, 2 error",
)


@dataclass(frozen=True, slots=True)
class _Listed:
    """Definitions of some roots, or of a roster or server: at most one more than the limit.

    A definition beyond the limit is not printed; it tells that there are more. `root` is the root,
    roster or server; `shown` returns a path as people see it; `ask` answers any further request.
    """

    root: str
    found: Sequence[SymbolHit]
    shown: Callable[[str], str]
    ask: Callable[[SymbolRequest], Sequence[SymbolHit]]
    several: SeveralRoots | None = None
    state: Freshness | None = None


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
    listed = _elsewhere(options) if is_elsewhere(options) else _here(options)
    found, shown = listed.found, listed.found[: options.limit]
    more = len(found) > len(shown)
    with paged(options):
        if options.json:
            print_json(symbols_object(listed.root, options.name, shown, more, listed.state))
        else:
            print_symbols(shown, listed.root, listed.shown, options)
    if not options.json:
        _explain(found, listed, options)
    if not found and listed.several is not None and (options.languages or options.glob):
        from codelode.cli.filters import explain_filters

        explain_filters(listed.several, options.languages, options.glob)
    return 0 if shown else 1


def _explain(found: Sequence[SymbolHit], listed: _Listed, options: argparse.Namespace) -> None:
    """Say that there are more definitions, that none has the name, or that the tree differs."""
    from codelode.answers.notes import notes_on_freshness
    from codelode.cli.streams import say
    from codelode.cli.symbol_advice import nothing_called
    from codelode.render.index_command import index_commands
    from codelode.search.symbol_query import SymbolRequest

    if not found and options.name and not (options.glob or options.languages or options.kinds):
        say(
            nothing_called(
                options.name, lambda part: bool(listed.ask(SymbolRequest(f"{part}*", 1)))
            )
        )
    if len(found) > options.limit:
        say(f"there are more than {options.limit}: add `-k N` to see N of them")
    nearest = found and found[0].match in ("unqualified", "prefix", "fuzzy")
    if nearest and not options.name.endswith("*"):
        say(f"nothing is called {options.name!r}: these come nearest")
    if listed.state is not None:
        update = index_commands(listed.several.given if listed.several else (), options.index_dir)
        stale = len({hit.path for hit in found if hit.stale})
        for note in notes_on_freshness(listed.state, stale, update):
            say(note)


def _here(options: argparse.Namespace) -> _Listed:
    """Return the definitions of the roots, or of `options.file`; build missing indexes first."""
    import os

    from codelode.answers.build import ask_indexed
    from codelode.cli.streams import progress_meter, say
    from codelode.nearest import no_such_path
    from codelode.render.paths import from_here
    from codelode.several import SeveralRoots

    if options.file is not None:
        return _in_file(options)
    for root in options.roots:
        if not os.path.exists(root):  # noqa: PTH110 (raises nothing)
            raise UsageError(no_such_path(root))
    several = SeveralRoots(options.roots or ["."], options.index_dir)
    request = _request(options, options.glob)
    state, found = ask_indexed(
        several,
        lambda: (several.refresh(options.fresh), several.symbols(request)),
        allowed=not options.no_index,
        meter=progress_meter(),
        tell=say,
    )
    root, given = os.fspath(several.root), several.given
    return _Listed(
        root,
        found,
        lambda path: from_here(f"{root}/{path}", given),
        several.symbols,
        several,
        state,
    )


def _in_file(options: argparse.Namespace) -> _Listed:
    """Return the definitions of `options.file`, from the index that covers it."""
    from codelode.answers.indexed_file import index_of_file
    from codelode.cli.streams import progress_meter, say
    from codelode.discover.glob import escaped

    if options.roots:
        raise UsageError("give either -f FILE or ROOT: a ROOT may be a file, too")
    file, meter = options.file, progress_meter()
    allowed = not options.no_index
    index, path = index_of_file(file, options.index_dir, allowed, meter, say)
    state = index.refresh(options.fresh)
    if not index.holds(path):  # the update has removed the file
        index, path = index_of_file(file, options.index_dir, allowed, meter, say)
    found = index.reader.symbols(_request(options, [f"/{escaped(path)}"]))
    return _Listed(str(index.root), found, lambda path: file, index.reader.symbols, None, state)


def _elsewhere(options: argparse.Namespace) -> _Listed:
    """Return the definitions in the repositories of the roster or server."""
    from codelode.cli.repositories import open_repositories
    from codelode.discover.glob import escaped
    from codelode.roster.repositories import name_in

    repositories = open_repositories(options, *options.roots)
    options.hyperlink_format = None
    place, file, ask = repositories.place, options.file, repositories.symbols
    if file is None:
        return _Listed(place, ask(_request(options, options.glob)), str, ask)
    if not options.name:
        wanted = frozenset(kind.lower() for kind in options.kinds)
        outline = repositories.outline(file)
        found = [each for each in outline if not wanted or each.kind in wanted]
        return _Listed(place, found, str, ask)
    home = name_in(file, {each.name for each in repositories.totals()}) or ""
    request = _request(options, [escaped(file[len(home) :])])
    return _Listed(place, repositories.symbols(request, [f"/{home}"]), str, ask)


def _request(options: argparse.Namespace, globs: Sequence[str]) -> SymbolRequest:
    """Return the request that the options describe, for one definition more than the limit."""
    from codelode.search.symbol_query import SymbolRequest

    return SymbolRequest(
        options.name,
        options.limit + 1,
        options.kinds,
        options.languages,
        globs,
        options.exact,
    )
