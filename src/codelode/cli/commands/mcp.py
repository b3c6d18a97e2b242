"""`lode mcp`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.many import MANY_REPOSITORIES, is_elsewhere
from codelode.cli.options import HELP, HOST_NAMES, INDEX_DIR, SHOW_SECRETS, Command, option, switch

if TYPE_CHECKING:
    import argparse

    from codelode.mcp.sources import Sources

COMMAND = Command(
    "mcp",
    "serve coding agents by the Model Context Protocol",
    "Answer a coding agent's searches of each ROOT over standard input and output, or over HTTP."
    " The agent starts this command; `lode agent install` tells it to. A tree without an index is"
    " indexed at the first call, except a home folder and more than a million files. Needs the"
    " extra: pip install 'codelode[mcp]'.",
    (
        option(
            "roots",
            nargs="*",
            metavar="ROOT",
            help="the folders to answer for; nothing outside is shown (default: the current one)",
        ),
    ),
    (
        (
            "options",
            (
                option(
                    "--http",
                    metavar="[HOST:]PORT",
                    help="serve streamable HTTP at this address instead; HOST is 127.0.0.1 by"
                    " default. Any other address needs a token in LODE_MCP_TOKEN, which clients"
                    " send as `Authorization: Bearer TOKEN`",
                ),
                HOST_NAMES,
                switch(
                    "--no-watch",
                    help="do not follow changes of the trees between calls; each search then looks"
                    " for changes",
                ),
                SHOW_SECRETS,
                INDEX_DIR,
                HELP,
            ),
        ),
        MANY_REPOSITORIES,
    ),
    (
        ("for the agent of this project", "lode mcp"),
        (
            "over HTTP, for the repositories of a team",
            "lode mcp --http 8791 --roster s3://acme-code/roster",
        ),
        ("over HTTP, for several projects", "lode mcp --http 8791 ~/src/app ~/src/library"),
    ),
    "0 the client closed the connection, 2 error",
)


def run(options: argparse.Namespace) -> int:
    """Serve until the client disconnects."""
    import os
    import sys

    from codelode.cli.streams import discard_output, is_terminal, say

    sources = _sources(options)
    try:
        import anyio

        from codelode.mcp.http import serve_http
        from codelode.mcp.server import ToolServer
        from codelode.mcp.stdio import serve_stdio
    except ModuleNotFoundError as error:
        from codelode.cli.missing_extras import missing_extras

        raise missing_extras("mcp", error, "mcp") from None
    tools = ToolServer(sources, options.show_secrets, not options.no_watch)
    if options.http is None:
        if is_terminal(sys.stdin):
            say(
                "waiting for an MCP client on standard input (Ctrl-C ends it): a coding agent"
                " starts this command once `lode agent install` has told it to"
            )
        try:
            anyio.run(serve_stdio, tools)
        except* BrokenPipeError:  # the client no longer reads: it has closed the connection
            discard_output()
    else:
        token = os.environ.get("LODE_MCP_TOKEN", "")
        serve_http(tools, options.http, token, options.names, say)
    return 0


def _sources(options: argparse.Namespace) -> Sources:
    """Return the sources of the tools' answers."""
    if is_elsewhere(options):
        from codelode.cli.repositories import repositories_to_serve
        from codelode.mcp.repositories import RepositorySources

        return RepositorySources(repositories_to_serve(options))
    from codelode.mcp.roots import Roots

    return Roots.open(options.roots or ["."], options.index_dir)
