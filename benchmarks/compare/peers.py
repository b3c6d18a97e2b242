"""The programs that codelode is compared with: found or brought, in a folder of their own.

semble comes from PyPI into a virtual environment of its own. Its embedding model is downloaded
from a model hub at first use, which these benchmarks never do: a model of the same shape with
random weights is made here, so speed and memory are its own and the quality of hits is not.
ripgrep is the one on the path, else Debian's package.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SEMBLE = "0.7.0"
DRIVER = Path(__file__).with_name("semble_driver.py")


@dataclass(frozen=True, slots=True)
class Semble:
    """semble in its environment, with the model made for one tree."""

    python: Path
    model: Path

    @property
    def command_line(self) -> Path:
        """Its own command."""
        return self.python.with_name("semble")

    def driver(self, *arguments: str) -> list[str]:
        """The command that runs `semble_driver.py`."""
        return [str(self.python), str(DRIVER), *arguments]

    def environment(self, cache: Path, workers: int) -> dict[str, str]:
        """Variables: which model, where the index lies, how many worker processes."""
        return {
            **os.environ,
            "SEMBLE_MODEL_NAME": str(self.model),
            "SEMBLE_CACHE_LOCATION": str(cache),
            "SEMBLE_INDEX_WORKERS": str(workers),
            "HF_HUB_OFFLINE": "1",
        }


def semble(folder: Path, root: Path, scratch: Path) -> Semble:
    """Install semble below `folder` if it is not there, and make a model for `root`."""
    python = folder / f"semble-{SEMBLE}" / "bin" / "python"
    if not python.exists():
        print(f"compare: installing semble {SEMBLE} below {folder}", file=sys.stderr)
        environment = python.parent.parent
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        pip: list[str | Path] = [
            python,
            "-m",
            "pip",
            "--quiet",
            "--disable-pip-version-check",
            "install",
        ]
        subprocess.run([*pip, f"semble=={SEMBLE}"], check=True, stdout=sys.stderr)
    found = Semble(python, scratch / "model")
    subprocess.run(found.driver("model", str(root), str(found.model)), check=True)
    return found


def ripgrep(folder: Path) -> Path | None:
    """The path of `rg`, or None if there is none and Debian's package cannot be had."""
    on_path = shutil.which("rg")
    if on_path is not None:
        return Path(on_path)
    brought = folder / "ripgrep" / "usr" / "bin" / "rg"
    if not brought.exists() and shutil.which("apt-get") and shutil.which("dpkg-deb"):
        print(f"compare: unpacking Debian's ripgrep below {folder}", file=sys.stderr)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            download = ["apt-get", "--quiet", "download", "ripgrep"]
            subprocess.run(download, cwd=scratch, check=True, stdout=sys.stderr)
            (package,) = Path(scratch).glob("*.deb")
            subprocess.run(["dpkg-deb", "-x", package, folder / "ripgrep"], check=True)
    return brought if brought.exists() else None


def version(command: Sequence[str | Path]) -> str:
    """The first line a program says about its version."""
    done = subprocess.run([*command, "--version"], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[0]
