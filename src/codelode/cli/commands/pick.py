"""`lode pick`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.hit_options import (
    CHANGED,
    FIXED_STRINGS,
    IGNORE_CASE,
    MAX_PER_FILE,
    MODES,
    NO_TESTS,
    REGEX,
    SINCE,
    TYPE_NOT,
)
from codelode.cli.options import (
    COLOR,
    GLOB,
    HELP,
    INDEX_DIR,
    NO_INDEX,
    ROOTS,
    TYPE,
    Command,
    check_limit,
    limit,
    option,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from codelode.cli.live_search import LiveSearch, Picked

DEFAULT_LIMIT = 50

COMMAND = Command(
    "pick",
    "search while you type, and open what you pick",
    "Show the best matches of what you type, with a preview. The arrow keys select a hit; Enter"
    " opens it in $VISUAL, else $EDITOR, else vi; Ctrl-Y prints its path and line instead; Esc"
    " leaves. If standard output is no terminal, Enter prints. On a terminal that can do no more,"
    " the hits are a numbered list. If there is no index, one is built first. The full screen needs"
    " the extra: pip install 'codelode[pick]'.",
    (
        option("query", nargs="?", default="", metavar="QUERY", help="what to look for at first"),
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
                CHANGED,
                SINCE,
                REGEX,
                FIXED_STRINGS,
                IGNORE_CASE,
                NO_INDEX,
                INDEX_DIR,
            ),
        ),
        ("how", (limit(DEFAULT_LIMIT), MAX_PER_FILE, *MODES)),
        ("output", (COLOR, HELP)),
    ),
    (
        ("pick a place, and open it", 'lode pick "where are retries scheduled"'),
        ("among the files with changes", "lode pick --changed"),
        ("use the place elsewhere", 'echo "$(lode pick retry)"'),
    ),
    "0 something was picked, 1 nothing was picked, 2 error",
)


def run(options: argparse.Namespace) -> int:
    """Let the user pick a hit; open or print it."""
    import os
    import sys
    from pathlib import Path

    from codelode.answers.build import build_missing
    from codelode.cli import advice, streams
    from codelode.cli.editor import open_in_editor, place_of
    from codelode.cli.live_search import LiveSearch
    from codelode.render.paths import from_here
    from codelode.render.sanitize import visible_name
    from codelode.several import SeveralRoots

    check_limit(options)
    roots = advice.existing_roots("pick", options.roots, options)
    several = SeveralRoots(roots, index_dir=options.index_dir)
    build_missing(several, not options.no_index, streams.progress_meter(), streams.say)
    live = LiveSearch(several, options.limit or DEFAULT_LIMIT, options)
    picked = _picker()(live, options)
    if picked is None:
        return 1
    path = from_here(os.fspath(Path(picked.root) / picked.hit.path), several.given)
    terminal = streams.is_terminal(sys.stdout)
    if picked.opens and terminal:
        open_in_editor(place_of(picked.hit, path))
    else:
        print(f"{visible_name(path) if terminal else path}:{picked.hit.line}")
    return 0


def _picker() -> Callable[[LiveSearch, argparse.Namespace], Picked | None]:
    """Return the function that shows the hits: on the full screen if possible, else as a list."""
    from codelode.cli import streams

    if streams.can_draw():
        try:
            from codelode.cli.picker import pick

            return pick
        except ModuleNotFoundError:
            streams.say("for a full screen: pip install 'codelode[pick]'")
    from codelode.cli.pick_list import pick as pick_from_list

    return pick_from_list
