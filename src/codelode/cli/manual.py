"""Manual pages, made from the commands: `lode man`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codelode import __version__
from codelode.cli.parser import SUMMARY, usage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codelode.cli.options import Command, Option


def pages(commands: Sequence[Command]) -> dict[str, str]:
    """Return all pages, keyed by file name: `lode.1`, and one page for each command."""
    made = {f"lode-{command.name}.1": page(command, commands) for command in commands}
    return {"lode.1": overview(commands), **made}


def overview(commands: Sequence[Command]) -> str:
    """Return the page of `lode`."""
    lines = [
        *_head("lode", SUMMARY.partition(".")[0].lower()),
        ".SH SYNOPSIS",
        r"\fBlode\fR \fICOMMAND\fR [\fIOPTIONS\fR] ...",
        ".SH DESCRIPTION",
        _text(SUMMARY),
        ".SH COMMANDS",
    ]
    for command in commands:
        lines += [".TP", rf"\fBlode\-{_text(command.name)}\fR(1)", _text(command.summary)]
    lines += [
        ".SH EXIT STATUS",
        _text("0 done or found, 1 nothing found, 2 error, 130 interrupted"),
        ".SH FILES",
        ".TP",
        r"\fI~/.config/codelode/config.toml\fR",
        _text("settings of the user; `lode config` shows those in force"),
        ".TP",
        r"\fIcodelode.toml\fR",
        _text("settings of a project"),
    ]
    return _joined(lines)


def page(command: Command, commands: Sequence[Command]) -> str:
    """Return the page of a command."""
    lines = [
        *_head(f"lode-{command.name}", command.summary),
        ".SH SYNOPSIS",
        _text(usage(command)),
        ".SH DESCRIPTION",
        _text(command.description),
    ]
    for title, options in (("arguments", command.arguments), *command.groups):
        if options:
            lines.append(f".SH {_text(title.upper())}")
            for option in options:
                lines += [".TP", _names(option), _text(option.help)]
    lines.append(".SH EXAMPLES")
    for purpose, example in command.examples:
        lines += [".TP", _text(purpose), rf"\fB{_text(example)}\fR"]
    others = [rf"\fBlode\-{_text(each.name)}\fR(1)" for each in commands if each is not command]
    lines += [
        ".SH EXIT STATUS",
        _text(command.exit_codes),
        ".SH SEE ALSO",
        ", ".join([r"\fBlode\fR(1)", *others]),
    ]
    return _joined(lines)


def _head(name: str, summary: str) -> Iterator[str]:
    yield f'.TH {_text(name.upper())} 1 "" "codelode {__version__}" "codelode"'
    yield from (".nh", ".ad l", ".SH NAME", rf"{_text(name)} \- {_text(summary)}")


def _names(option: Option) -> str:
    value = _text(option.value)
    if not option.flags[0].startswith("-"):
        return rf"\fI{value}\fR"
    names = ", ".join(rf"\fB{_text(flag)}\fR" for flag in option.flags)
    if not value:
        return names
    if option.joined:
        return rf"{names}[=\fI{value}\fR]"
    optional = option.settings.get("nargs") == "?"
    return rf"{names} [\fI{value}\fR]" if optional else rf"{names} \fI{value}\fR"


def _text(text: str) -> str:
    """Escape a text, so that roff shows it unchanged."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")
    escaped = escaped.replace("`", r"\(ga").replace("^", r"\(ha").replace("~", r"\(ti")
    return re.sub(r"^([.'])", r"\\&\1", escaped)


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"
