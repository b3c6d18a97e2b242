"""The commands and their arguments, as shells complete them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from codelode.cli.options import Command, Option

Paths = Literal["", "files", "folders"]

_PATHS: dict[str, Paths] = {
    "DEST": "folders",
    "DIR": "folders",
    "FILE": "files",
    "FILE:LINE": "files",
    "KEY|VALUE|ROOT": "folders",
    "NAME|PATH": "folders",
    "ROOT": "files",
    "SOURCE": "folders",
}


@dataclass(frozen=True, slots=True)
class Argument:
    """A flag or a positional argument, as a shell completes it.

    `words` and `paths` complete its value; with `roots`, so do the roots of indexes. `values` has
    pairs of a setting's key and the words that complete VALUE in `lode config set KEY VALUE`. A
    `repeatable` argument may be given several times; an `optional` value is given only after `=`.
    """

    flags: tuple[str, ...]
    help: str
    metavar: str
    takes_value: bool
    words: tuple[str, ...] = ()
    paths: Paths = ""
    roots: bool = False
    repeatable: bool = False
    optional: bool = False
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Completed:
    """A command as a shell completes it."""

    name: str
    summary: str
    options: tuple[Argument, ...]
    positional: tuple[Argument, ...]


def completed(commands: Iterable[Command]) -> list[Completed]:
    """Return each command as a shell completes it."""
    commands = list(commands)
    words = {**_words(), "COMMAND": tuple(command.name for command in commands)}
    return [
        Completed(
            command.name,
            command.summary,
            tuple(_argument(option, words) for option in command.options()),
            tuple(_argument(option, words) for option in command.arguments),
        )
        for command in commands
    ]


def _words() -> dict[str, tuple[str, ...]]:
    """Return the words that complete values, by metavar: the name of the value in the help."""
    from codelode.agents.clients import BY_NAME
    from codelode.discover.language_table import LANGUAGES
    from codelode.embed.load import names
    from codelode.page.editor import EDITORS
    from codelode.render.hyperlinks import ALIASES
    from codelode.settings.keys import BY_NAME as SETTINGS

    return {
        "LANG": tuple(sorted(language.name for language in LANGUAGES)),
        "NAME|PATH": tuple(names()),
        "CLIENT": tuple(BY_NAME),
        "KEY": ("set", "unset", *SETTINGS),
        "KEY|VALUE|ROOT": tuple(SETTINGS),
        "EDITOR": tuple(EDITORS),
        "FORMAT": tuple(ALIASES),
    }


def _argument(option: Option, words: dict[str, tuple[str, ...]]) -> Argument:
    settings = option.settings
    is_flag = option.flags[0].startswith("-")
    metavar = str(settings.get("metavar") or option.dest.upper())
    repeatable = settings.get("action") == "append" or settings.get("nargs") == "*"
    if not option.takes_value:
        return Argument(option.flags, option.help, metavar="", takes_value=False)
    return Argument(
        flags=option.flags if is_flag else (),
        help=option.help,
        metavar=metavar,
        takes_value=True,
        words=tuple(settings.get("choices", words.get(metavar, ()))),
        paths=_PATHS.get(metavar, ""),
        roots=metavar == "ROOT",
        repeatable=repeatable,
        optional=settings.get("nargs") == "?",
        values=_values_of_settings() if metavar == "KEY|VALUE|ROOT" else (),
    )


def _values_of_settings() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return each setting whose values are words, with these words."""
    from codelode.settings.keys import KEYS

    return tuple((key.name, key.kind.words) for key in KEYS if key.kind.words)


def brief(help: str) -> str:
    """Return the first clause of a help text: completion menus have one line for each flag."""
    for end in (" (default", "; ", ": "):
        help = help.partition(end)[0]
    return help


def flags_of(command: Completed) -> Sequence[str]:
    """Return every flag of a command."""
    return [flag for option in command.options for flag in option.flags]
