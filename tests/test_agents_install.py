"""`lode agent` changes configurations and instructions of clients, and restores every byte."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.agents import instructions, jsonc, toml_text
from codelode.agents.clients import CLIENTS, Client
from codelode.agents.journal import Edit
from codelode.errors import UsageError
from tests.commandline import CommandLine, without, write_tree

NAMES = [client.name for client in CLIENTS]
FOREIGN: dict[str, str | bytes] = {
    ".mcp.json": '{"mcpServers": {"other": {"command": "x"}}}',
    ".cursor/mcp.json": "",
    ".vscode/mcp.json": '{\n\t// servers\n\t"servers": {\n\t\t"db": {"command": "db"}, // last'
    '\n\t},\n\t"inputs": []\n}\n',
    ".gemini/settings.json": '{\r\n    "theme": "dark",\r\n    "mcpServers": {}\r\n}\r\n',
    "opencode.json": '{\n  "$schema": "x", /* kept */\n  "mcp": { /* empty */ }\n}',
    ".zed/settings.json": "// Zed settings\n{ \"a\": [1, 2, { }], }",
    ".codex/config.toml": 'model = "m"  # mine\n\n[mcp_servers.other]\ncommand = "x"',
    "AGENTS.md": "# Rules\n\nBe kind.",
    "CLAUDE.md": "",
}  # fmt: skip


def files_of(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def folders_of(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_dir()}


def plain(name: str, text: bytes) -> Any:
    return tomllib.loads(text.decode()) if name.endswith("toml") else jsonc.get(text.decode(), [])


def test_install_warns_of_a_server_that_cannot_start(lode: CommandLine, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    broken = lode.having({"PYTHONPATH": without("mcp_types", tmp_path / "site")})
    warning = "lode: the server will not start: ModuleNotFoundError: No module named 'mcp_types'"
    flags = ("agent", "install", "codex", "--user", "--yes")
    assert warning in broken(*flags, "--print", cwd=project).must_succeed().message
    assert "server will" not in broken(*flags, "--shell", cwd=project).must_succeed().message
    shown = broken(*flags, cwd=project).must_succeed().message
    assert "; pip install 'codelode[mcp]'\n" in shown
    assert "server will" not in lode("agent", "install", "cursor", "--yes", cwd=project).message


@pytest.mark.parametrize("client", CLIENTS, ids=NAMES)
def test_the_end_of_a_change_names_the_files_and_the_next_step(
    lode: CommandLine, tmp_path: Path, client: Client
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    done = lode("agent", "install", client.name, "--yes", cwd=project).must_succeed().message
    wrote, then = done.splitlines()
    assert set(wrote.removeprefix("lode: wrote ").split(", ")) == files_of(project).keys()
    assert then == (
        f"lode: to make it count, restart {client.title}; then {client.check} shows whether"
        " 'lode' is connected"
    )
    gone = files_of(project).keys()
    removed = lode("agent", "uninstall", client.name, "--yes", cwd=project).must_succeed().message
    assert set(removed.splitlines()[0].removeprefix("lode: removed ").split(", ")) == gone
    assert removed.splitlines()[1:] == [f"lode: to make it count, restart {client.title}"]


def test_an_agreed_change_ends_with_the_next_step(lode: CommandLine, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    both = lode("agent", "install", "codex", "gemini", "--user", "--yes", cwd=project).message
    assert f"{lode.home}/.codex/config.toml" in both
    assert "`codex mcp list` (Codex), `gemini mcp list` (Gemini CLI) show whether" in both
    shell = lode("agent", "install", "codex", "--shell", "--yes", cwd=project).message
    assert shell == "lode: wrote AGENTS.md\nlode: to make it count, restart Codex\n"


@pytest.mark.parametrize("start", [{}, FOREIGN], ids=["nothing", "foreign files"])
@pytest.mark.parametrize("scope", [(), ("--user",)], ids=["project", "user"])
def test_install_and_uninstall_of_all_leave_every_byte(
    lode: CommandLine, tmp_path: Path, start: dict[str, str | bytes], scope: tuple[str, ...]
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    where = lode.home if scope else project
    write_tree(where, start)
    before, folders = files_of(where), folders_of(where)
    lode("agent", "install", "--all", "--yes", *scope, cwd=project).must_succeed()
    after = files_of(where)
    for name, text in before.items():
        if name.endswith(("json", "toml")) and not scope:
            assert plain(name, after[name]) != plain(name, text)
            check_kept(plain(name, text) or {}, plain(name, after[name]))
    again = lode("agent", "install", "--all", "--yes", *scope, cwd=project)
    assert again.code == 1
    assert "nothing to do" in again.message
    assert files_of(where) == after
    lode("agent", "uninstall", "--all", "--yes", *scope, cwd=project).must_succeed()
    left = {n: t for n, t in files_of(where).items() if not n.startswith(".local/state")}
    assert left == before
    assert {f for f in folders_of(where) if ".local" not in f.parts} == folders


def check_kept(old: Any, new: Any) -> None:
    """Check that everything of an old configuration is in the new one."""
    if isinstance(old, dict):
        for name, value in old.items():
            check_kept(value, new[name])
    else:
        assert old == new


@pytest.mark.parametrize("name", NAMES)
def test_each_client_alone(lode: CommandLine, tmp_path: Path, name: str) -> None:
    root = write_tree(tmp_path / "project", FOREIGN)
    before = files_of(root)
    lode("agent", "install", name, "--yes", cwd=root).must_succeed()
    listed = lode("agent", "list", cwd=root).must_succeed().text
    assert [line.split()[0] for line in listed.splitlines() if not line.endswith(" -")] == [name]
    entry = json.dumps([plain(n, t) for n, t in files_of(root).items()
                        if n.endswith(("json", "toml"))])  # fmt: skip
    assert '"mcp"' in entry
    lode("agent", "uninstall", name, "--yes", cwd=root).must_succeed()
    assert files_of(root) == before


def test_later_edits_of_the_user_survive_an_uninstall(lode: CommandLine, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "project", FOREIGN)
    lode("agent", "install", "vscode", "codex", "--yes", cwd=root).must_succeed()
    settings, rules = root / ".vscode" / "mcp.json", root / "AGENTS.md"
    settings.write_text(settings.read_text().replace('"inputs": []', '"inputs": [1]'))
    rules.write_text("New first line.\n" + rules.read_text() + "\nNew last line.\n")
    lode("agent", "uninstall", "vscode", "codex", "--yes", cwd=root).must_succeed()
    wanted = str(FOREIGN[".vscode/mcp.json"]).replace('"inputs": []', '"inputs": [1]')
    assert settings.read_text() == wanted
    assert rules.read_text() == "New first line.\n# Rules\n\nBe kind.\nNew last line.\n"


def test_uninstall_without_the_journal(lode: CommandLine, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "project", FOREIGN)
    lode("agent", "install", "--all", "--yes", cwd=root).must_succeed()
    (lode.home / ".local" / "state" / "codelode" / "agents.json").write_text("broken")
    lode("agent", "uninstall", "--all", "--yes", cwd=root).must_succeed()
    for name, text in files_of(root).items():
        assert b"lode" not in text, name
        if name in FOREIGN and name.endswith(("json", "toml")) and FOREIGN[name]:
            old = FOREIGN[name]
            assert isinstance(old, str)
            assert plain(name, text) == plain(name, old.encode()) or "servers" in str(text).lower()


def test_shared_instructions_stay_while_another_client_reads_them(
    lode: CommandLine, tmp_path: Path
) -> None:
    root = tmp_path / "project"
    root.mkdir()
    lode("agent", "install", "codex", "opencode", "--yes", cwd=root).must_succeed()
    lode("agent", "uninstall", "codex", "--yes", cwd=root).must_succeed()
    assert instructions.has_block((root / "AGENTS.md").read_text())
    lode("agent", "uninstall", "opencode", "--yes", cwd=root).must_succeed()
    assert files_of(root) == {}


def test_instructions_alone_for_a_shell(lode: CommandLine, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    lode("agent", "install", "codex", "--shell", "--yes", cwd=root).must_succeed()
    assert list(files_of(root)) == ["AGENTS.md"]
    assert "lode search --agent" in (root / "AGENTS.md").read_text()
    lode("agent", "uninstall", "codex", "--yes", cwd=root).must_succeed()
    assert files_of(root) == {}


def test_the_change_is_shown_and_needs_consent(lode: CommandLine, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    refused = lode("agent", "install", "claude-code", cwd=root)
    assert refused.code == 2
    assert '+    "lode": {' in refused.text
    assert files_of(root) == {}
    printed = lode("agent", "install", "codex", "--print", cwd=root).must_succeed().text
    assert "[mcp_servers.lode]" in printed
    assert files_of(root) == {}


def test_bad_configurations_are_left_alone(lode: CommandLine, tmp_path: Path) -> None:
    root = write_tree(
        tmp_path / "p",
        {
            ".mcp.json": "{oops",
            ".codex/config.toml": "a = ",
            "opencode.json": '{"mcp": []}',
            ".cursor/mcp.json": b"\xff",
        },
    )
    for client in ("claude-code", "codex", "opencode", "cursor"):
        outcome = lode("agent", "install", client, "--yes", cwd=root)
        outcome.must_be_refused(str(root))
    lode("agent", "install", "emacs", cwd=root).must_be_refused("emacs")
    lode("agent", "install", cwd=root).must_be_refused("--all")


def test_modes_and_links_of_files_are_kept(lode: CommandLine, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "p", {"real.json": "{}\n"})
    (root / "real.json").chmod(0o600)
    (root / ".mcp.json").symlink_to("real.json")
    lode("agent", "install", "claude-code", "--yes", cwd=root).must_succeed()
    assert (root / ".mcp.json").is_symlink()
    assert (root / "real.json").stat().st_mode & 0o777 == 0o600
    lode("agent", "uninstall", "claude-code", "--yes", cwd=root).must_succeed()
    assert (root / "real.json").read_text() == "{}\n"


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=5),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
COMMENTS = st.sampled_from(["", " ", "\n", ' // note, "x": {\n', "/* { */", "\r\n\t"])


@st.composite
def commented(draw: st.DrawFn, value: Any) -> str:
    """Write a value as JSON with comments and trailing commas in any style."""

    def gap() -> str:
        return draw(COMMENTS)

    if not isinstance(value, dict | list):
        return json.dumps(value)
    opening, close = "{}" if isinstance(value, dict) else "[]"
    items = [
        f"{gap()}{json.dumps(item)}{gap()}:{gap()}{draw(commented(value[item]))}{gap()}"
        if isinstance(value, dict)
        else f"{gap()}{draw(commented(item))}{gap()}"
        for item in value
    ]
    trailing = "," if items and draw(st.sampled_from(["", ","])) else ""
    return f"{opening}{','.join(items)}{trailing}{gap()}{close}"


@given(st.data(), st.dictionaries(st.text(max_size=4), PLAIN, max_size=4))
def test_json_edits_change_only_their_member(data: st.DataObject, value: dict[str, Any]) -> None:
    text = data.draw(COMMENTS) + data.draw(commented(value)) + data.draw(COMMENTS)
    assert jsonc.get(text, []) == value
    if "s" in value and not isinstance(value["s"], dict):
        with pytest.raises(UsageError):
            jsonc.put(text, ("s", "lode"), {"command": "lode"})
        return
    new = jsonc.put(text, ("s", "lode"), {"command": "lode"})
    wanted = {**value, "s": {**value.get("s", {}), "lode": {"command": "lode"}}}
    assert jsonc.get(new, []) == wanted
    assert Edit.between(text, new).undone(new) == text
    assert jsonc.put(new, ("s", "lode"), {"command": "lode"}) == new
    removed = jsonc.remove(new, ("s", "lode"))
    wanted["s"].pop("lode")
    assert jsonc.get(removed, []) == wanted
    assert removed.count("/*") + removed.count("//") == text.count("/*") + text.count("//")


@given(st.text() | st.text(alphabet='{}[]",:/*\n 1t'))
def test_any_text_is_json_or_refused(text: str) -> None:
    try:
        new = jsonc.put(text, ("s", "lode"), 1)
    except UsageError as error:
        assert "\n" not in str(error)
    else:
        assert jsonc.get(new, ("s", "lode")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a = 1",
        "[mcp_servers]\n[mcp_servers.other]\ncommand = 'x'\n",
        "# only a comment\n",
        "[[list]]\nx = 1\n\n[after]\ny = 2\n",
    ],
)
def test_toml_edits_change_only_their_table(text: str) -> None:
    new = toml_text.put(text, ("mcp_servers", "lode"), {"command": "lode", "args": ["mcp"]})
    assert tomllib.loads(new)["mcp_servers"]["lode"] == {"command": "lode", "args": ["mcp"]}
    changed = toml_text.put(new, ("mcp_servers", "lode"), {"command": "x"})
    assert tomllib.loads(changed)["mcp_servers"]["lode"] == {"command": "x"}
    assert Edit.between(text, new).undone(new) == text
    without = toml_text.remove(new, ("mcp_servers", "lode"))
    assert without.rstrip() == text.rstrip()


def test_toml_that_cannot_be_edited_safely_is_refused() -> None:
    hidden = "a = '''\n[mcp_servers.lode]\n'''\n[mcp_servers.lode]\ncommand = 'x'\n"
    for text in (
        hidden,
        "mcp_servers = {}\n",
        "mcp_servers.lode.command = 'x'\n",
        "a = 1\na = 2\n",
    ):
        with pytest.raises(UsageError):
            toml_text.put(text, ("mcp_servers", "lode"), {"command": "lode"})


@given(st.text(st.characters(exclude_characters="\r")), st.booleans(), st.booleans())
def test_a_block_is_replaced_and_removed(text: str, first: bool, second: bool) -> None:
    if "lode:" in text:
        return
    once = instructions.with_block(text, first)
    twice = instructions.with_block(once, second)
    assert twice == instructions.with_block(text, second)
    assert not instructions.has_block(instructions.without_block(twice))
    assert Edit.between(text, twice).undone(twice) == text
