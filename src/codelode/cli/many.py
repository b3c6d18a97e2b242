"""The options of `lode search` for many repositories."""

from __future__ import annotations

from codelode.cli.options import LABEL, REPO, option, size, switch

MANY_REPOSITORIES = (
    "many repositories",
    (
        option(
            "--roster",
            metavar="PLACE",
            help="instead of ROOT, search the repositories of the roster in PLACE, a folder or a"
            " URL (see `lode roster`)",
        ),
        option(
            "--server",
            metavar="URL",
            help="instead of ROOT, let the server at URL search (see `lode cluster`); the token"
            " that it may require is in LODE_SERVE_TOKEN",
        ),
        REPO,
        LABEL,
        option(
            "--cache-size",
            metavar="SIZE",
            type=size,
            default=20 << 30,
            help="keep at most SIZE of fetched segments on this machine; K, M and G are powers of"
            " 1024 (default: 20G)",
        ),
        switch(
            "--strict", help="with --server, fail if some of the repositories cannot be searched"
        ),
    ),
)
