"""The clients in which codelode can be installed: their files, and the form of their entries.

Each client has a configuration for one project and one for the user, and reads instructions from
files of its own. docs/agents.md names the version of each client that was checked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from codelode import arguments

SERVER = "lode"

Scope = Literal["project", "user"]
Entry = Callable[[Sequence[str]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Files:
    """A client's files for a project or for the user, relative to the project or the home folder.

    `rules` is a file that also holds other instructions: codelode's go into a marked block. `own`
    is a file for codelode's instructions alone, which begins with the front matter `front`.
    """

    config: str
    rules: str = ""
    own: str = ""
    front: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """A client: its name on the command line, its title, its files, and its entry for a server.

    `check` tells how a user lists the servers that the client knows.
    """

    name: str
    title: str
    key: tuple[str, ...]
    entry: Entry
    check: str
    project: Files
    user: Files
    home_variable: str = ""
    """An environment variable that replaces the first folder of the user's files."""

    def files(self, scope: Scope) -> Files:
        """Return the files for a project, or for the user."""
        return self.project if scope == "project" else self.user

    def path(self, name: str, scope: Scope, project: Path) -> Path:
        """Return the full path of a file in a scope; `name` is its relative path in `Files`.

        Raises `UsageError` if the path would be in the home folder, and the user has none.
        """
        if scope == "project":
            return project / name
        folder = os.environ.get(self.home_variable, "") if self.home_variable else ""
        if folder:
            return Path(folder) / name.partition("/")[2]
        if name.startswith(".config/"):
            configured = os.environ.get("XDG_CONFIG_HOME", "")
            if os.path.isabs(configured):  # noqa: PTH117 (an empty path is none)
                return Path(configured) / name.removeprefix(".config/")
        return arguments.expanded("~") / name


def _stdio(command: Sequence[str]) -> dict[str, Any]:
    return {"type": "stdio", "command": command[0], "args": list(command[1:])}


def _plain(command: Sequence[str]) -> dict[str, Any]:
    return {"command": command[0], "args": list(command[1:])}


def _in_workspace(command: Sequence[str]) -> dict[str, Any]:
    """Return an entry that passes the root, for clients that start servers in the home folder."""
    return _plain([*command, "${workspaceFolder}"])


def _stdio_in_workspace(command: Sequence[str]) -> dict[str, Any]:
    return {"type": "stdio", **_in_workspace(command)}


def _zed(command: Sequence[str]) -> dict[str, Any]:
    return {"source": "custom", **_plain(command), "env": {}}


def _opencode(command: Sequence[str]) -> dict[str, Any]:
    return {"type": "local", "command": list(command), "enabled": True}


_CURSOR_FRONT = "---\ndescription: Semantic code search\nalwaysApply: true\n---\n\n"
_VSCODE_FRONT = "---\ndescription: Semantic code search\napplyTo: '**'\n---\n\n"

CLIENTS = (
    Client(
        "claude-code",
        "Claude Code",
        ("mcpServers", SERVER),
        _stdio,
        "`claude mcp list`",
        Files(".mcp.json", rules="CLAUDE.md"),
        Files(".claude.json", rules=".claude/CLAUDE.md"),
    ),
    Client(
        "codex",
        "Codex",
        ("mcp_servers", SERVER),
        _plain,
        "`codex mcp list`",
        Files(".codex/config.toml", rules="AGENTS.md"),
        Files(".codex/config.toml", rules=".codex/AGENTS.md"),
        home_variable="CODEX_HOME",
    ),
    Client(
        "cursor",
        "Cursor",
        ("mcpServers", SERVER),
        _in_workspace,
        "the MCP page of its settings",
        Files(".cursor/mcp.json", own=".cursor/rules/lode.mdc", front=_CURSOR_FRONT),
        Files(".cursor/mcp.json"),
    ),
    Client(
        "vscode",
        "VS Code",
        ("servers", SERVER),
        _stdio_in_workspace,
        "its command `MCP: List Servers`",
        Files(".vscode/mcp.json", rules=".github/copilot-instructions.md"),
        Files(
            ".config/Code/User/mcp.json",
            own=".config/Code/User/prompts/lode.instructions.md",
            front=_VSCODE_FRONT,
        ),
    ),
    Client(
        "gemini",
        "Gemini CLI",
        ("mcpServers", SERVER),
        _plain,
        "`gemini mcp list`",
        Files(".gemini/settings.json", rules="GEMINI.md"),
        Files(".gemini/settings.json", rules=".gemini/GEMINI.md"),
    ),
    Client(
        "opencode",
        "opencode",
        ("mcp", SERVER),
        _opencode,
        "`opencode mcp list`",
        Files("opencode.json", rules="AGENTS.md"),
        Files(".config/opencode/opencode.json", rules=".config/opencode/AGENTS.md"),
    ),
    Client(
        "zed",
        "Zed",
        ("context_servers", SERVER),
        _zed,
        "the agent page of its settings",
        Files(".zed/settings.json", rules="AGENTS.md"),
        Files(".config/zed/settings.json"),
    ),
)
"""All clients, in the order in which they are listed."""

BY_NAME = {client.name: client for client in CLIENTS}
