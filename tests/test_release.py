"""The published files: the sdist is complete, and the wheel made from it works once installed.

Run by `make test-release`. Everything is built and installed as users do it, in fresh environments.
"""

from __future__ import annotations

import email
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import codelode
from tests.commandline import SAMPLE, write_tree

if "TEST_RELEASE" not in os.environ:
    pytest.skip("takes a minute: run `make test-release`", allow_module_level=True)

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """Run a command that must succeed, and return its output."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("LODE_") and name not in ("PYTHONPATH", "VIRTUAL_ENV")
    }
    certificates = {"SSL_CERT_FILE": inherited["PIP_CERT"]} if "PIP_CERT" in inherited else {}
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**inherited, **certificates, "PYTHONUTF8": "1", **variables},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a folder with the sdist, and the wheel that was made from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def unpacked(built: Path) -> Path:
    """Return the folder of the unpacked sdist."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(built / "sdist", filter="data")
    (folder,) = (built / "sdist").iterdir()
    return folder


def test_the_sdist_has_every_file_of_the_repository(unpacked: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    tracked = set(run("git", "ls-files", "-z", cwd=ROOT).split("\0")) - {""}
    found = {
        path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()
    }
    assert tracked - found == set()
    assert found - tracked <= {"PKG-INFO"}


def test_tests_run_in_the_sdist(unpacked: Path, tmp_path: Path) -> None:
    chosen = ["tests/test_text_tokens.py", "tests/test_index.py", "tests/test_architecture.py"]
    options = ("-q", "-p", "no:cacheprovider", "--basetemp", tmp_path / "pytest")
    source = str(unpacked / "src")
    run(sys.executable, "-m", "pytest", *options, *chosen, cwd=unpacked, PYTHONPATH=source)


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path, unpacked: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    package = unpacked / "src"
    expected = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    metadata = {name for name in names if name.split("/")[0].endswith(".dist-info")}
    assert names - metadata == expected
    assert any(name.endswith("licenses/LICENSE") for name in metadata)


def test_there_is_one_version(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = email.message_from_bytes(archive.read(name))
    assert metadata["Version"] == codelode.__version__
    assert wheel.name.startswith(f"codelode-{codelode.__version__}-py3-none-any")
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Description-Content-Type"] == "text/markdown"


def try_out(lode: Path, folder: Path) -> None:
    """Use an installed `lode` as a new user would."""
    home, tree = folder / "home", write_tree(folder / "tree", SAMPLE)
    home.mkdir()

    def ask(*arguments: str) -> str:
        places = {"HOME": str(home), "XDG_CACHE_HOME": "", "XDG_CONFIG_HOME": ""}
        return run(lode, *arguments, cwd=tree, **places)

    assert ask("--version") == f"lode {codelode.__version__}\n"
    assert ask("index").startswith("5 files, ")
    assert "RetryScheduler.schedule" in ask("search", "exponential backoff with jitter")
    assert "class RetryScheduler" in ask("search", "-F", "class RetryScheduler")
    assert "no problems found" in ask("doctor", "--deep")
    assert ask("completion", "bash").endswith("complete -F _lode lode\n")
    assert str(tree) in ask("list")


def test_pip_installs_it(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    programs = tmp_path / "venv" / "bin"
    run(programs / "python", "-m", "pip", "install", "--quiet", wheel, cwd=tmp_path)
    run(programs / "python", "-m", "pip", "check", cwd=tmp_path)
    try_out(programs / "lode", tmp_path)
    code = "import codelode as c; i = c.Index.open('tree'); i.update(); print(i.search('retry')[0])"
    found = run(programs / "python", "-c", code, cwd=tmp_path, XDG_CACHE_HOME=str(tmp_path))
    assert found.startswith("<Hit src/retry.py:")


def test_pipx_installs_it(wheel: Path, tmp_path: Path) -> None:
    pytest.importorskip("pipx", reason="pipx is not installed")
    places = {"PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    run(sys.executable, "-m", "pipx", "install", wheel, cwd=tmp_path, **places)
    try_out(tmp_path / "bin" / "lode", tmp_path)


def test_uv_installs_it(wheel: Path, tmp_path: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        pytest.skip("uv is not installed")
    places = {
        "UV_TOOL_DIR": str(tmp_path / "uv"),
        "UV_TOOL_BIN_DIR": str(tmp_path / "bin"),
        "UV_PYTHON_DOWNLOADS": "never",
    }
    run(uv, "tool", "install", "--python", sys.executable, wheel, cwd=tmp_path, **places)
    try_out(tmp_path / "bin" / "lode", tmp_path)
