"""`lode doctor`: every finding that calls for action has a remedy."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from codelode.agents.clients import CLIENTS
from codelode.chunk.languages import SYNTAXES
from codelode.doctor import machine
from codelode.doctor.clients import clients
from codelode.doctor.extras import MODULES
from codelode.doctor.packages import LANGUAGES, requirements
from codelode.errors import UsageError
from tests.commandline import CommandLine, Outcome, indexed_sample, without, write_tree
from tests.test_cli_indexes import directory_of


def findings(lode: CommandLine, root: Path, *flags: str, **variables: str) -> list[dict[str, Any]]:
    """Return the findings; check that the exit code is 1 if one is a problem, and 0 otherwise."""
    done = lode.having(variables)("doctor", root, "--json", *flags)
    assert done.message == ""
    problems = [each for each in done.json["findings"] if each["level"] == "problem"]
    assert done.code == (1 if problems else 0)
    assert done.json["healthy"] == (not problems)
    assert all(each["remedy"] for each in problems)
    found: list[dict[str, Any]] = done.json["findings"]
    return found


def problems(lode: CommandLine, root: Path, *flags: str, **variables: str) -> list[tuple[str, str]]:
    """Return the areas and remedies of problems."""
    found = findings(lode, root, *flags, **variables)
    return [(each["area"], each["remedy"]) for each in found if each["level"] == "problem"]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[CommandLine, Path]:
    """Return a small tree and its index. No test changes them."""
    return indexed_sample(tmp_path_factory.mktemp("doctor"))


def test_a_sound_installation_has_no_problems(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    found = findings(lode, root, "--deep")
    areas = {each["area"] for each in found}
    assert areas >= {"environment", "packages", "model", "grammars", "settings", "index folder"}
    assert areas >= {"index", "indexes", "watching", "agents", "extras"}
    texts = [each["text"] for each in found]
    assert f"{len(SYNTAXES)} of {len(SYNTAXES)} work" in texts
    assert "every byte and every reference is valid" in texts
    shown: Outcome = lode("doctor", root).must_succeed()
    assert shown.text.endswith("no problems found\n")
    assert "-> lode agent install CLIENT" in shown.text


def test_a_missing_index_is_no_problem(lode: CommandLine, tree: Path) -> None:
    found = [each for each in findings(lode, tree) if each["area"] == "index"]
    assert [(each["level"], each["remedy"]) for each in found] == [("note", f"lode index {tree}")]


def test_damage_is_found_by_a_deep_look(lode: CommandLine, tree: Path) -> None:
    lode("index", tree).must_succeed()
    (segment,) = directory_of(lode, tree).glob("*.seg")
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 0xFF
    segment.write_bytes(data)
    remedy = f"lode verify --repair {tree}"
    assert ("index", remedy) in problems(lode, tree, "--deep")
    lode("verify", "--repair", tree).must_succeed()
    assert problems(lode, tree, "--deep") == []
    manifest = segment.parent / "manifest.json"
    manifest.write_bytes(b"?" + manifest.read_bytes())
    assert [area for area, _ in problems(lode, tree)] == ["index"]


def test_invalid_settings_are_a_finding_and_no_error(lode: CommandLine, tree: Path) -> None:
    write_tree(tree, {"codelode.toml": "[search]\nlimits = 3\n"})
    assert [area for area, _ in problems(lode, tree)] == ["settings"]
    (tree / "codelode.toml").unlink()
    write_tree(lode.home / "config" / "codelode", {"config.toml": "x = 1\n"})
    assert [area for area, _ in problems(lode, tree)] == ["settings"]


def test_variables_that_nothing_reads_are_noted(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    found = findings(lode, root, LODE_SERCH_LIMIT="3", LODE_MCP_TOKEN="x")
    noted = [(each["text"], each["remedy"]) for each in found if "variable" in each["text"]]
    assert noted == [
        ("nothing reads the variable LODE_SERCH_LIMIT", "did you mean LODE_SEARCH_LIMIT?")
    ]


@pytest.mark.parametrize(
    ("package", "level"), [("tree_sitter_julia", "note"), ("tree_sitter_python", "problem")]
)
def test_missing_grammars_are_named(
    sample: tuple[CommandLine, Path], tmp_path: Path, package: str, level: str
) -> None:
    lode, root = sample
    found = findings(lode, root, PYTHONPATH=without(package, tmp_path))
    (missing,) = [each for each in found if each["area"] == "grammars" and each["level"] != "ok"]
    assert missing["level"] == level
    assert package.removeprefix("tree_sitter_") in missing["text"]
    assert "pip install" in missing["remedy"]


@pytest.mark.parametrize(
    ("package", "broken"),
    [("anyio", {"mcp", "serve"}), ("h11", {"serve"}), ("wcwidth", {"pick"})],
)
def test_extras_whose_own_dependencies_are_missing_are_problems(
    sample: tuple[CommandLine, Path], tmp_path: Path, package: str, broken: set[str]
) -> None:
    lode, root = sample
    found = findings(lode, root, PYTHONPATH=without(package, tmp_path))
    named = {
        each["text"].partition(":")[0]: each
        for each in found
        if each["area"] == "extras" and each["level"] == "problem"
    }
    assert set(named) == broken
    for extra, each in named.items():
        assert package in each["text"]
        assert each["remedy"] == f"pip install --force-reinstall 'codelode[{extra}]'"


def test_extras_are_imported_from_the_installation_only(
    sample: tuple[CommandLine, Path], tmp_path: Path
) -> None:
    lode, root = sample
    write_tree(tmp_path, {"prompt_toolkit.py": "open('harm', 'w')\n", "h11.py": "1/0\n"})
    done = lode("doctor", root, "--json", cwd=tmp_path).must_succeed()
    assert done.json["healthy"]
    assert not (tmp_path / "harm").exists()


def test_every_extra_has_modules_to_import() -> None:
    assert {*MODULES} == {*requirements()} - {"", LANGUAGES}


def test_an_unknown_model_is_a_problem(sample: tuple[CommandLine, Path]) -> None:
    lode, root = sample
    assert problems(lode, root, LODE_INDEX_MODEL="none") == [
        ("model", "change the setting index.model")
    ]


def test_too_few_watches_are_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, {"max_user_watches": "100\n", "max_user_instances": "128\n"})
    monkeypatch.setattr(machine, "_LIMITS", tmp_path)
    assert [each.level for each in machine.watching(tmp_path, 100)] == ["ok"]
    (problem,) = machine.watching(tmp_path, 101)
    assert problem.level == "problem"
    assert problem.remedy == "sudo sysctl fs.inotify.max_user_watches=256"
    monkeypatch.setattr(machine, "_LIMITS", tmp_path / "none")
    assert [each.level for each in machine.watching(tmp_path, 1)] == ["note"]


def test_a_user_without_a_home_has_no_agents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    assert [each.text for each in clients(tmp_path)] == ["installed in none"]
    with pytest.raises(UsageError, match="no home folder: this user has none: set HOME"):
        CLIENTS[0].path(".config/x.json", "user", tmp_path)


def test_agents_whose_server_is_gone_are_a_problem(lode: CommandLine, tree: Path) -> None:
    lode("agent", "install", "claude-code", "--yes", cwd=tree).must_succeed()
    agents = [each for each in findings(lode, tree) if each["area"] == "agents"]
    assert [each["text"] for each in agents] == ["installed in claude-code (project)"]
    path = tree / ".mcp.json"
    entry = json.loads(path.read_text())
    entry["mcpServers"]["lode"]["command"] = "/nowhere/lode"
    path.write_text(json.dumps(entry))
    assert problems(lode, tree) == [("agents", "lode agent install claude-code")]


def test_an_agent_whose_server_lacks_its_extra_is_a_problem(
    lode: CommandLine, tree: Path, tmp_path: Path
) -> None:
    hidden = write_tree(
        tmp_path / "hidden",
        {
            "sitecustomize.py": "from importlib import metadata\n\nreal = metadata.version\n\n\n"
            "def version(name):\n"
            "    if name == 'mcp':\n"
            "        raise metadata.PackageNotFoundError(name)\n"
            "    return real(name)\n\n\n"
            "metadata.version = version\n"
        },
    )
    assert problems(lode, tree, PYTHONPATH=str(hidden)) == []  # no client starts the server
    lode("agent", "install", "claude-code", "--yes", cwd=tree).must_succeed()
    path = tree / ".mcp.json"
    entry = json.loads(path.read_text())
    entry["mcpServers"]["lode"]["command"] = sys.executable  # not the `lode` on the PATH
    path.write_text(json.dumps(entry))
    assert problems(lode, tree) == []
    remedy = "pip install 'codelode[mcp]'"
    assert problems(lode, tree, PYTHONPATH=str(hidden)) == [("agents", remedy)]
    other = write_tree(tmp_path / "other", {"lode": "#!/bin/sh\n"}) / "lode"
    other.chmod(0o755)
    entry["mcpServers"]["lode"]["command"] = str(other)
    path.write_text(json.dumps(entry))
    assert problems(lode, tree, PYTHONPATH=str(hidden)) == []  # another installation's server


def test_requirements_are_grouped_by_extra() -> None:
    found = requirements()
    assert "numpy" in found[""]
    assert "tree-sitter-julia" in found[LANGUAGES]
    assert "mcp" in found["mcp"]
    assert {"starlette", "uvicorn"} == set(found["serve"])
