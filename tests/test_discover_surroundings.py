"""Users without a home, caches in odd places: the command works, or says what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from codelode.errors import UsageError
from codelode.store import locate
from codelode.system.own_folder import own_temporary_folder

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def lode(
    arguments: list[str], environment: dict[str, str], cwd: Path, user: int | None = None
) -> subprocess.CompletedProcess[bytes]:
    program = "import os, sys\n"
    if user is not None:
        program += f"os.setgid({user}); os.setuid({user})\n"
    program += "from codelode.cli import main\nsys.exit(main(sys.argv[1:]))\n"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], env=environment, cwd=cwd, capture_output=True
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "a.py").write_text("def retry():\n    pass\n")
    return tmp_path / "tree"


def test_a_relative_cache_does_not_count(tree: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": "cache", "HOME": str(tmp_path / "home")}
    environment.pop("LODE_INDEX_DIR", None)
    assert lode(["index", str(tree)], environment, tmp_path).returncode == 0
    assert (tmp_path / "home" / ".cache" / "codelode").is_dir()
    assert not (tmp_path / "cache").exists()
    done = lode(["search", "retry", str(tree), "--json"], environment, tree)
    assert json.loads(done.stdout)["hits"]


@ROOT_ONLY
def test_without_home_and_name(tree: Path, tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    temporary.chmod(0o1777)
    for folder in (tmp_path, *tmp_path.parents):
        if folder != Path("/") and folder.stat().st_mode & 0o005 != 0o005:
            pytest.skip("the temporary folder is closed to others")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("HOME", "XDG_CACHE_HOME", "LODE_INDEX_DIR")
    }
    environment["TMPDIR"] = str(temporary)
    done = lode(["search", "retry", str(tree), "--json"], environment, tmp_path, user=54321)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)
    assert json.loads(done.stdout)["hits"]
    (kept,) = temporary.iterdir()
    assert (kept.name, kept.stat().st_mode & 0o777) == ("codelode-54321", 0o700)


def test_a_folder_that_others_can_write_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_home() -> Path:
        raise RuntimeError

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    folder = tmp_path / f"codelode-{os.getuid()}"
    assert own_temporary_folder() == folder
    folder.chmod(0o777)
    with pytest.raises(UsageError, match="not a folder of yours alone"):
        locate.index_folder()
    folder.rmdir()
    folder.symlink_to("/etc")
    with pytest.raises(UsageError, match="not a folder of yours alone"):
        locate.index_folder()
