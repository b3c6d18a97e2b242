"""Findings about packages: the model, the grammars, and those that every installation needs."""

from __future__ import annotations

import re
from collections import defaultdict
from importlib import metadata
from importlib.util import find_spec
from typing import TYPE_CHECKING

from codelode.chunk.grammars import installed_grammar
from codelode.chunk.languages import SYNTAXES, syntax
from codelode.doctor.diagnosis import Diagnosis
from codelode.embed.load import DEFAULT, load
from codelode.errors import ModelError
from codelode.render.units import count

if TYPE_CHECKING:
    from collections.abc import Iterator

_REQUIREMENT = re.compile(r"([A-Za-z0-9][\w.-]*).*?(?:extra == [\"']([\w-]+)[\"'])?\Z", re.DOTALL)
LANGUAGES = "languages"
"""The extra with grammars that are too large for everybody."""


def model(name: str | None) -> Iterator[Diagnosis]:
    """Yield findings about the bundled model, and about the model that is set for new indexes.

    `name` is None if no model is set.
    """
    for each in dict.fromkeys((DEFAULT, name or DEFAULT)):
        try:
            encoder = load(each)
        except ModelError as error:
            remedy = "reinstall codelode" if each == DEFAULT else "change the setting index.model"
            yield Diagnosis("model", "problem", str(error), remedy)
        else:
            yield Diagnosis("model", "ok", f"{each}, {encoder.dimensions} dimensions")


def grammars() -> Iterator[Diagnosis]:
    """Yield findings about the grammars: how many work, and which are missing or broken."""
    optional = {package.replace("-", "_") for package in requirements().get(LANGUAGES, ())}
    missing: list[str] = []
    absent: list[str] = []
    broken: list[str] = []
    for name in SYNTAXES:
        module = syntax(name).module
        if not _has_module(module):
            (missing if module in optional else absent).append(name)
        elif installed_grammar(name) is None:
            broken.append(name)
    works = len(SYNTAXES) - len(missing) - len(absent) - len(broken)
    yield Diagnosis("grammars", "ok", f"{works} of {len(SYNTAXES)} work")
    if missing:
        yield Diagnosis(
            "grammars",
            "note",
            f"not installed, so split by patterns or indentation: {', '.join(missing)}",
            f"pip install 'codelode[{LANGUAGES}]', if you have code in these languages",
        )
    for names, what in ((absent, "missing"), (broken, "not usable with this tree-sitter")):
        if names:
            yield Diagnosis(
                "grammars",
                "problem",
                f"{what}: {', '.join(names)}",
                "pip install --force-reinstall codelode",
            )


def dependencies() -> Iterator[Diagnosis]:
    """Yield a finding about the packages that every installation needs."""
    needed = requirements().get("", [])
    missing = [each for each in needed if not is_installed(each)]
    if missing:
        remedy = "pip install --force-reinstall codelode"
        yield Diagnosis("packages", "problem", f"not installed: {', '.join(missing)}", remedy)
    elif needed:
        yield Diagnosis("packages", "ok", f"all {count(len(needed), 'dependency')} installed")


def requirements() -> dict[str, list[str]]:
    """Return the packages that each extra needs.

    An empty name stands for the packages that every installation needs. The result is empty if
    codelode runs from a folder without being installed.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    try:
        listed = metadata.requires("codelode") or []
    except metadata.PackageNotFoundError:
        return {}
    for line in listed:
        match = _REQUIREMENT.match(line.strip())
        if match:
            found[match[2] or ""].append(match[1])
    return dict(found)


def _has_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ImportError:
        return False


def is_installed(package: str) -> bool:
    """Return whether a package is installed, in any version."""
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True
