"""The page docs/cli.md, made from the commands: `python -m codelode.cli.reference`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.commands import load_all
from codelode.cli.parser import SUMMARY, usage
from codelode.cli.settings_list import default_of
from codelode.settings.keys import KEYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.cli.options import Command, Option


def reference() -> str:
    """Return the whole page."""
    known = load_all()
    commands = "\n".join(_command(command) for command in known)
    return (
        "# Command line\n\n"
        "<!-- Made by `python -m codelode.cli.reference > docs/cli.md`; a test fails if it is not"
        " current. -->\n\n"
        f"{SUMMARY}\n\n"
        "Results go to standard output. Progress, notes and errors go to standard error; a note or"
        " an error is one line that begins with `lode: `. Formats: [output](output.md).\n\n"
        f"{commands}\n{_settings(known)}"
    )


def _settings(commands: Sequence[Command]) -> str:
    """Return the section about settings."""
    rows = [
        "| `{}` | {} | `{}` | {} | {} | {} |".format(
            key.name,
            f"`{key.flag}`" if key.flag else "",
            key.variable,
            "yes" if key.project else "",
            _escaped(default_of(key, commands)),
            _escaped(f"{key.help}: {key.kind.wanted}"),
        )
        for key in KEYS
    ]
    head = "| setting | flag | variable | project file | default | meaning and values |"
    return "\n".join(
        [
            "## Settings\n",
            "Defaults of flags, from settings files or the environment: see"
            " [configuration](configuration.md). `lode config` shows those in force.\n",
            head,
            "|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _command(command: Command) -> str:
    parts = [f"## `{usage(command)}`\n", f"{command.description}\n", _table(command.arguments)]
    for title, options in command.groups:
        parts += [f"**{title.capitalize()}**\n", _table(options)]
    examples = "\n".join(f"{line}   # {purpose}" for purpose, line in command.examples)
    parts += [f"```console\n{examples}\n```\n", f"Exit codes: {command.exit_codes}.\n"]
    return "\n".join(parts)


def _table(options: tuple[Option, ...]) -> str:
    rows = [f"| {_names(option)} | {_escaped(option.help)} |" for option in options]
    return "\n".join(["| | |", "|---|---|", *rows, ""])


def _names(option: Option) -> str:
    value = option.value
    if not option.flags[0].startswith("-"):
        return _escaped(f"`{value}`")
    if not value:
        return ", ".join(f"`{flag}`" for flag in option.flags)
    shown = f" [{value}]" if option.settings.get("nargs") == "?" else f" {value}"
    shown = f"[={value}]" if option.joined else shown
    return _escaped(", ".join(f"`{flag}{shown}`" for flag in option.flags))


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


if __name__ == "__main__":
    print(reference(), end="")
