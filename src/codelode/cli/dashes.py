"""Arguments that begin with a dash: options, and text that looks like one.

`->next`, `-=` and `-1` cannot be options, so they are taken as text. An argument that is spelled
like an option but is unknown is refused; the message suggests an option of a similar name, and the
command that searches for the text. argparse would treat all of these as options. An option with a
typographic dash is refused too: it was pasted.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from codelode.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.cli.options import Command, Option

MARK = "\0"
"""The first character of an argument that is not an option; no argument of a process has it."""

_LIKE_AN_OPTION = re.compile(r"--?[A-Za-z][\w-]*(=.*)?", re.DOTALL)
_NUMBER = re.compile(r"-[0-9.]+([eE][+-]?[0-9]+)?|-inf|-nan")
_FILTERS = ("exclude", "exclude-dir", "ignore", "include", "g", "glob", "iglob")
"""Flags, without dashes, by which other programs choose files."""

_LIKENESS = 0.7
"""The least likeness of an unknown option and the one that is suggested, without their dashes."""

_PLAIN = re.compile(r"[^\"$`\\!\x00-\x1f]*")  # safe between double quotes


def marked(command: Command, arguments: Sequence[str]) -> list[str]:
    """Return the arguments, with `MARK` before those that begin with a dash but are text.

    The value of an option that takes any text is marked and joined to the option. It is the next
    argument; if the next argument is `--`, the value comes after it, and no options follow. Other
    values that begin with a dash are joined. A `joined` option without a value gets its constant;
    otherwise, argparse would take the next argument. Raises `UsageError` for an unknown option, for
    an option with a typographic dash, and for a number after a `joined` option that takes numbers.
    """
    options = {flag: option for option in command.options() for flag in option.flags}
    result: list[str] = []
    waiting: Option | None = None  # the option whose value comes next
    for at, argument in enumerate(arguments):
        if waiting is not None and (waiting.any_text or argument != "--"):
            if argument == "--" and arguments[at + 1 :]:
                text, *others = [MARK + text for text in arguments[at + 1 :]]
                return [*_joined(result, text), *others]
            result, waiting = _with_value(result, waiting, argument, options), None
        elif argument == "--":
            return [*result, *(MARK + text for text in arguments[at + 1 :])]
        elif (option := options.get(argument)) is not None and option.joined:
            _refuse_number_after(option, arguments[at : at + 2])
            result.append(f"{argument}={option.settings['const']}")
        elif not argument.isascii() and (meant := _meant(command, arguments, at, options)):
            raise UsageError(meant)
        elif not argument.startswith("-") or argument == "-" or _is_option(argument, options):
            waiting = options.get(_last_flag(argument, options))
            waiting = waiting if waiting is not None and _takes_value(waiting) else None
            result.append(_with_kept_dashes(argument))
        elif " " not in argument and _LIKE_AN_OPTION.fullmatch(argument):
            raise UsageError(_unknown(command, argument, arguments, options))
        else:
            result.append(MARK + argument)
    return result


def flags_of(command: Command, arguments: Sequence[str]) -> list[str]:
    """Return the known options among the arguments, as given, each followed by its value."""
    return _grouped(arguments, {flag: each for each in command.options() for flag in each.flags})[0]


def unmarked(text: str) -> str:
    """Return an argument, or the value of an option, as it was given: without `MARK`."""
    return text.removeprefix(MARK)


def quoted(text: str) -> str:
    """Return a text as one shell argument: quoted only if needed, in double quotes if safe."""
    if shlex.quote(text) == text:
        return text
    return f'"{text}"' if _PLAIN.fullmatch(text) else shlex.quote(text)


def _refuse_number_after(option: Option, arguments: Sequence[str]) -> None:
    """Raise `UsageError` if an option that takes `=N` is followed by a number without the `=`."""
    flag, *others = arguments
    if "type" in option.settings and others and others[0].isdecimal():
        raise UsageError(f"the number of {flag} follows an equals sign: {flag}={others[0]}")


def _meant(command: Command, arguments: Sequence[str], at: int, options: dict[str, Option]) -> str:
    """Return the message that an argument is an option with a long dash, or "" if it is not."""
    from codelode.cli.long_dashes import flag_meant, refusal

    flag = flag_meant(arguments[at], options)
    words = [*arguments[:at], flag, *arguments[at + 1 :]]
    typed = " ".join(["lode", command.name, *map(quoted, words)])
    return refusal(arguments[at], flag, typed) if flag else ""


def _joined(arguments: list[str], value: str) -> list[str]:
    """Return the arguments with `value` joined to the last argument, which is a flag."""
    *others, flag = arguments
    return [*others, flag + ("=" if flag.startswith("--") else "") + value]


def _with_kept_dashes(argument: str) -> str:
    """Return an option; if its joined value is `--`, which argparse would drop, mark the value."""
    start = argument.removesuffix("--")
    if start == argument or (start.startswith("--") and not start.endswith("=")):
        return argument
    return f"{start}{MARK}--"


def _with_value(
    arguments: list[str], option: Option, value: str, options: dict[str, Option]
) -> list[str]:
    """Return the arguments with the value of `option`, whose flag is the last of them."""
    if option.any_text:
        return _joined(arguments, MARK + value)
    is_dashed = _is_value(value, option, options)
    return _joined(arguments, value) if is_dashed else [*arguments, value]


def _is_value(argument: str, option: Option, options: dict[str, Option]) -> bool:
    """Return whether the argument after an option is its value although it begins with a dash.

    argparse would take it for an option.
    """
    if not argument.startswith("-") or argument in ("-", "--"):
        return False
    if "type" in option.settings and _NUMBER.fullmatch(argument):
        return True
    return not _is_option(argument, options) and not _LIKE_AN_OPTION.fullmatch(argument)


def _is_option(argument: str, options: dict[str, Option]) -> bool:
    """Return whether an argument is a known option, or begins with a known short option.

    A value or further short options may follow in the same argument.
    """
    if argument.startswith("--"):
        return argument.partition("=")[0] in options
    return argument[:2] in options


def _last_flag(argument: str, options: dict[str, Option]) -> str:
    """Return the last flag of an argument; "" for joined short flags that take no next argument."""
    if argument.startswith("--") or len(argument) <= 2:
        return argument
    for place in range(1, len(argument)):
        option = options.get(f"-{argument[place]}")
        if option is None or _takes_value(option):
            return f"-{argument[-1]}" if place == len(argument) - 1 else ""
    return ""


def _takes_value(option: Option) -> bool:
    """Return whether the next argument is the value of an option, whatever it looks like."""
    return option.takes_value and option.settings.get("nargs") != "?"


def _grouped(
    arguments: Sequence[str], options: dict[str, Option]
) -> tuple[list[str], list[str], list[str]]:
    """Return the known options with their values, the words of a query, and the roots.

    Unknown options are words. In `-F -- --text`, `--text` is the value of -F.
    """
    flags, words, roots = list[str](), list[str](), list[str]()
    waiting: Option | None = None
    for at, argument in enumerate(arguments):
        if waiting is not None and waiting.any_text and argument == "--" and arguments[at + 1 :]:
            flags.append(arguments[at + 1])
            words += arguments[at + 2 :]
            break
        if waiting is not None:
            flags.append(argument)
            waiting = None
        elif argument == "--":
            words += arguments[at + 1 :]
            break
        elif argument.startswith("-") and argument != "-" and _is_option(argument, options):
            flags.append(argument)
            option = options.get(_last_flag(argument, options))
            waiting = option if option is not None and _takes_value(option) else None
        elif not argument.startswith("-") and Path(argument).exists():
            roots.append(argument)
        else:
            words.append(argument)
    return flags, words, roots


def _search_for(arguments: Sequence[str], options: dict[str, Option]) -> str:
    """Return the `lode search` command for the words in `arguments`, their options and roots."""
    flags, words, roots = _grouped(arguments, options)
    query = " ".join(words)
    end = ["--"] if query.startswith("-") else []
    parts = ["lode search", *map(shlex.quote, flags), *end]
    return " ".join([*parts, *([quoted(query)] if query else []), *map(shlex.quote, roots)])


def _unknown(
    command: Command, argument: str, arguments: Sequence[str], options: dict[str, Option]
) -> str:
    """Return the message that an option is unknown, with what to type instead."""
    from codelode.cli.habits import instead
    from codelode.nearest import nearest

    flag = argument.partition("=")[0]
    words = {each.lstrip("-"): each for each in options if len(each) > 2}
    near = nearest(flag.lstrip("-"), words, _LIKENESS)
    advice = [f"did you mean {words[near]}?"] if near else []
    if other := instead(flag, command.name, options):
        advice = [other]
    elif flag.lstrip("-") in _FILTERS:
        advice = ["to leave out files of an index, list them in .lodeignore"]
    if command.name == "search":
        advice.append(f"to look for the text: `{_search_for(arguments, options)}`")
    start = f"unknown option {flag}{': ' if advice else ''}{'; '.join(advice)}".replace(
        "?;", "? Or"
    )
    return f"{start} (see `lode {command.name} --help`)"
