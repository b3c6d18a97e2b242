"""The table of all settings.

A project file comes with a repository, so it may be hostile. It may set only settings that have
`project`: which files of its tree are indexed, and how many hits are shown, in which order.
It may never set one that names a program, an address, a folder or a model, that shows secrets,
that decides how much of the machine is used, or that changes or removes other indexes.
"""

from __future__ import annotations

from dataclasses import dataclass

from codelode.settings import values
from codelode.settings.values import Kind


@dataclass(frozen=True, slots=True)
class Key:
    """A setting.

    `flag` overrides it, in the commands named in `commands`, or, if none are named, in all that
    have the flag. `project` is its type in a project file, None if such a file may not set it. With
    `exported`, the value is put into the setting's environment variable, for this process and its
    children.
    """

    name: str
    kind: Kind
    help: str
    flag: str = ""
    commands: tuple[str, ...] = ()
    project: Kind | None = None
    default: str = ""
    """The default, for settings without a flag; the help of a flag has its own."""
    own_variable: str = ""
    exported: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return self.own_variable or self.regular_variable

    @property
    def regular_variable(self) -> str:
        """The variable's name by the usual rule, which a few settings do not follow."""
        return f"LODE_{self.name.replace('.', '_').replace('-', '_').upper()}"


_FLAG, _COUNT = values.flag(), values.whole(1, 1000)
_MODES = values.choice("hybrid", "semantic", "lexical")
_FRESH = values.choice("always", "auto", "never")
_CONTEXT, _SCORE = values.whole(0, 1000), values.number()

KEYS = (
    Key(
        "index.hidden",
        _FLAG,
        "index hidden files and folders too",
        "--hidden",
        ("index",),
        project=_FLAG,
    ),
    Key(
        "index.no-ignore",
        _FLAG,
        "do not honor ignore files",
        "--no-ignore",
        ("index",),
        project=_FLAG,
    ),
    Key(
        "index.installed",
        _FLAG,
        "index installed packages and caches too",
        "--installed",
        ("index",),
        project=_FLAG,
    ),
    Key("index.secrets", _FLAG, "index files that hold secrets too", "--secrets", ("index",)),
    Key(
        "index.max-file-size",
        values.size(1 << 40),
        "skip larger files; a project file may set at most 16M",
        "--max-file-size",
        ("index",),
        project=values.size(16 << 20),
    ),
    Key("index.jobs", values.whole(1, 1024), "use this many processes", "--jobs", ("index",)),
    Key(
        "index.max-memory",
        values.size(1 << 44),
        "cap the memory of all processes together",
        "--max-memory",
        ("index",),
    ),
    Key(
        "index.model",
        values.text("the name or the folder of a model"),
        "embed new indexes with this model",
        "--model",
        ("index",),
    ),
    Key(
        "index.dir",
        values.folder(),
        "keep indexes in this folder",
        "--index-dir",
        exported=True,
    ),
    Key(
        "search.limit",
        _COUNT,
        "print at most N hits",
        "--limit",
        ("search", "pick"),
        project=_COUNT,
    ),
    Key("search.mode", _MODES, "how to search", "--mode", ("search", "pick"), project=_MODES),
    Key(
        "search.fresh",
        _FRESH,
        "when to bring the index up to date first",
        "--fresh",
        ("search", "symbols"),
        project=_FRESH,
    ),
    Key(
        "search.context",
        _CONTEXT,
        "show more lines on each side of an excerpt",
        "--context",
        ("search",),
        project=_CONTEXT,
    ),
    Key(
        "search.threshold",
        _SCORE,
        "leave out hits with a lower score; 0 for none",
        "--threshold",
        ("search",),
        project=_SCORE,
    ),
    Key(
        "search.max-tokens",
        values.whole(100, 20_000),
        "with --agent, print at most N tokens",
        "--max-tokens",
        ("search",),
        project=values.whole(100, 20_000),
    ),
    Key(
        "search.fresh-budget",
        values.seconds(),
        "seconds that a search may spend on bringing the index up to date",
        default="0.3",
        own_variable="LODE_FRESH_BUDGET",
        exported=True,
    ),
    Key(
        "search.background",
        _FLAG,
        "an update that takes too long for a search goes on in the background",
        default="false",
        own_variable="LODE_BACKGROUND",
        exported=True,
    ),
    Key("watch.max-folders", values.whole(1, 10**9), "watch at most N folders", "--max-folders"),
    Key("serve.host", values.text("an address"), "the address to listen at", "--host", ("serve",)),
    Key("serve.port", values.whole(0, 65535), "the port", "--port", ("serve",)),
    Key(
        "serve.editor",
        values.text("the name of an editor, or an address with {path} and {line}"),
        "the editor that links open",
        "--editor",
        ("serve",),
    ),
    Key(
        "clean.orphans-after",
        values.age(),
        "remove indexes in the user's cache whose roots are gone, if last used longer ago",
        default="30d",
    ),
    Key(
        "color",
        values.choice("auto", "always", "never"),
        "when to use color",
        "--color",
    ),
    Key(
        "hyperlink-format",
        values.text("a name or a URL with {path}"),
        "with color, make paths links",
        "--hyperlink-format",
    ),
    Key(
        "pager",
        values.command(),
        "on a terminal, show the output in this pager; true for $PAGER, else less",
        default="false",
        exported=True,
    ),
    Key(
        "metrics",
        values.text("a file or an address"),
        "where to export metrics",
        default="nowhere",
        exported=True,
    ),
)
"""Every setting, in the order in which they are listed."""

BY_NAME = {key.name: key for key in KEYS}

WALK = ("hidden", "no-ignore", "installed", "secrets", "max-file-size")
"""The settings below `index.` that say which files are indexed. They belong to the root of an
index, not to the folder that a command names."""
