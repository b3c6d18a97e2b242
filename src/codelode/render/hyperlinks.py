"""Hyperlinks of terminals (OSC 8) to lines of files; formats and their names are ripgrep's.

A format is a URL with variables. As in ripgrep, `{path}` is required, `{column}` needs `{line}`, a
doubled brace is a brace, and an empty format means no links. A path is absolute; every byte of it
that is not an unreserved ASCII character, `/` or `:` is percent-encoded, so that no file name can
end the escape sequence.
"""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from urllib.parse import quote

from codelode.errors import UsageError

FILE = "file://{host}{path}"

ALIASES = {
    "default": FILE,
    "none": "",
    "cursor": "cursor://file{path}:{line}:{column}",
    "file": FILE,
    "grep+": "grep+://{path}:{line}",
    "kitty": "file://{host}{path}#{line}",
    "macvim": "mvim://open?url=file://{path}&line={line}&column={column}",
    "textmate": "txmt://open?url=file://{path}&line={line}&column={column}",
    "vscode": "vscode://file{path}:{line}:{column}",
    "vscode-insiders": "vscode-insiders://file{path}:{line}:{column}",
    "vscodium": "vscodium://file{path}:{line}:{column}",
}
"""The formats that have a name, those of ripgrep."""

VARIABLES = ("path", "line", "column", "host", "wslprefix")

_PART = re.compile(r"\{\{|\}\}|\{([^}]*)\}|[{}]")
_SCHEME = re.compile(r"[0-9A-Za-z+.-]+:")
_CONTROL = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True, slots=True)
class HyperlinkFormat:
    """The format of links: `parts` are texts, with the name of a variable between each two."""

    parts: tuple[str, ...]

    @property
    def has_line(self) -> bool:
        """Whether links lead to lines; otherwise only to files."""
        return "line" in self.parts[1::2]

    def url(self, path: str, line: int, column: int) -> str:
        """Return the URL of a place; `path` is absolute, line and column are 1-based."""
        values = {
            "path": quote(os.fsencode(path), safe="/:"),
            "line": str(line),
            "column": str(column),
            "host": quote(platform.node()),
            "wslprefix": _wsl_prefix(),
        }
        parts = [values[part] if odd % 2 else part for odd, part in enumerate(self.parts)]
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class Target:
    """The file that links lead to: its absolute path, and the format of the links."""

    format: HyperlinkFormat
    path: str

    def link(self, text: str, line: int, column: int = 1) -> str:
        """Return a text as a link to a place in the file."""
        url = self.format.url(self.path, line, column)
        return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"


def hyperlink_format(text: str) -> HyperlinkFormat | None:
    """Parse a format, or its name in `ALIASES`; return None if the format is empty: no links.

    Raises `UsageError` for a format that ripgrep refuses too, and for characters that a URL cannot
    have.
    """
    source = ALIASES.get(text, text)
    if not source:
        return None
    parts = _parts(source)
    names = parts[1::2]
    if not names:
        aliases = ", ".join(ALIASES)
        raise UsageError(f"the hyperlink format {text!r} has no {{path}} and is none of {aliases}")
    if "path" not in names:
        raise UsageError("a hyperlink format needs the variable {path}")
    if "column" in names and "line" not in names:
        raise UsageError("a hyperlink format with {column} needs {line} too")
    if not _SCHEME.match(parts[0]):
        raise UsageError(
            "a hyperlink format begins with a scheme, such as file: (letters, digits, +, - and .)"
        )
    if any(map(_CONTROL.search, parts[::2])):
        raise UsageError("a hyperlink format consists of ASCII characters without spaces")
    return HyperlinkFormat(tuple(parts))


def _parts(source: str) -> list[str]:
    """Split a format into texts and names of variables in turn. Raises `UsageError`."""
    parts = [""]
    at = 0
    for match in _PART.finditer(source):
        parts[-1] += source[at : match.start()]
        at = match.end()
        if match[0] in ("{{", "}}"):
            parts[-1] += match[0][0]
        elif match[0] == "}":
            raise UsageError("unopened variable in a hyperlink format: a } without a {")
        elif match[0] == "{":
            raise UsageError("unclosed variable in a hyperlink format: a { without a }")
        elif match[1] not in VARIABLES:
            known = ", ".join(VARIABLES)
            raise UsageError(
                f"unknown variable {match[1]!r} in a hyperlink format: choose from {known}"
            )
        else:
            parts += [match[1], ""]
    parts[-1] += source[at:]
    return parts


def _wsl_prefix() -> str:
    """Return the folder in which Windows sees this WSL distribution, or "" outside WSL."""
    name = os.environ.get("WSL_DISTRO_NAME", "")
    return f"wsl$/{quote(name)}" if name else ""
