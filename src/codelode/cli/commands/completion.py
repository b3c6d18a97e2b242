"""The command `lode completion`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.options import HELP, Command, option

if TYPE_CHECKING:
    import argparse

COMMAND = Command(
    "completion",
    "print a script that completes commands in a shell",
    "Print the completion script of a shell. It completes commands, flags and their values:"
    " languages, models, roots of indexes, paths. See docs/shell.md for where each shell looks for"
    " it.",
    (
        option(
            "shell",
            metavar="SHELL",
            choices=("bash", "zsh", "fish"),
            help="bash, zsh or fish",
        ),
    ),
    (("options", (HELP,)),),
    (
        ("for this bash only", "source <(lode completion bash)"),
        ("for every zsh, in a folder of its fpath", "lode completion zsh > _lode"),
    ),
    "0 done, 2 error",
)


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    from codelode.cli.commands import load_all
    from codelode.cli.completion import bash, fish, zsh
    from codelode.cli.completion.words import completed

    script = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}[options.shell]
    print(script(completed(load_all())), end="")
    return 0
