"""The code has the structure that ARCHITECTURE.md draws, and no file or function grows too large.

The layers are read from the diagram in ARCHITECTURE.md; there is no second copy of them here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "codelode"
PAGE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40
MAX_PARAMETERS = 6


def module_name(file: Path) -> str:
    """Return the dotted name of a module file: `codelode.store` for `store/__init__.py`."""
    parts = ("codelode", *file.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts).removesuffix(".__init__")


FILES = {module_name(file): file for file in sorted(PACKAGE.rglob("*.py"))}


def short(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_bytes())


def docstrings(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every docstring, and every other string that stands alone as a statement."""
    for child in ast.walk(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            yield child.value


def imported(syntax: ast.Module) -> Iterator[str]:
    """Yield the codelode modules that a module imports, in functions and for typing too.

    A string that is the name of a module counts as an import: that is how a child process or a
    command is started. The string "codelode" alone does not: it is the name of the program.
    """
    prose = set(docstrings(syntax))
    for node in ast.walk(syntax):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            module = node.module or ""
            if module.split(".")[0] == "codelode":
                for alias in node.names:
                    name = f"{module}.{alias.name}"
                    yield name if name in FILES else module
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
            yield from (name for name in names if name.split(".")[0] == "codelode")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            words = re.findall(r"codelode(?:\.\w+)+", node.value)
            yield from (word for word in words if word in FILES)


GRAPH = {name: set(imported(tree(file))) - {name} for name, file in FILES.items()}


def layers(page: str) -> dict[str, int]:
    """Return the level of each folder or module in the diagram under "The layers", bottom up."""
    diagram = page.partition("## The layers")[2].split("```")[1]
    rows = [re.split(r"\s{3,}", line)[0].split() for line in diagram.strip().splitlines()]
    return {stage: level for level, stages in enumerate(rows) for stage in stages}


LEVELS = layers(PAGE)


def entry_of(module: str) -> str:
    """Return the entry of the diagram that has a module: `store` for `codelode.store.lock`."""
    return module.split(".")[1] if "." in module else module


def test_every_entry_is_in_the_diagram() -> None:
    assert {entry_of(name) for name in FILES} == set(LEVELS)


@pytest.mark.parametrize("name", FILES)
def test_imports_point_downwards(name: str) -> None:
    stage = entry_of(name)
    for target in GRAPH[name]:
        below = entry_of(target)
        assert below in LEVELS, f"{name} imports {target}, which has no layer"
        assert below == stage or LEVELS[below] < LEVELS[stage], f"{name} imports {target}"


@pytest.mark.parametrize("name", FILES)
def test_only_system_imports_platform_specific_modules(name: str) -> None:
    names = {
        alias.name
        for node in ast.walk(tree(FILES[name]))
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert entry_of(name) == "system" or not names & {"fcntl", "mmap"}


def cycles(graph: dict[str, set[str]]) -> set[frozenset[str]]:
    """Return cycles of the import graph: one for each group of modules that import each other."""
    graph = {name: set(targets) for name, targets in graph.items()}
    found = set()
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            loop = error.args[1]  # each is imported by the next; the first is repeated at the end
            found.add(frozenset(loop))
            graph[loop[1]].discard(loop[0])
        else:
            return found


def test_modules_do_not_import_each_other() -> None:
    assert cycles(GRAPH) == set()


def sections(page: str) -> dict[str, set[str]]:
    """Return the modules that the page lists, for each folder that has a heading."""
    chapter = page.partition("## The modules")[2].partition("\n## ")[0]
    listed: dict[str, set[str]] = {}
    for section in chapter.split("\n### ")[1:]:
        folder = re.findall(r"`([^`]*)/`", section.splitlines()[0])[0].removeprefix("codelode")
        names: set[str] = set()
        for item in re.findall(r"^- ((?:`\w+`,?\s+)*`\w+`)(?::|$)", section, re.MULTILINE):
            names.update(re.findall(r"`(\w+)`", item))
        listed[folder] = names
    return listed


def test_every_module_is_described() -> None:
    described = {
        f"{folder}/{name}".lstrip("/") for folder, names in sections(PAGE).items() for name in names
    }
    packages = {short(file.parent) for file in FILES.values() if file.name == "__init__.py"} - {"."}
    modules = {short(file.with_suffix("")) for file in FILES.values() if file.stem != "__init__"}
    assert described == modules
    assert set(sections(PAGE)) - {""} == packages


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many parameters a call may give, `self` and `cls` not counted."""
    signature = function.args
    names = [a.arg for a in [*signature.posonlyargs, *signature.args, *signature.kwonlyargs]]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def gives_a_reason(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether the docstring says why there are so many parameters."""
    return bool(re.search(r"\bparameters?\b.*\bbecause\b", ast.get_docstring(function) or "", re.S))


def type_ignores(file: Path) -> int:
    return len(re.findall(r"#\s*type:\s*ignore", file.read_text("utf-8")))


def test_files_are_short() -> None:
    lengths = {short(file): len(file.read_bytes().splitlines()) for file in FILES.values()}
    assert {name for name, lines in lengths.items() if lines > MAX_FILE_LINES} == set()


def test_functions_fit_a_screen() -> None:
    long = {
        f"{short(file)}: {function.name}"
        for file in FILES.values()
        for function in functions(file)
        if length(function) > MAX_FUNCTION_LINES
    }
    assert long == set()


def test_many_parameters_have_a_reason() -> None:
    many = {
        f"{short(file)}: {function.name}"
        for file in FILES.values()
        for function in functions(file)
        if parameters(function) > MAX_PARAMETERS and not gives_a_reason(function)
    }
    assert many == set()


def test_no_type_is_ignored() -> None:
    assert [short(file) for file in FILES.values() if type_ignores(file)] == []


def test_home_folders_are_looked_up_in_one_place() -> None:
    """`Path.home` and `Path.expanduser` raise a `RuntimeError`: users would see a traceback."""
    callers = {
        short(file)
        for file in FILES.values()
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Attribute)
        if ast.unparse(node) == "Path.home"
        or (node.attr == "expanduser" and ast.unparse(node) != "os.path.expanduser")
    }
    catching = {"answers/large_tree.py", "discover/git_config.py", "store/locate.py"}
    assert callers == {"arguments.py"} | catching


def is_empty(value: ast.expr) -> bool:
    """Return whether an argument is written as zero, None, False or an empty text or container."""
    if isinstance(value, ast.Constant):
        return not value.value
    return (isinstance(value, ast.Tuple | ast.List) and not value.elts) or (
        isinstance(value, ast.Dict) and not value.keys
    )


def made_of_nothing(syntax: ast.Module, classes: set[str]) -> Iterator[str]:
    """Yield the calls of `classes` that have several empty values by position: hard to read."""
    for node in ast.walk(syntax):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in classes
            and sum(map(is_empty, node.args)) > 1
        ):
            yield ast.unparse(node)


