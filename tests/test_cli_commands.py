"""A command is one module, named in one tuple; running one command does not load another."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from codelode.cli import commands
from codelode.cli.commands import NAMES, find, load, load_all
from codelode.cli.commands import module as module_of
from codelode.errors import UsageError
from tests.commandline import CommandLine, imported_by

ABOUT_ALL = ("config", "completion", "man")
"""Commands that show something of every command."""
HEAVY = ("numpy", "xxhash", "zstandard", "rich", "pygments", "json", "subprocess", "difflib")


def test_every_module_is_a_command_and_every_command_a_module() -> None:
    folder = Path(inspect.getfile(commands)).parent
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(NAMES)
    assert [command.name for command in load_all()] == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_command_names_the_module_that_runs_it(name: str) -> None:
    command = load(name)
    module = module_of(name)
    assert module.COMMAND is command
    assert list(inspect.signature(module.run).parameters) == ["options"]
    assert module.__doc__ is not None
    assert f"`lode {name}`" in module.__doc__


def test_an_unknown_command_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match=r"unknown command 'verfy': did you mean 'verify'\?"):
        find("verfy")
    with pytest.raises(UsageError, match=r"unknown command '__init__'.*the commands are search, "):
        find("__init__")


def test_the_overview_imports_nothing_heavy(lode: CommandLine, tmp_path: Path) -> None:
    imported = imported_by(lode, "--help", folder=tmp_path / "modules")
    assert {f"codelode.cli.commands.{name}" for name in NAMES} <= imported
    assert sorted(name for name in imported if name.split(".")[0] in HEAVY) == []
    assert "codelode.index" not in imported


@pytest.mark.parametrize("name", NAMES)
def test_a_command_imports_no_other_command(
    lode: CommandLine, tree: Path, tmp_path: Path, name: str
) -> None:
    # `watch` and `serve` would run until they are interrupted.
    more = {"search": ["retry"], "watch": ["--help"], "serve": ["--help"]}.get(name, [])
    arguments = {"completion": ["bash"], "man": []}.get(name, [*more, tree])
    imported = imported_by(lode, name, *arguments, folder=tmp_path / "modules")
    found = {module for module in imported if module.startswith("codelode.cli.commands.")}
    expected = NAMES if name in ABOUT_ALL else (name,)
    assert found == {f"codelode.cli.commands.{each}" for each in expected}
