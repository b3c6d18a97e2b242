"""`lode serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.many import MANY_REPOSITORIES, is_elsewhere
from codelode.cli.options import HELP, HOST_NAMES, INDEX_DIR, Command, natural, option

if TYPE_CHECKING:
    import argparse

    from codelode.page.trees import Trees

COMMAND = Command(
    "serve",
    "show a search page in the browser",
    "Serve a page that searches each ROOT while you type, at an address that only this machine"
    " reaches. The indexes are made if they are missing, and kept up to date. An API for programs"
    " is at /api/openapi.json. Needs the extra: pip install 'codelode[serve]'.",
    (
        option(
            "roots",
            nargs="*",
            metavar="ROOT",
            help="the folders to search; nothing outside is shown (default: the current one)",
        ),
    ),
    (
        (
            "options",
            (
                option(
                    "--port",
                    metavar="N",
                    type=natural,
                    default=8790,
                    help="the port; 0 for any that is free (default: 8790)",
                ),
                option(
                    "--host",
                    metavar="ADDRESS",
                    default="127.0.0.1",
                    help="the address to listen at (default: 127.0.0.1). Any other than this"
                    " machine's own needs a token: that in LODE_SERVE_TOKEN, else a new one, which"
                    " is part of the URL that is printed",
                ),
                HOST_NAMES,
                option(
                    "--editor",
                    metavar="EDITOR",
                    default="vscode",
                    help="the editor that links open: vscode, vscodium, cursor, zed, idea, pycharm,"
                    " sublime, macvim or none, or an address with {path} and {line} (default:"
                    " vscode)",
                ),
                option(
                    "--bench",
                    metavar="FILE",
                    help="plot the figures in FILE, made by `lode bench --json`",
                ),
                INDEX_DIR,
                HELP,
            ),
        ),
        MANY_REPOSITORIES,
    ),
    (
        ("for the current folder", "lode serve"),
        (
            "for several projects, at a port of your own",
            "lode serve --port 9000 ~/src/app ~/src/lib",
        ),
        ("for the repositories of a team", "lode serve --roster s3://acme-code/roster"),
    ),
    "0 interrupted, 2 error",
)


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
    import os

    from codelode.cli.streams import say
    from codelode.errors import UsageError

    try:
        from codelode.page.editor import editor_format
        from codelode.page.local_trees import LocalTrees
        from codelode.page.plots import read_figures
        from codelode.page.repositories import RepositoryTrees
        from codelode.page.serve import serve_page
    except ModuleNotFoundError as error:
        from codelode.cli.missing_extras import missing_extras

        raise missing_extras("serve", error, "serve") from None
    if options.port > 65535:
        raise UsageError(f"{options.port} is not a port: give 0 to 65535")
    editor = editor_format(options.editor)
    figures = read_figures(options.bench) if options.bench else None
    trees: Trees
    if is_elsewhere(options):
        from codelode.cli.repositories import repositories_to_serve

        trees = RepositoryTrees(repositories_to_serve(options))
    else:
        trees = LocalTrees(options.roots or ["."], options.index_dir)
    serve_page(
        trees,
        (options.host, options.port),
        options.names,
        os.environ.get("LODE_SERVE_TOKEN", ""),
        (editor, figures),
        say,
    )
    return 0
