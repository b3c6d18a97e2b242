"""The commands, one module each: flags, help, examples, exit codes and `run`.

A new command is a new module here and its name in `GROUPS`. `lode --help` imports every command, a
search only its own module. So the code that a command runs is imported in its function `run`, never
at the top of its module.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from codelode.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from types import ModuleType

    from codelode.cli.options import Command

GROUPS = (
    ("find code", ("search", "symbols", "outline", "related", "pick")),
    ("indexes", ("index", "status", "watch", "verify", "bench", "list", "clean")),
    ("share indexes", ("push", "pull", "remote", "roster", "cluster")),
    ("servers and agents", ("serve", "mcp", "agent")),
    ("set up", ("config", "doctor", "completion", "man")),
)
"""The commands by purpose, in the order in which help shows them."""

NAMES = tuple(name for _, names in GROUPS for name in names)
"""Every command."""


def module(name: str) -> ModuleType:
    """Import the module of a command in `NAMES`."""
    return import_module(f"{__name__}.{name}")


def load(name: str) -> Command:
    """Return the command called `name`, one of `NAMES`."""
    command: Command = module(name).COMMAND
    return command


def run(name: str, options: argparse.Namespace) -> int:
    """Run a command with parsed options and return its exit code."""
    code: int = module(name).run(options)
    return code


def load_all() -> list[Command]:
    """Return every command, in the order of `NAMES`."""
    return [load(name) for name in NAMES]


def load_groups() -> list[tuple[str, list[Command]]]:
    """Return the title and the commands of each group in `GROUPS`."""
    return [(title, [load(name) for name in names]) for title, names in GROUPS]


def find(name: str, others: Sequence[str] = ()) -> Command:
    """Return the command called `name`.

    Raises `UsageError`, which suggests the nearest name, or a search for `name` with `others` as
    its other arguments.
    """
    if name in NAMES:
        return load(name)
    from codelode.nearest import nearest

    if not name.isascii():
        from codelode.cli.long_dashes import flag_meant, refusal

        if flag := flag_meant(name, ("-h", "--help", "-V", "--version")):
            raise UsageError(refusal(name, flag, f"lode {flag}"))
    if name.startswith("-"):
        near = nearest(name, ("--help", "--version"))
        advice = f"did you mean {near}?" if near else "flags follow a command"
        raise UsageError(f"unknown option {name!r}: {advice} (see `lode --help`)")
    near = nearest(name, NAMES)
    advice = f"did you mean {near!r}?" if near else f"the commands are {', '.join(NAMES)}"
    if " " in name and not near:
        import shlex

        advice = f"did you mean `lode search {shlex.join((name, *others))}`?"
    raise UsageError(f"unknown command {name!r}: {advice} (see `lode --help`)")
