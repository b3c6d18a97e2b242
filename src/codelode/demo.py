"""`make demo`: index Python's own standard library and run three searches.

It works on a copy without installed packages or byte code, in a temporary folder, and leaves
nothing behind.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sys
import sysconfig
import tempfile
from contextlib import chdir
from pathlib import Path

from codelode.cli import main as lode

QUERIES = (
    "parse an ini configuration file",
    "call a callback after a delay in the event loop",
    "compute a diff of two lists of lines",
)
_LEFT_OUT = shutil.ignore_patterns(
    "site-packages", "dist-packages", "__pycache__", "lib-dynload", "config-*"
)


def main() -> int:
    """Index the library and run the searches; return the exit code of the first failure."""
    with tempfile.TemporaryDirectory(prefix="lode-demo-") as folder:
        name = f"python-{platform.python_version()}"
        tree = Path(folder) / name
        shutil.copytree(sysconfig.get_path("stdlib"), tree, symlinks=True, ignore=_LEFT_OUT)
        os.environ["LODE_INDEX_DIR"] = str(Path(folder) / "index")
        print(f"The standard library of Python {platform.python_version()}, CPU only.")
        with chdir(tree):
            commands = [["index", "--stats"], *(["search", "-k", "3", query] for query in QUERIES)]
            return next(filter(None, map(_show, commands)), 0)


def _show(command: list[str]) -> int:
    print(f"\n$ lode {shlex.join(command)}", flush=True)
    return lode(command)


if __name__ == "__main__":
    sys.exit(main())
