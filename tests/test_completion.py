"""Completion scripts, as bash, zsh and fish themselves run them."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from codelode.agents.clients import BY_NAME
from codelode.cli.commands import NAMES, load_all
from codelode.cli.completion import bash, fish, zsh
from codelode.cli.completion.words import completed
from codelode.discover.language_table import LANGUAGES
from codelode.embed.load import DEFAULT
from tests.commandline import CommandLine, write_tree

COMMANDS = completed(load_all())
SCRIPTS = {
    "bash": bash.script(COMMANDS),
    "zsh": zsh.script(COMMANDS),
    "fish": fish.script(COMMANDS),
}
SHELLS = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed"),
    )
    for name in SCRIPTS
]
HOSTILE = "a b$(touch pwned)`touch pwned`;'\"\\ é*"
"""A name that a shell must not evaluate."""


class Shell:
    """A shell with our completions, in a folder with a few files, and one index."""

    def __init__(self, name: str, lode: CommandLine, folder: Path) -> None:
        self.name = name
        self.folder = write_tree(
            folder / "here",
            {"docs/guide.md": "# Guide\n", "src/a.py": "x = 1\n", "notes.txt": "x\n"},
        )
        self.root = write_tree(folder / HOSTILE, {"a.py": "x = 1\n"})
        lode("index", self.root).must_succeed()
        program = folder / "bin" / "lode"
        write_tree(program.parent, {"lode": f'#!/bin/sh\nexec {sys.executable} -m codelode "$@"\n'})
        program.chmod(0o755)
        self.script = folder / f"completion.{name}"
        self.script.write_text(lode("completion", name).must_succeed().text)
        self._environment = lode.environment(
            PATH=f"{program.parent}{os.pathsep}{os.environ['PATH']}", LC_ALL="C.UTF-8"
        )

    def complete(self, line: str) -> set[str]:
        """Return the completions of the last word of a line."""
        done = subprocess.run(
            [self.name, *_ask(self.name, str(self.script), line)],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.stderr == "", done.stderr
        assert not (self.folder / "pwned").exists()
        return {each.partition("\t")[0] for each in done.stdout.splitlines() if each}


def _ask(shell: str, script: str, line: str) -> list[str]:
    """Return the arguments with which a shell prints the completions of a line."""
    if shell == "fish":
        return ["--no-config", "-c", f"source {shlex.quote(script)}; complete -C {fish_word(line)}"]
    if shell == "bash":
        words = line.split(" ")
        # Like readline, make each `=` a word of its own.
        words = [part for word in words for part in _split(word)]
        given = " ".join(map(shlex.quote, words))
        return [
            "--norc",
            "-c",
            f"source {shlex.quote(script)}; COMP_WORDS=({given}); COMP_CWORD={len(words) - 1};"
            ' _lode; printf "%s\\n" "${COMPREPLY[@]}"',
        ]
    # zsh completes only in its line editor; `compadd` shows what it is given.
    return [
        "-f",
        "-c",
        "autoload -U compinit; compinit -u -D; zmodload zsh/zpty;"
        f" zpty z zsh -f -i; zpty -w z {shlex.quote(_zsh_session(script))};"
        " zpty -r -m z r '*SET>*' 2>/dev/null;"
        f" zpty -w -n z {shlex.quote(line)}$'\\t'; zpty -r -m z r '*END-OF-WORDS*';"
        " print -r -- ${${r#*BEGIN-OF-WORDS}%END-OF-WORDS*}; zpty -d z",
    ]


def _zsh_session(script: str) -> str:
    """Return the commands after which Tab prints the completions of a line."""
    return (
        "autoload -U compinit; compinit -u -D; zstyle ':completion:*' completer _complete;"
        f" source {shlex.quote(script)};"
        ' compadd () { local -a __words; builtin compadd -O __words "$@";'
        ' found+=($__words); builtin compadd "$@" };'
        " complete-and-print () { local -a found; _main_complete;"
        " print -r -- BEGIN-OF-WORDS; print -rl -- $found; print -r -- END-OF-WORDS };"
        " zle -C complete-and-print complete-word complete-and-print;"
        " bindkey '^I' complete-and-print; PS1='SET>'"
    )


def _split(word: str) -> list[str]:
    name, equals, value = word.partition("=")
    return [name, equals, value] if equals and value else [name, equals] if equals else [name]


def fish_word(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@pytest.fixture
def shell(request: pytest.FixtureRequest, lode: CommandLine, tmp_path: Path) -> Shell:
    return Shell(request.param, lode, tmp_path)


@pytest.mark.parametrize("name", SHELLS)
def test_scripts_are_valid(name: str, tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_text(SCRIPTS[name])
    done = subprocess.run([name, "-n", path], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", SHELLS, indirect=True)
def test_the_shell_completes_commands_flags_and_values(shell: Shell) -> None:
    assert shell.complete("lode ") >= set(NAMES)
    assert shell.complete("lode se") == {"search", "serve"}
    flags = shell.complete("lode search retry --f")
    assert flags >= {"--fixed-strings", "--fresh", "--full-section", "--files-with-matches"}
    assert all(flag.startswith("--f") for flag in flags)
    assert shell.complete("lode search --mode ") == {"hybrid", "semantic", "lexical"}
    assert {each.rpartition("=")[2] for each in shell.complete("lode search --mode=l")} == {
        "lexical"
    }
    languages = {language.name for language in LANGUAGES if language.name.startswith("py")}
    assert shell.complete("lode search -t py") == languages
    assert DEFAULT in shell.complete("lode index --model ")
    assert shell.complete("lode agent install c") == {
        each for each in BY_NAME if each.startswith("c")
    }
    assert shell.complete("lode completion ") == {"bash", "zsh", "fish"}
    assert shell.complete("lode search -k ") == set()
    assert shell.complete("lode man sea") == {"search"}
    assert shell.complete("lode config set color ") == {"auto", "always", "never"}
    assert shell.complete("lode config set --project search.fresh n") == {"never"}
    assert "search.limit" in shell.complete("lode config set search.l")
    assert "never" not in shell.complete("lode config color ")


@pytest.mark.parametrize("shell", SHELLS, indirect=True)
def test_the_shell_completes_paths_and_roots_of_indexes(shell: Shell) -> None:
    paths = {each.rstrip("/") for each in shell.complete("lode index ")}
    assert paths >= {"docs", "src", str(shell.root)}
    assert {each.rstrip("/") for each in shell.complete("lode search retry d")} == {"docs"}
    folders = {each.rstrip("/") for each in shell.complete("lode index --index-dir ")}
    assert folders == {"docs", "src"}
    found = shell.complete(f"lode status {shell.root.parent}/a")
    assert str(shell.root) in {each.rstrip("/") for each in found}


def test_every_flag_is_in_every_script() -> None:
    for command in COMMANDS:
        for option in command.options:
            for flag in option.flags:
                assert flag in SCRIPTS["bash"]
                assert flag in SCRIPTS["zsh"]
                fish_flag = f"-l {flag[2:]} " if flag.startswith("--") else f"-s {flag[1:]} "
                assert fish_flag in SCRIPTS["fish"]
