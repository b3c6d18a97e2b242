"""Lower layers never import higher ones, and stages of one layer never import each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "codelode"

LAYERS = (  # bottom up; ARCHITECTURE.md draws the same
    {"errors", "lru", "report"},
    {"system", "text"},
    {"types"},
    {"chunk", "discover", "embed", "metrics", "render", "segment"},
    {"store"},
    {"pipeline", "search"},
    {"reader"},
    {"serving"},
    {"index", "progress"},
    {"codelode"},  # the package itself: what users import
    {"bench"},
    {"answers"},
    {"cli"},
    {"__main__", "demo"},
)
LEVELS = {stage: level for level, stages in enumerate(LAYERS) for stage in stages}


def stage_of(module: str) -> str:
    """`codelode.store.lock` belongs to the stage `store`; `codelode` is one of its own."""
    return module.split(".")[1] if "." in module else module


def imported(file: Path) -> Iterator[str]:
    """Stages that a file imports, under TYPE_CHECKING and in functions too."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            module = node.module or ""
            if module == "codelode":  # `from codelode import cli` names a stage
                names = [alias.name for alias in node.names]
                yield from (name if name in LEVELS else "codelode" for name in names)
            elif module.startswith("codelode."):
                yield stage_of(module)
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            yield from (stage_of(name) for name in names if name.split(".")[0] == "codelode")


def stage_of_file(file: Path) -> str:
    first = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "codelode" if first == "__init__" else first


SOURCES = sorted(PACKAGE.rglob("*.py"))


def test_every_module_has_its_layer() -> None:
    assert {stage_of_file(file) for file in SOURCES} == set(LEVELS)


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_point_downwards(file: Path) -> None:
    stage = stage_of_file(file)
    for target in imported(file):
        assert target in LEVELS, f"{file}: imports {target}, which has no layer"
        assert target == stage or LEVELS[target] < LEVELS[stage], f"{stage} imports {target}"


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_only_system_imports_what_not_every_system_has(file: Path) -> None:
    names = {
        alias.name
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert stage_of_file(file) == "system" or not names & {"fcntl", "mmap"}


def test_the_test_sees_all_kinds_of_imports(tmp_path: Path) -> None:
    source = tmp_path / "sample.py"
    source.write_text(
        "from typing import TYPE_CHECKING\n"
        "from codelode import __version__, errors\n"
        "import codelode.cli.entry\n"
        "import numpy.random\n"
        "if TYPE_CHECKING:\n"
        "    from codelode.store.lock import write_lock\n"
        "def late():\n"
        "    from codelode.search import query\n"
    )
    assert sorted(imported(source)) == ["cli", "codelode", "errors", "search", "store"]
