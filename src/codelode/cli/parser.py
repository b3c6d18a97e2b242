"""Parsers and help texts, made from the commands, with errors on one line."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from typing import TYPE_CHECKING, Any, NoReturn

from codelode.cli.dashes import marked, unmarked
from codelode.cli.exclusive import set_of
from codelode.errors import UsageError
from codelode.nearest import nearest, not_one_of
from codelode.settings.files import sources_exist

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codelode.cli.options import Command

SUMMARY = "Search code by meaning, locally. Nothing leaves this machine unless you push it."


_REQUIRED = "the following arguments are required: "
_NO_VALUE = "ignored explicit argument"
_CLASH = re.compile(r"argument (\S+): not allowed with argument (\S+)")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        if message.startswith(_REQUIRED):  # argparse also lists arguments that may be omitted
            message = self._missing(message) or message
        message = message.replace(_NO_VALUE, "takes no value, but has")
        message = _CLASH.sub(r"give either \2 or \1, not both", message)
        raise UsageError(f"{message} (see `{self.prog} --help`)")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a value that is not a choice; name the nearest, or say that ACTION comes first."""
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        message = not_one_of(str(value), choices)
        if action.metavar == "ACTION" and not nearest(str(value), choices):
            first = "list" if "list" in choices and "/" in value else choices[0]
            message += f": ACTION comes first: `{self.prog} {first} {shlex.quote(value)}`"
        raise argparse.ArgumentError(action, message)

    def _missing(self, message: str) -> str:
        """Return a message that names missing required arguments and their choices, or ""."""
        needed = [
            each
            for each in self._actions
            if not each.option_strings and each.nargs not in ("?", "*")
        ]
        missing = [each for each in needed if str(each.metavar) in message]
        text = f"{', '.join(str(each.metavar) for each in missing)} is missing"
        for each in missing:
            if each.choices:
                subject = f"{each.metavar} is " if len(missing) > 1 else ""
                text += f": {subject}one of {', '.join(each.choices)}"
        return text if missing else ""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """A formatter of help texts, as wide as the terminal, within limits.

    argparse's own formatter would import shutil to find the width.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=min(_columns() - 2, 98))

    def _format_action_invocation(self, action: argparse.Action) -> str:
        """Return `-k, --limit N`; argparse would write `-k N, --limit N`."""
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        gap = "" if value.startswith("[=") else " "
        return f"{', '.join(action.option_strings)}{gap}{value}"


def _columns() -> int:
    try:
        return max(int(os.environ.get("COLUMNS", "")), 40)
    except ValueError:
        pass
    try:
        return max(os.get_terminal_size(1).columns, 40)
    except OSError:
        return 80


def parse(command: Command, arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments of a command; omitted flags get their values from settings.

    The arguments themselves are kept as `typed`, for advice that repeats them. Raises `UsageError`.
    If the arguments ask for help, prints it and raises `SystemExit`.
    """
    parsed = _parsed(command_parser(command), command, arguments)
    if sources_exist(start_of(command, parsed)):  # parse again, to see which flags were given
        from codelode.cli.defaults import fill, keys_of

        parser = command_parser(command)
        keys = keys_of(command)
        defaults = {name: parser.get_default(name) for name in keys}
        parser.set_defaults(**dict.fromkeys(keys))
        parsed = _parsed(parser, command, arguments)
        fill(parsed, keys, defaults, start_of(command, parsed), command.tolerant)
    return parsed


def start_of(command: Command, options: argparse.Namespace) -> str | None:
    """Return the folder or file whose project settings apply: the first ROOT, or "." by default.

    Returns None if the command takes no ROOT, or if ROOT does not exist.
    """
    for argument in command.arguments:
        if argument.dest in ("root", "roots"):
            given = getattr(options, argument.dest) or "."
            first = given if isinstance(given, str) else given[0]
            return first if os.path.exists(first) else None  # noqa: PTH110 (not our error)
    return None


