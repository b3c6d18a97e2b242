"""Find or install the programs that codelode is compared with, in a folder of their own.

semble comes from PyPI into its own virtual environment. It downloads its embedding model from a
model hub at first use; these benchmarks never download it. Instead, this module makes a model of
the same shape with random weights: its speed and memory are representative, the quality of its hits
is not. ripgrep is the one on the PATH, or else Debian's package.
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
    """An installed semble: the Python of its virtual environment, and a model made for one tree."""

    python: Path
    model: Path

    @property
    def command_line(self) -> Path:
        """Return the path of semble's command."""
        return self.python.with_name("semble")

    def driver(self, *arguments: str) -> list[str]:
        """Return the command that runs `semble_driver.py`."""
        return [str(self.python), str(DRIVER), *arguments]

    def environment(self, cache: Path, workers: int) -> dict[str, str]:
        """Return the variables that set the model, the index folder and the number of workers."""
        return {
            **os.environ,
            "SEMBLE_MODEL_NAME": str(self.model),
            "SEMBLE_CACHE_LOCATION": str(cache),
            "SEMBLE_INDEX_WORKERS": str(workers),
            "HF_HUB_OFFLINE": "1",
        }


def semble(folder: Path, root: Path, scratch: Path) -> Semble:
    """Install semble below `folder` if it is missing, and make a model for `root`."""
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
    """Return the path of `rg`, or None if it is missing and Debian's package is unavailable."""
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
    """Return the first line of a program's `--version` output."""
    done = subprocess.run([*command, "--version"], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()[0]
