"""The completion script for zsh: a file `_lode` in `fpath`, or text to source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codelode.cli.completion.words import brief

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codelode.cli.completion.words import Argument, Completed

_HEAD = """\
#compdef lode
# zsh completion of lode, made by `lode completion zsh`

_lode_roots() {
  local -a roots
  roots=("${(@f)$(lode list --roots 2>/dev/null)}")
  roots=(${roots:#})
  (( $#roots )) && compadd -a roots
  _files
}

_lode_value() {
  (( ${words[(I)set]} )) || return 1
  case $words[CURRENT-1] in
@SETTINGS@
    *) return 1 ;;
  esac
}

_lode() {
  local curcontext=$curcontext
  local -a commands
  commands=(
@COMMANDS@
  )
  if (( CURRENT == 2 )); then
    _describe -t commands command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
@CASES@
  esac
}

if [[ $funcstack[1] == _lode ]]; then
  _lode "$@"
else
  compdef _lode lode
fi
"""


def script(commands: Sequence[Completed]) -> str:
    """Return the script."""
    summaries = "\n".join(
        f"    {_quoted(f'{command.name}:{_colons(command.summary)}')}" for command in commands
    )
    settings = "\n".join(
        f"    {setting}) compadd {' '.join(words)} ;;"
        for command in commands
        for each in command.positional
        for setting, words in each.values
    )
    cases = "\n".join(_case(command) for command in commands)
    text = _HEAD.replace("@COMMANDS@", summaries).replace("@SETTINGS@", settings)
    return text.replace("@CASES@", cases)


def _case(command: Completed) -> str:
    specs = [spec for option in command.options for spec in _option(option)]
    specs += [
        _quoted(f"{_place(number, each)}:{_colons(each.metavar)}:{_action(each)}")
        for number, each in enumerate(command.positional, 1)
    ]
    lines = " \\\n".join(f"        {spec}" for spec in specs)
    return f"    {command.name})\n      _arguments -s -S \\\n{lines} ;;"


def _place(number: int, argument: Argument) -> str:
    return "*" if argument.repeatable else f"{number}:" if argument.optional else str(number)


def _option(option: Argument) -> Iterator[str]:
    """Yield the specifications of a flag, one for each of its spellings."""
    others = " ".join(option.flags)
    for flag in option.flags:
        spec = "*" if option.repeatable else f"({others})" if len(option.flags) > 1 else ""
        spec += flag
        if option.takes_value:
            long = flag.startswith("--")
            spec += ("=-" if option.optional else "=") if long else "+"
        spec += f"[{_brackets(brief(option.help))}]"
        if option.takes_value:
            colon = "::" if option.optional else ":"
            spec += f"{colon}{_colons(option.metavar)}:{_action(option)}"
        yield _quoted(spec)


def _action(argument: Argument) -> str:
    if argument.roots:
        return "_lode_roots"
    files = {"files": "_files", "folders": "_files -/", "": " "}[argument.paths]
    words = " ".join(_colons(word) for word in argument.words)
    if not words:
        return files
    if argument.values:
        return f"{{_lode_value || {{ compadd {words}; {files} }} }}"
    return f"{{compadd {words}; {files}}}" if argument.paths else f"({words})"


def _colons(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")


def _brackets(text: str) -> str:
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def _quoted(text: str) -> str:
    return "'{}'".format(text.replace("'", "'\\''"))
