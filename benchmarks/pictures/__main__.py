"""Draw the pictures of README.md and docs/ from the real program.

They show the command line, the picker and the page, over a copy of the standard library of the
Python that runs this. The page needs Chromium (Debian: apt-get install chromium), Playwright
(make test-browser) and Pillow (make benchmarks).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path

from benchmarks.pictures.browser import page_pictures
from benchmarks.pictures.terminal import LODE, ROWS, WIDTH, picker_picture, terminal_picture

LEFT_OUT = shutil.ignore_patterns(
    "site-packages", "dist-packages", "__pycache__", "lib-dynload", "config-*", "test"
)


def main() -> None:
    """Draw all pictures into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="the folder")
    out = parser.parse_args().out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lode-pictures-") as folder:
        tree = Path(folder) / "python"
        shutil.copytree(sysconfig.get_path("stdlib"), tree, symlinks=True, ignore=LEFT_OUT)
        environment = os.environ | {
            "LODE_INDEX_DIR": f"{folder}/index",
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "COLUMNS": str(WIDTH),
            "LINES": str(ROWS),
        }
        environment.pop("NO_COLOR", None)
        (out / "terminal.svg").write_text(terminal_picture(tree, environment), "utf-8")
        (out / "pick.svg").write_text(picker_picture(tree, environment), "utf-8")
        figures = Path(folder) / "figures.json"
        with figures.open("wb") as file:
            subprocess.run(
                [*LODE, "bench", "--json"], cwd=tree, env=environment, stdout=file, check=True
            )
        for name, picture in page_pictures(tree, environment, figures):
            (out / name).write_bytes(picture)


if __name__ == "__main__":
    main()