def test_empty_values_are_given_by_keyword() -> None:
    classes = {
        node.name
        for file in FILES.values()
        for node in ast.walk(tree(file))
        if isinstance(node, ast.ClassDef)
    }
    calls = {short(file): list(made_of_nothing(tree(file), classes)) for file in FILES.values()}
    assert {name: found for name, found in calls.items() if found} == {}


CALLED_BY_BASES = {"_check_value", "redirect_request"}
"""Methods that argparse and urllib call."""


def declared(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the names of functions, classes and methods, but not those that Python calls."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not node.name.startswith("__"):
                yield node.name
            if isinstance(node, ast.ClassDef):
                yield from declared(node.body)


def used(syntax: ast.Module) -> Iterator[str]:
    """Yield the names that a module reads or imports, also in strings that consist of names."""
    prose = set(docstrings(syntax))
    for node in ast.walk(syntax):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            yield from node.value.split() if re.fullmatch(r"[\w ]+", node.value) else ()


def test_everything_is_used_by_the_package_itself() -> None:
    """What only tests, benchmarks or training use has its place there."""
    everywhere = {name for file in FILES.values() for name in used(tree(file))}
    unused = {
        f"{short(file)}: {name}"
        for file in FILES.values()
        for name in declared(tree(file).body)
        if name not in everywhere | CALLED_BY_BASES
    }
    assert unused == set()


# Tests of the checks above.


def test_all_kinds_of_imports_are_seen() -> None:
    source = (
        '"""Not an import: codelode.bench.report."""\n'
        "from typing import TYPE_CHECKING\n"
        "from codelode import __version__, errors\n"
        "import codelode.cli.entry\n"
        "import numpy.random\n"
        "if TYPE_CHECKING:\n"
        "    from codelode.store.lock import write_lock\n"
        "def late():\n"
        "    from codelode.search import rank\n"
        "COMMAND = ['-m', 'codelode.pipeline.worker']\n"
        "OTHER = 'python -m codelode.demo'\n"
        "PROGRAM = 'codelode'\n"
    )
    assert set(imported(ast.parse(source))) == {
        "codelode",
        "codelode.errors",
        "codelode.cli.entry",
        "codelode.store.lock",
        "codelode.search.rank",
        "codelode.pipeline.worker",
        "codelode.demo",
    }


def test_layers_are_read_from_the_diagram() -> None:
    page = "## The layers\nText.\n\n```\na  b    the lowest\nc        above\n```\n"
    assert layers(page) == {"a": 0, "b": 0, "c": 1}


def test_cycles_are_found() -> None:
    loop = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}
    assert cycles(loop) == {frozenset("abc")}
    assert cycles({"a": {"b"}, "b": {"c"}, "c": set()}) == set()


def test_modules_are_read_from_the_page() -> None:
    page = "## The modules\n\n### The root: `codelode/`\n\n- `a`: text with `b`.\n\n"
    page += "### `x/`: things\n\nText, `y`.\n\n- `c`, `d`,\n  `e`: text.\n\n## Next\n- `f`: no.\n"
    assert sections(page) == {"": {"a"}, "x": {"c", "d", "e"}}


def test_empty_values_are_seen() -> None:
    syntax = ast.parse("A(0, '', x)\nA(0, x, y=())\nA([], None)\nf(0, 0)\nA((), {1: 2}, 1)")
    assert list(made_of_nothing(syntax, {"A"})) == ["A(0, '', x)", "A([], None)"]


def test_unused_names_are_seen() -> None:
    source = (
        "from x import taken\n"
        "class Used:\n    def __len__(self): ...\n    def idle(self): ...\n"
        "    def named(self): 'idle'\n"
        "def alone(): return Used().called, 'named by text', 'not: alone'\n"
    )
    syntax = ast.parse(source)
    assert list(declared(syntax.body)) == ["Used", "idle", "named", "alone"]
    assert set(declared(syntax.body)) - set(used(syntax)) == {"idle", "alone"}


def test_large_functions_are_measured() -> None:
    source = "def f(self, a, *, b):\n    '''Two parameters, because.'''\n    return 1\n"
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    assert (length(function), parameters(function), gives_a_reason(function)) == (3, 2, True)
