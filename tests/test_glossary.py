"""The glossary and the code use the same words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "codelode"
PAGE = (ROOT / "docs/glossary.md").read_text("utf-8")


def rows(page: str) -> list[list[str]]:
    """Return the cells of every table row, except header rows and separators."""
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] not in ("term", "not the module", "not the word")]


TERMS, MODULES, WORDS = (
    rows(part) for part in re.split(r"## Replaced words|^\| not the word", PAGE, flags=re.MULTILINE)
)


def exists(name: str) -> bool:
    """Return whether a name below `codelode` is a module or defined at the top of one."""
    path = PACKAGE / name.replace(".", "/")
    if path.with_suffix(".py").is_file() or path.is_dir():
        return True
    module, _, last = name.rpartition(".")
    file = PACKAGE / f"{module.replace('.', '/')}.py"
    return file.is_file() and last in set(defined(ast.parse(file.read_bytes()).body))


def defined(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the names that statements define."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def identifiers(file: Path) -> Iterator[str]:
    """Yield the names that a file gives to functions, classes, parameters, variables, fields."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def words(identifier: str) -> set[str]:
    """Return the words of an identifier in lower case and without a plural s."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)
    return {part.lower().removesuffix("s") for part in parts}


def replaced(table: list[list[str]]) -> set[str]:
    """Return the names in the first column of a table."""
    return {name for row in table for name in re.findall(r"`([\w/]+)`", row[0])}


def test_terms_are_in_alphabetical_order_and_have_a_meaning() -> None:
    names = [row[0].strip("*").lower() for row in TERMS]
    assert names == sorted(names)
    assert len(names) == len(set(names))
    assert all(row[1] for row in TERMS)


def test_what_the_glossary_names_exists() -> None:
    named = [name for row in TERMS for name in re.findall(r"`([\w.]+)`", row[2])]
    assert len(named) > 20
    assert [name for name in named if not exists(name)] == []


def test_replaced_words_do_not_come_back() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    modules = {file.relative_to(PACKAGE).with_suffix("").as_posix() for file in files}
    assert modules & replaced(MODULES) == set()
    banned = {word.removesuffix("s") for word in replaced(WORDS)}
    assert banned >= {"question", "tongue"}
    assert replaced(MODULES) >= {"frames", "search/turns"}
    found = {
        f"{file.relative_to(PACKAGE).as_posix()}: {name}"
        for file in files
        for name in [file.stem, *identifiers(file)]
        if words(name) & banned
    }
    assert found == set()


def test_the_test_sees_what_it_looks_for(tmp_path: Path) -> None:
    assert exists("search.rank")
    assert exists("types.Hit")
    assert exists("store")
    assert not exists("types.Nothing")
    assert not exists("search.nothing")
    sample = tmp_path / "sample.py"
    sample.write_text("class Signals:\n    def f(self, question):\n        self.tongue = x = 1\n")
    assert set(identifiers(sample)) == {"Signals", "f", "self", "question", "tongue", "x"}
    assert words("HTTPSignals_of") == {"http", "signal", "of"}
