"""Find git's rules outside `.gitignore`: `info/exclude` and `core.excludesFile`.

Git's own files are read directly, because git may not be installed, and a process costs more than
walking a small tree. Conditional includes (`includeIf`) of the configuration are not followed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from codelode.discover.safe_open import read_settings

MAX_SETTINGS_BYTES = 1 << 20
_MAX_INCLUDES = 10  # nested, as in git

_BLANK = re.compile(rb"(?:[ \t\r\n]|[#;][^\n]*)*")
_SECTION = re.compile(rb'\[([-.A-Za-z0-9]+)(?:[ \t]+"((?:[^"\\\n]|\\[^\n])*)")?\]')
_NAME = re.compile(rb"([A-Za-z][-A-Za-z0-9]*)[ \t]*(=?)")
_PIECE = re.compile(
    rb'(?P<space>[ \t\r]+)|(?P<text>[^ \t\r\n"\\#;]+)|(?P<comment>[#;])|(?P<quote>")'
    rb"|(?P<escape>\\[^\n])|(?P<joint>\\\n)"
)
_ESCAPES = {b"\\t": b"\t", b"\\n": b"\n", b"\\b": b"\b", b"\\\\": b"\\", b'\\"': b'"'}


def worktree_above(folder: Path) -> Path | None:
    """Return the innermost folder with a `.git`, from the real path `folder` upward, or None."""
    return next((place for place in (folder, *folder.parents) if _exists(place / ".git")), None)


def _exists(path: Path) -> bool:
    return os.path.lexists(path)


def exclude_files(worktree: Path | None) -> list[Path]:
    """Return the rule files that git uses in a worktree or outside of one, strongest first.

    The files need not exist.
    """
    folder = _git_folder(worktree) if worktree else None
    configured = _excludes_file(folder)
    if configured is not None and worktree is not None:
        configured = worktree / configured
    files = [folder / "info" / "exclude"] if folder else []
    return [*files, configured] if configured else files


def _git_folder(worktree: Path) -> Path:
    """Return the folder with a worktree's `config` and `info`, even if `.git` is a file."""
    place = worktree / ".git"
    pointer = read_settings(place, MAX_SETTINGS_BYTES, follow=True)
    if pointer is not None and pointer.startswith(b"gitdir:"):
        place = worktree / os.fsdecode(pointer[len(b"gitdir:") :].strip())
    common = read_settings(place / "commondir", MAX_SETTINGS_BYTES, follow=True)
    return place / os.fsdecode(common.strip()) if common else place


def _excludes_file(folder: Path | None) -> Path | None:
    home = Path("~").expanduser()
    xdg = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    system = Path(os.environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig")
    only = os.environ.get("GIT_CONFIG_GLOBAL")
    configs = [Path(only)] if only is not None else [xdg / "git" / "config", home / ".gitconfig"]
    if os.environ.get("GIT_CONFIG_NOSYSTEM", "0").lower() in ("0", "", "false", "no", "off"):
        configs.insert(0, system)
    if folder is not None:
        configs.append(folder / "config")
    values = [
        value
        for config in configs
        for key, value in _settings(config)
        if key == "core.excludesfile"
    ]
    if not values:
        return xdg / "git" / "ignore"
    return _expand(values[-1]) if values[-1] else None


def _expand(value: bytes) -> Path:
    path = Path(os.fsdecode(value.replace(b"\0", b"")))
    try:
        return path.expanduser()
    except RuntimeError:  # unknown user
        return path


def _settings(config: Path, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """Yield the keys and values of a configuration file and its includes."""
    data = read_settings(config, MAX_SETTINGS_BYTES, follow=True)
    for key, value in parse_config(data or b""):
        yield key, value
        if key == "include.path" and value and depth < _MAX_INCLUDES:
            yield from _settings(config.parent / _expand(value), depth + 1)


def parse_config(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the settings of a git configuration in order, up to the first invalid line.

    Keys are `section.name` or `section.subsection.name`, with section and name in lower case. A
    name without a value means `true`.
    """
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    section = ""
    at = _skip_blank(data, 0)
    while at < len(data):
        header = _SECTION.match(data, at)
        name = None if header else _NAME.match(data, at)
        if header:
            section, at = _section(header), header.end()
        elif name and section and name[2]:
            value, at = _value(data, name.end())
            if value is None:
                return
            yield f"{section}.{_text(name[1]).lower()}", value
        elif name and section and data[name.end() : name.end() + 1] in (b"", b"\n"):
            yield f"{section}.{_text(name[1]).lower()}", b"true"
            at = name.end()
        else:
            return
        at = _skip_blank(data, at)


def _skip_blank(data: bytes, at: int) -> int:
    blank = _BLANK.match(data, at)
    return blank.end() if blank else at


def _section(header: re.Match[bytes]) -> str:
    name = _text(header[1]).lower()
    if header[2] is None:
        return name
    subsection = re.sub(rb"\\(.)", rb"\1", header[2])
    return f"{name}.{_text(subsection)}"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _value(data: bytes, at: int) -> tuple[bytes | None, int]:
    """Return the value that starts at `at` (None if it is malformed) and the end of its line."""
    value = bytearray()
    length = 0  # trailing spaces beyond this length are dropped
    quoted = False
    while piece := _PIECE.match(data, at):
        at = piece.end()
        kind, text = piece.lastgroup, piece[0]
        if kind == "comment" and not quoted:
            at = data.find(b"\n", at)
            break
        if kind == "quote":
            quoted = not quoted
        elif kind == "escape" and text not in _ESCAPES:
            return None, at
        elif kind != "joint" and (value or quoted or kind != "space"):
            value += _ESCAPES.get(text, text)
        if quoted or kind != "space":
            length = len(value)
    ended = at < 0 or data[at : at + 1] in (b"", b"\n")
    return bytes(value[:length]) if ended and not quoted else None, at if at >= 0 else len(data)
