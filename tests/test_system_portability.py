"""Platform-specific calls are in one folder, and every module imports on any platform."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace

import mypy
import pytest

PACKAGE = Path(__file__).parent.parent / "src" / "codelode"
SOURCES = sorted(PACKAGE.rglob("*.py"))
STUBS = Path(mypy.__file__).parent / "typeshed/stdlib"
"""The type stubs that list the attributes of modules by system."""
PARTLY_POSIX = ("os", "signal", "select", "selectors", "socket", "_socket", "time", "errno")
SYSTEM_FOLDERS = ("/dev/", "/proc/", "/sys/")

POSIX_MODULES = {
    "crypt", "curses", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog",
    "termios", "tty",
}  # fmt: skip


def names_on(platform: str, body: Sequence[ast.stmt]) -> Iterator[str]:
    """Yield the names that a stub file defines on a platform."""
    system = SimpleNamespace(platform=platform, version_info=sys.version_info)
    for node in body:
        if isinstance(node, ast.If):
            code = compile(ast.Expression(node.test), "stub", "eval")
            yield from names_on(platform, node.body if eval(code, {"sys": system}) else node.orelse)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def missing_on_windows(module: str) -> set[str]:
    """Return the names of a module that Windows lacks."""
    file = STUBS / f"{module}.pyi"
    body = ast.parse((file if file.exists() else STUBS / module / "__init__.pyi").read_text()).body
    return set(names_on("linux", body)) - set(names_on("win32", body))


ABSENT = {module: missing_on_windows(module) for module in PARTLY_POSIX}
MISSING = ABSENT["os"]


def posix_only(source: str) -> Iterator[str]:
    """Yield the modules, their attributes and the paths that a source uses and Windows lacks."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ({alias.name for alias in node.names} & POSIX_MODULES)
        elif isinstance(node, ast.ImportFrom):
            yield from ({node.module or ""} & POSIX_MODULES)
            yield from ({alias.name for alias in node.names} & ABSENT.get(node.module or "", set()))
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.attr in ABSENT.get(node.value.id, ())
        ):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from [node.value] if node.value.startswith(SYSTEM_FOLDERS) else []


def test_the_scan_sees_what_it_should() -> None:
    assert {"fork", "nice", "sched_getaffinity", "O_NOFOLLOW", "sysconf", "pread"} <= MISSING
    assert not {"open", "fsync", "replace", "stat", "O_RDONLY", "getpid", "cpu_count"} & MISSING
    source = (
        "import fcntl, os\nfrom os import fork\nfrom pwd import x\ndef f(): os.nice(os.O_RDONLY)"
    )
    assert sorted(posix_only(source)) == ["fcntl", "fork", "nice", "pwd"]
    assert {"SIGKILL", "alarm"} <= ABSENT["signal"] and "SIGINT" not in ABSENT["signal"]
    source = "import select, socket\nselect.poll(socket.recv_fds, signal.SIGKILL, '/proc/self')"
    assert sorted(posix_only(source)) == ["/proc/self", "SIGKILL", "poll", "recv_fds"]


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_posix_calls_are_in_one_folder(file: Path) -> None:
    if file.parent.name != "system":
        source = file.read_text("utf-8")
        assert list(posix_only(source)) == []
        assert "cpu_count" not in source  # `available_cores` heeds the affinity


WINDOWS = """
import importlib, json, os, sys

modules, missing, absent = json.load(sys.stdin)
for name in modules:  # other packages are what they are
    importlib.import_module(name)
for name in [name for name in sys.modules if name.split(".")[0] == "codelode"]:
    del sys.modules[name]
for name in absent:
    sys.modules[name] = None  # a failing import
for name in missing:
    if hasattr(os, name):
        delattr(os, name)
for name in modules:
    importlib.import_module(name)
    print(name)
"""


def test_every_module_imports_without_what_windows_lacks() -> None:
    modules = [
        ".".join(("codelode", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(
            ".__init__"
        )
        for file in SOURCES
        if file.stem != "__main__"
    ]
    done = subprocess.run(
        [sys.executable, "-c", WINDOWS],
        input=json.dumps([modules, sorted(MISSING), sorted(POSIX_MODULES)]),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == modules
