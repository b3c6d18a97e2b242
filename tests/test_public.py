"""The public interface: exported names, the cost of importing, and docs/api.md."""

from __future__ import annotations

import dataclasses
import enum
import re
import subprocess
import sys
from pathlib import Path

import pytest

import codelode
from tests.public_surface import INTERNAL, METRICS, fields, members, surface

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/api.md").read_text("utf-8")
TYPES = {
    name: kind for name in codelode.__all__ if isinstance(kind := getattr(codelode, name), type)
}


def section(name: str) -> str:
    """Return the paragraph and the table that describe a type."""
    start = re.search(rf"^(?:\*\*`{name}`|#+ `{name}`)", PAGE, re.MULTILINE)
    assert start, f"docs/api.md does not describe {name}"
    rest = PAGE[start.end() :]
    end = re.search(r"^(?:\*\*`|#)", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def test_names_and_signatures_change_only_on_purpose() -> None:
    """If this fails, run `python -m tests.public_surface > tests/public_surface.txt`.

    Describe the change in CHANGELOG.md.
    """
    assert surface() == (ROOT / "tests/public_surface.txt").read_text("utf-8")


def test_every_name_is_listed_and_unknown_names_are_refused() -> None:
    assert set(codelode.__all__) <= set(dir(codelode))
    with pytest.raises(AttributeError, match="no attribute 'IndexReader'"):
        codelode.IndexReader  # type: ignore[attr-defined]  # noqa: B018


def test_importing_codelode_imports_nothing_else() -> None:
    code = "import sys, codelode; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = done.stdout.split()
    assert [name for name in modules if name.startswith("codelode")] == ["codelode"]
    assert "numpy" not in modules


def test_errors_are_importable_without_numpy() -> None:
    code = "import sys; from codelode import CodelodeError, NoIndexError; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "numpy" not in done.stdout.split()


def test_a_hit_is_shown_by_its_place() -> None:
    hit = codelode.Hit("a.py", 3, 3, 5, 0.25, "text", "python", "f", "function")
    assert repr(hit) == "<Hit a.py:3 f (function) score=0.250>"
    nameless = codelode.Hit("b", 1, 1, 1, -1.0, "text", None, None, stale=True)
    assert repr(nameless) == "<Hit b:1 score=-1.000 stale>"


@pytest.mark.parametrize("name", TYPES)
def test_every_type_is_described_with_its_fields(name: str) -> None:
    kind = TYPES[name]
    if name in ("Index", "RosterReader") or issubclass(kind, Exception):
        assert re.search(rf"\b{name}\b", PAGE)
        return
    text = section(name)
    if issubclass(kind, enum.Enum):
        named = [member.name for member in kind]
    elif dataclasses.is_dataclass(kind):
        named = fields(kind)
    else:
        named = [member for member, _ in members(kind)]
    missing = [field for field in named if not re.search(rf"`{field}\b", text)]
    assert not missing, f"docs/api.md does not describe {missing} of {name}"


def test_every_method_and_parameter_of_a_roster_reader_is_described() -> None:
    text = section("RosterReader")
    text += PAGE[PAGE.index(text) :].partition("\n## ")[0]
    described = surface().partition("class RosterReader(")[2].partition("\nclass ")[0]
    own = re.search(r"^    open .*?(?=^    \w)", described, re.MULTILINE | re.DOTALL)
    assert own
    for name in [name for name, _ in members(codelode.RosterReader)]:
        assert re.search(rf"`{name}\b|\.{name}\(", text), name
    for parameter in re.findall(r"^ {8}(\w+):", own[0], re.MULTILINE):
        assert f"`{parameter}`" in text, parameter


def test_every_method_of_an_index_is_described() -> None:
    for name, _ in members(codelode.Index):
        assert re.search(rf"`(?:Index|index)\.{name}\b", PAGE) or name in INTERNAL, name


def test_every_parameter_of_an_index_is_described() -> None:
    text = surface().partition("class Index(")[2].partition("\nclass ")[0]
    for parameter in re.findall(r"^ {8}(?:\*, )?(\w+):", text, re.MULTILINE):
        assert re.search(rf"`{parameter}`|[(, ]{parameter}[=,)]", PAGE), parameter


def test_metrics_are_described() -> None:
    assert all(f"`codelode.metrics.{name}(" in PAGE for name in METRICS)


def test_the_tree_of_errors_is_that_of_the_code() -> None:
    tree = re.search(r"^CodelodeError\n(?:[├└│ ].*\n)+", PAGE, re.MULTILINE)
    assert tree
    from codelode import errors

    assert errors.__doc__ is not None
    assert tree[0] in errors.__doc__
    parents = {0: "CodelodeError"}
    for line in tree[0].splitlines()[1:]:
        branch = re.match(r"([│├└─ ]+)(\w+)", line)
        assert branch
        depth = len(branch[1]) // 4
        assert TYPES[branch[2]].__bases__[0].__name__ == parents[depth - 1], branch[2]
        parents[depth] = branch[2]
    drawn = set(re.findall(r"\w+Error", tree[0]))
    assert drawn == {name for name, kind in TYPES.items() if issubclass(kind, Exception)}
