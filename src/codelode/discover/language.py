"""Detect the language of a file by its name and shebang; resolve the names users type.

If several languages share an extension, the most common one wins here: `.h` is c, `.m` is
objective-c, `.pl` is perl, `.v` is verilog. `language_content` inspects such files. A file without
a known name has no language; it is indexed all the same.
"""

from __future__ import annotations

import re

from codelode import arguments
from codelode.discover.language_table import LANGUAGES
from codelode.errors import UsageError
from codelode.nearest import all_near

_VERSION = re.compile(r"[-.\d]+\Z")
_LIKENESS = 0.7
"""Extensions are short, so that many are alike."""

_TEMPLATES = frozenset(("in", "dist", "example", "sample", "template"))


def _by_word(column: str) -> dict[str, str]:
    """Map each word in a column of the table, in lower case, to the name of its language."""
    return {
        word.lower(): language.name
        for language in LANGUAGES
        for word in getattr(language, column).split()
    }


_BY_EXTENSION = _by_word("extensions")
_BY_CASED_EXTENSION = {"C": "cpp", "H": "cpp"}
_BY_INTERPRETER = _by_word("interpreters")
_BY_NAME = {word: language.name for language in LANGUAGES for word in language.names.split()}
_BY_ALIAS = (
    _BY_EXTENSION | _by_word("aliases") | {language.name: language.name for language in LANGUAGES}
)


def language_of(name: str) -> str | None:
    """Return the language of a file by its name (without folders), or None.

    The whole name counts first, then the extension. `config.h.in` counts as `config.h`, and
    `Makefile.boot` as `Makefile`. `a.C` is C++, but `A.C` is C: where the whole name is in
    capitals, the capital C says nothing.
    """
    found = _BY_NAME.get(name)
    if found is not None:
        return found
    stem, dot, extension = name.rpartition(".")
    if not dot:
        return None
    if extension in _BY_CASED_EXTENSION and not stem.isupper():
        return _BY_CASED_EXTENSION[extension]
    found = _BY_EXTENSION.get(extension) or _BY_EXTENSION.get(extension.lower())
    if found is None and extension in _TEMPLATES:
        found = language_of(stem)
    return found or _BY_NAME.get(name.partition(".")[0])


def language_of_shebang(first_line: bytes) -> str | None:
    """Return the language of a shebang such as `#!/usr/bin/env python3`, or None."""
    if not first_line.startswith(b"#!"):
        return None
    for word in first_line[2:].decode("utf-8", "replace").split():
        command = word.rpartition("/")[2].lower()
        if command != "env" and not command.startswith("-") and "=" not in command:
            return _BY_INTERPRETER.get(command) or _BY_INTERPRETER.get(_VERSION.sub("", command))
    return None


def language_called(alias: str) -> str | None:
    """Return the name of the language that people call `alias`, or None."""
    wanted = alias.strip().lower()
    return _BY_ALIAS.get(wanted) or _BY_ALIAS.get(wanted.removeprefix("."))


def resolve(alias: str) -> str:
    """Return the name of the language that a user calls `alias`: `c++`, `golang`, `.rs`, `Python`.

    A leading `!`, which excludes a language from a search, is kept. Raises `UsageError`, which
    suggests similar names, if there is no such language.
    """
    if alias.startswith("!"):
        return f"!{resolve(alias[1:])}"
    found = language_called(alias)
    if found is not None:
        return found
    close = sorted({_BY_ALIAS[near] for near in all_near(alias, _BY_ALIAS, _LIKENESS)})
    hint = f"; did you mean {' or '.join(close)}?" if close else ": see `lode search --type-list`"
    raise UsageError(f"unknown language {arguments.shown(alias)}{hint}")
