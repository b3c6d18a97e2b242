"""The completion script for fish, from version 3 on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.completion.words import brief

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codelode.cli.completion.words import Argument, Completed

_HEAD = """\
# fish completion of lode, made by `lode completion fish`

function __lode_command
    set -l words (commandline -opc)
    test (count $words) -ge 2; and contains -- $words[2] $argv
end

function __lode_setting
    set -l words (commandline -opc)
    contains -- set $words; and contains -- $words[-1] $argv
end

function __lode_no_command
    test (count (commandline -opc)) -lt 2
end

complete -c lode -f
complete -c lode -n __lode_no_command -s h -l help -d 'show help'
complete -c lode -n __lode_no_command -s V -l version -d 'show the version'
"""


def script(commands: Sequence[Completed]) -> str:
    """Return the script."""
    return _HEAD + "".join(f"{line}\n" for command in commands for line in _lines(command))


def _lines(command: Completed) -> Iterator[str]:
    summary = _quoted(command.summary)
    yield f"complete -c lode -n __lode_no_command -a {command.name} -d {summary}"
    begin = f"complete -c lode -n '__lode_command {command.name}'"
    for option in command.options:
        flags = " ".join(_flag(flag) for flag in option.flags)
        value = f" {_value(option)}" if option.takes_value and not option.optional else ""
        yield f"{begin} {flags}{value} -d {_quoted(brief(option.help))}"
    settings = [value for each in command.positional for value in each.values]
    for setting, words in settings:
        after = f"'__lode_command {command.name}; and __lode_setting {setting}'"
        yield f"complete -c lode -n {after} -a {_quoted(' '.join(words))}"
    if settings:  # nothing else completes the value of such a setting
        names = " ".join(setting for setting, _ in settings)
        begin = (
            f"complete -c lode -n '__lode_command {command.name}; and not __lode_setting {names}'"
        )
    for each in dict.fromkeys(_positional(each) for each in command.positional):
        if each:
            yield f"{begin} {each}"


def _flag(flag: str) -> str:
    return f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}"


def _value(argument: Argument) -> str:
    """Return the options of `complete` that complete the value of a flag."""
    if argument.paths == "files":
        return "-r -F"
    words = list(argument.words)
    if argument.paths == "folders":
        words.append("(__fish_complete_directories)")
    return f"-x -a {_quoted(' '.join(words))}" if words else "-x"


def _positional(argument: Argument) -> str:
    words = list(argument.words)
    if argument.roots:
        words.append("(lode list --roots 2>/dev/null)")
    files = " -F" if argument.paths else ""
    return f"-a {_quoted(' '.join(words))}{files}" if words or files else ""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
