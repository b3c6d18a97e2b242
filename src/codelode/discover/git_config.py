"""The settings of git: configuration files and their conditional or plain includes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codelode.discover import wildmatch
from codelode.discover.safe_open import read_settings

MAX_SETTINGS_BYTES = 1 << 20
_MAX_INCLUDES = 10  # nested includes; git has the same limit

_BLANK = re.compile(rb"(?:[ \t\r\n]|[#;][^\n]*)*")
_SECTION = re.compile(rb'\[([-.A-Za-z0-9]+)(?:[ \t]+"((?:[^"\\\n]|\\[^\n])*)")?\]')
_NAME = re.compile(rb"([A-Za-z][-A-Za-z0-9]*)[ \t]*(=?)")
_PIECE = re.compile(
    rb'(?P<space>[ \t\r]+)|(?P<text>[^ \t\r\n"\\#;]+)|(?P<comment>[#;])|(?P<quote>")'
    rb"|(?P<escape>\\[^\n])|(?P<joint>\\\n)"
)
_ESCAPES = {b"\\t": b"\t", b"\\n": b"\n", b"\\b": b"\b", b"\\\\": b"\\", b'\\"': b'"'}

Setting = tuple[str, bytes]
"""A key, `section.name` or `section.subsection.name`, and its value."""


@dataclass(frozen=True)
class GitConfig:
    """The settings in force in a repository, or outside any repository.

    `git_folder` is the real path of the worktree's own `.git`; `common` is the repository's `.git`,
    which holds `config` and `info`. They differ only in linked worktrees. Both are None outside of
    repositories.
    """

    git_folder: Path | None
    common: Path | None

    def last(self, key: str) -> bytes | None:
        """Return the value of a setting; the last one counts."""
        found = None
        for name, value in self.settings():
            if name == key:
                found = value
        return found

    def is_true(self, key: str) -> bool:
        """Return whether a setting is on; a setting that is not there is off."""
        value = self.last(key)
        return value is not None and value.lower() not in (b"", b"false", b"no", b"off", b"0")

    def settings(self) -> Iterator[Setting]:
        """Yield all settings, the weakest first."""
        for file in _global_files():
            yield from self._of(file)
        if self.common is None or self.git_folder is None:
            return
        own_file = False
        for key, value in self._of(self.common / "config"):
            yield key, value
            own_file |= key == "extensions.worktreeconfig" and value.lower() == b"true"
        if own_file:
            yield from self._of(self.git_folder / "config.worktree")

    def _of(self, file: Path, depth: int = 0) -> Iterator[Setting]:
        """Yield the settings of a file, and of the files that it includes."""
        data = read_settings(file, MAX_SETTINGS_BYTES, follow=True)
        for key, value in parse_config(data or b""):
            yield key, value
            if key.startswith("include") and key.endswith(".path") and value:
                condition = key.removeprefix("includeif.").removesuffix(".path")
                if depth < _MAX_INCLUDES and (
                    key == "include.path" or self._applies(condition, file)
                ):
                    yield from self._of(file.parent / expanded(value), depth + 1)

    def _applies(self, condition: str, file: Path) -> bool:
        """Return whether an `includeIf` in `file` applies to this repository."""
        kind, _, pattern = condition.partition(":")
        if self.git_folder is None or self.common is None:
            return False
        if kind in ("gitdir", "gitdir/i"):
            return _leads_to(pattern, self.git_folder, file, ignore_case=kind == "gitdir/i")
        if kind == "onbranch":
            return _matches(pattern + "**" * pattern.endswith("/"), self._branch())
        if kind == "hasconfig" and pattern.startswith("remote.*.url:"):
            wanted = pattern.removeprefix("remote.*.url:")
            return any(_matches(wanted, os.fsdecode(url)) for url in self._remotes())
        return False

    def _branch(self) -> str:
        head = read_settings((self.git_folder or Path()) / "HEAD", MAX_SETTINGS_BYTES) or b""
        reference = os.fsdecode(head.strip()).removeprefix("ref: ")
        return reference.removeprefix("refs/heads/") if reference.startswith("refs/heads/") else ""

    def _remotes(self) -> Iterator[bytes]:
        """Yield the URLs of the remotes in the repository's own file.

        Git also looks for remotes in other files.
        """
        data = read_settings((self.common or Path()) / "config", MAX_SETTINGS_BYTES, follow=True)
        for key, value in parse_config(data or b""):
            if key.startswith("remote.") and key.endswith(".url"):
                yield value


def home() -> Path | None:
    """Return the user's home, if there is one: a container may run as a user without a name."""
    try:
        return Path("~").expanduser()
    except RuntimeError:
        return None


def config_home() -> Path | None:
    """Return the folder of the user's settings, if there is one."""
    chosen, own = os.environ.get("XDG_CONFIG_HOME"), home()
    if chosen:
        return Path(chosen)
    return own / ".config" if own else None


def expanded(value: bytes) -> Path:
    """Return a path in a setting with `~` replaced."""
    path = Path(os.fsdecode(value.replace(b"\0", b"")))
    try:
        return path.expanduser()
    except RuntimeError:  # no such user
        return path


def _global_files() -> list[Path]:
    """Return the files with the settings of the system and the user, the weakest first."""
    only, own, settings = os.environ.get("GIT_CONFIG_GLOBAL"), home(), config_home()
    files: list[Path] = []
    if os.environ.get("GIT_CONFIG_NOSYSTEM", "0").lower() in ("0", "", "false", "no", "off"):
        files.append(Path(os.environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig"))
    if only is not None:
        return [*files, Path(only)]
    files += [settings / "git" / "config"] if settings else []
    return [*files, own / ".gitconfig"] if own else files


def _leads_to(pattern: str, git_folder: Path, file: Path, *, ignore_case: bool) -> bool:
    """Return whether a `gitdir` condition in `file` matches the path `git_folder`."""
    if pattern.startswith("~/"):
        pattern = str(expanded(os.fsencode(pattern))) + "/" * pattern.endswith("/")
    elif pattern.startswith("./"):
        pattern = f"{file.resolve().parent}/{pattern[2:]}"
    elif not pattern.startswith("/"):
        pattern = f"**/{pattern}"
    pattern += "**" * pattern.endswith("/")
    place = str(git_folder)
    return _matches(pattern.lower(), place.lower()) if ignore_case else _matches(pattern, place)


def _matches(pattern: str, text: str) -> bool:
    """Return whether a text, taken as a path, matches a pattern of git's wildmatch."""
    tokens = wildmatch.tokenize(os.fsencode(pattern), path=True)
    if not tokens:
        return False
    return re.match(wildmatch.regex(tokens).encode("latin-1"), os.fsencode(text)) is not None


def parse_config(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the settings of a git configuration in order, up to the first malformed line.

    Keys are `section.name` or `section.subsection.name`, section and name in lower case. A name
    without a value counts as `true`.
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
    """Return the value at `at`, or None if it is malformed, and the offset of its line's end."""
    value = bytearray()
    length = 0  # of the value so far, without unquoted spaces at its end
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