def _parsed(
    parser: argparse.ArgumentParser, command: Command, arguments: Sequence[str]
) -> argparse.Namespace:
    # Options may be between arguments: people type `lode search QUERY -k 3 ROOT`.
    parsed = parser.parse_intermixed_args(marked(command, arguments))
    parsed.typed = tuple(arguments)
    for name, value in vars(parsed).items():
        if isinstance(value, str):
            setattr(parsed, name, unmarked(value))
        elif isinstance(value, list):
            setattr(parsed, name, [unmarked(text) for text in value])
    return parsed


def command_parser(command: Command) -> argparse.ArgumentParser:
    """Return the parser of a command."""
    parser = _Parser(
        prog=f"lode {command.name}",
        usage=usage(command),
        description=_wrapped(command.description),
        epilog=_epilog(command),
        formatter_class=_Formatter,
        add_help=False,
        allow_abbrev=False,
    )
    arguments = parser.add_argument_group("arguments")
    for option in command.arguments:
        arguments.add_argument(*option.flags, help=option.help, **option.settings)
    for title, options in command.groups:
        group = parser.add_argument_group(title)
        exclusive: dict[int, argparse._MutuallyExclusiveGroup] = {}
        for option in options:
            settings, place = option.settings, group.add_argument
            if option.joined:  # help shows `--open[=N]`
                settings = {**settings, "metavar": f"={settings['metavar']}"}
            if (number := set_of(option.flags)) is not None:
                if number not in exclusive:
                    exclusive[number] = group.add_mutually_exclusive_group()
                place = exclusive[number].add_argument
            place(*option.flags, help=option.help, **settings)
    return parser


def usage(command: Command) -> str:
    """Return the usage line. Options are listed below it, in groups."""
    forms = {"?": "[{}]", "*": "[{}...]"}
    arguments = [
        forms.get(option.settings.get("nargs", ""), "{}").format(option.settings["metavar"])
        for option in command.arguments
    ]
    return " ".join(["lode", command.name, "[OPTIONS]", *arguments])


def overview(version: str, groups: Iterable[tuple[str, Sequence[Command]]]) -> str:
    """Return the text of `lode --help`; `groups` has the title and the commands of each group."""
    known = [(title, list(commands)) for title, commands in groups]
    longest = max(len(each.name) for _, commands in known for each in commands)
    rows = []
    for title, commands in known:
        rows.append(f"\n{title}:")
        rows += [_row(f"  {each.name:{longest}}  ", each.summary) for each in commands]
    shown = [each for _, commands in known for each in commands if each.name in _SHOWN]
    examples = "\n".join(f"  {each.examples[0][1]}" for each in shown)
    return (
        f"{_wrapped(f'lode {version}: {SUMMARY}')}\n\n"
        "usage: lode COMMAND [OPTIONS] ...\n"
        + "\n".join(rows)
        + "\n\noptions:\n"
        + _row("  -h, --help     ", "show this help, or after a command the help of the command")
        + "\n  -V, --version  show the version\n\n"
        f"examples:\n{examples}\n\n"
        "exit codes:\n  0 done or found, 1 nothing found, 2 error, 130 interrupted\n"
    )


_SHOWN = ("index", "search", "symbols", "pick", "agent", "serve")
"""The commands whose first example `lode --help` shows."""


def _epilog(command: Command) -> str:
    lines = ["examples:"]
    for purpose, line in command.examples:
        lines += [f"  # {purpose}", f"  {line}"]
    return "\n".join([*lines, "", "exit codes:", f"  {command.exit_codes}"])


def _wrapped(text: str) -> str:
    import textwrap  # imported late: only help needs it, and argparse has imported it by then

    return textwrap.fill(text, min(_columns() - 2, 98))


def _row(start: str, text: str) -> str:
    """Return a row of two columns; the second one is wrapped to the width of the terminal."""
    import textwrap

    width, indent = min(_columns() - 2, 98), " " * len(start)
    return textwrap.fill(text, width, initial_indent=start, subsequent_indent=indent)
