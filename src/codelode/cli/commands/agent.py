"""`lode agent`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import HELP, YES, Command, option, switch

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from codelode.agents.clients import Client

COMMAND = Command(
    "agent",
    "tell coding agents about codelode, or remove it from them",
    "install: add the server `lode mcp` to the configuration of each CLIENT and a short text to its"
    " instructions, for the current folder, or with --user for all projects of this user. The"
    " change is shown first. uninstall: undo that, to the byte. list: show which clients have it."
    " Clients: claude-code, codex, cursor, vscode, gemini, opencode, zed.",
    (
        option(
            "action",
            metavar="ACTION",
            choices=("install", "uninstall", "list"),
            help="install, uninstall or list",
        ),
        option(
            "clients",
            nargs="*",
            metavar="CLIENT",
            help="the clients to change, or to list; all are listed by default",
        ),
    ),
    (
        (
            "options",
            (
                switch("--all", help="every client that codelode knows"),
                switch("--user", help="for this user, not only for the current folder"),
                switch(
                    "--shell",
                    help="only instructions, for an agent that runs commands: it then uses"
                    " `lode search --agent` instead of the server",
                ),
                switch("--print", dest="show", help="only print the new files; change nothing"),
                YES,
                HELP,
            ),
        ),
    ),
    (
        ("for the agent of this project", "lode agent install claude-code --yes"),
        ("which clients have it?", "lode agent list"),
        ("see what would be written for Codex", "lode agent install codex --user --print"),
    ),
    "0 done, 1 nothing to do, 2 error",
)


def run(options: argparse.Namespace) -> int:
    """Install codelode in clients, uninstall it from them, or list the clients."""
    import sys
    from pathlib import Path

    from codelode.agents.install import Target, apply, command_for, installation, removal
    from codelode.agents.journal import Journal
    from codelode.cli.streams import confirm, say
    from codelode.cli.views.agents import print_clients, print_diff, print_files, say_done

    project = Path.cwd()
    chosen = _chosen(options)
    if options.action == "list":
        return print_clients(chosen, project)
    command = command_for(sys.argv[0])
    target = Target("user" if options.user else "project", project, command, options.shell)
    journal = Journal()
    plan = installation if options.action == "install" else removal
    changes = plan(chosen, target, journal)
    if not changes:
        say("nothing to do")
        return 1
    if options.action == "install" and not options.shell:
        _warn_of_missing_server()
    if options.show:
        print_files(changes)
        return 0
    print_diff(changes)
    count = len(changes)
    if not options.yes and not confirm(f"change {count} file{'s' * (count > 1)}"):
        return 1
    apply(changes, journal)
    say_done(changes, chosen, options.action == "install" and not options.shell)
    return 0


def _chosen(options: argparse.Namespace) -> Sequence[Client]:
    """Return the clients to change or to list.

    Raises `UsageError` for an unknown client, for flags that `list` does not have, and if a change
    names no client.
    """
    from codelode.agents.clients import BY_NAME, CLIENTS
    from codelode.errors import UsageError
    from codelode.nearest import not_one_of

    listing = options.action == "list"
    for flag, given in (("user", options.user), ("shell", options.shell), ("print", options.show)):
        if listing and given:
            raise UsageError(f"--{flag} means nothing to `lode agent list`")
    for name in options.clients:
        if name not in BY_NAME:
            raise UsageError(f"unknown client: {not_one_of(name, BY_NAME)}")
    if not options.clients and not options.all and not listing:
        raise UsageError(f"name a client or --all: codelode knows {', '.join(BY_NAME)}")
    if options.all or not options.clients:
        return CLIENTS
    return [BY_NAME[name] for name in dict.fromkeys(options.clients)]


def _warn_of_missing_server() -> None:
    """Warn if the server could not start: say why, and how to install what is missing."""
    from codelode.cli.streams import say
    from codelode.doctor.extras import import_problem, install, missing_packages

    lacking = missing_packages("mcp")
    problem = f"{lacking[0]} is not installed" if lacking else import_problem("mcp")
    if problem:
        say(f"the server will not start: {problem}; {install('mcp')}")
