"""The completion script for bash, from version 3.2 on."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from codelode.cli.completion.words import flags_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.cli.completion.words import Argument, Completed

_HEAD = """\
# bash completion of lode, made by `lode completion bash`

_lode_words() {
    local word
    while IFS= read -r word; do
        if [[ -n $word && $word == "$cur"* ]]; then COMPREPLY+=("$word"); fi
    done <<< "$1"
}

_lode_paths() {
    local path
    compopt -o filenames 2>/dev/null
    while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$1" -- "$cur")
}

_lode_roots() {
    if [[ -z $cur || $cur == /* ]]; then
        compopt -o filenames 2>/dev/null
        _lode_words "$(lode list --roots 2>/dev/null)"
    fi
}

_lode() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    local command=${COMP_WORDS[1]} at
    COMPREPLY=()
    if [[ $COMP_CWORD -eq 1 ]]; then
        _lode_words @COMMANDS@
        return
    fi
    for ((at = 2; at < COMP_CWORD; at++)); do
        if [[ ${COMP_WORDS[at]} == -- ]]; then prev=; cur=${cur/#-/./-}; fi
    done
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]]; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    fi
    case $command:$prev in
@VALUES@
    esac
    if [[ $cur == -* ]]; then
        case $command in
@FLAGS@
        esac
        return
    fi
    case $command in
@POSITIONAL@
    esac
}

complete -F _lode lode
"""


def script(commands: Sequence[Completed]) -> str:
    """Return the script."""
    values, flags, positional = [], [], []
    for command in commands:
        for option in command.options:
            if option.takes_value and not option.optional:
                cases = "|".join(f"{command.name}:{flag}" for flag in option.flags)
                values.append(f"    {cases})\n{_value(option)}        return ;;")
        for each in command.positional:
            values += [_after_set(command.name, *value) for value in each.values]
        flags.append(f"        {command.name}) _lode_words {_lines(flags_of(command))} ;;")
        lines = "".join(dict.fromkeys(_value(each) for each in command.positional))
        if lines:
            positional.append(f"    {command.name})\n{lines}        ;;")
    parts = {
        "@COMMANDS@": _lines([command.name for command in commands] + ["--help", "--version"]),
        "@VALUES@": "\n".join(values),
        "@FLAGS@": "\n".join(flags),
        "@POSITIONAL@": "\n".join(positional),
    }
    text = _HEAD
    for name, part in parts.items():
        text = text.replace(name, part)
    return text


def _value(argument: Argument) -> str:
    lines = [f"_lode_words {_lines(argument.words)}"] if argument.words else []
    if argument.roots:
        lines.append("_lode_roots")
    if argument.paths:
        lines.append(f"_lode_paths {'-f' if argument.paths == 'files' else '-d'}")
    return "".join(f"        {line}\n" for line in lines)


def _after_set(command: str, setting: str, words: Sequence[str]) -> str:
    """Return the case that completes the value of a setting after `set`."""
    test = 'if [[ " ${COMP_WORDS[*]} " == *" set "* ]]; then'
    return (
        f"    {command}:{setting})\n        {test}\n            _lode_words {_lines(words)}\n"
        "            return\n        fi ;;"
    )


def _lines(words: Sequence[str]) -> str:
    return quote("\n".join(words))
