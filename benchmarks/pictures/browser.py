"""Screenshots of the page, in headless Chromium."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from benchmarks.pictures.terminal import LODE

QUERY = "parse an ini configuration file"
COLORS = 192
"""A screenshot of text has few colors: a palette makes the file a third as large."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A screenshot: its file, the address, the text to type, and how the browser shows the page.

    The picture is taken once the page has an element that the selector `wait_for` matches.
    """

    name: str
    address: str = "/"
    typed: str = ""
    size: tuple[int, int] = (1200, 760)
    scheme: str = "dark"
    scale: float = 1.0
    wait_for: str = "mark"


SHOTS = (
    Shot("page.png", typed=QUERY),
    Shot("page-light.png", f"/?q={QUERY} path:*.py -path:idlelib/", scheme="light"),
    Shot("page-phone.png", typed=QUERY, size=(390, 844), scheme="light", scale=2.0),
    Shot("page-file.png", "/file/configparser.py?q=read+ini+configuration#L694", scheme="light"),
    Shot("page-status.png", "/status", size=(1200, 930), wait_for=".plot"),
)


def page_pictures(
    tree: Path, environment: dict[str, str], figures: Path
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the PNG of each screenshot. `figures` is the output of `lode bench`."""
    with serving(tree, environment, figures) as url, sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for shot in (Shot("warm-up", typed="warm"), *SHOTS):
            page = browser.new_page(
                viewport={"width": shot.size[0], "height": shot.size[1]},
                color_scheme=shot.scheme,
                device_scale_factor=shot.scale,
            )
            page.goto(url.rstrip("/") + shot.address)
            if shot.typed:
                page.keyboard.type(shot.typed, delay=20)  # the field has the focus
            page.wait_for_selector(shot.wait_for)
            page.wait_for_timeout(1000)
            if shot.name.endswith(".png"):
                yield shot.name, with_palette(page.screenshot())
            page.close()
        browser.close()


def with_palette(picture: bytes) -> bytes:
    """Return a PNG with at most `COLORS` colors."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    reduced = image.quantize(COLORS, dither=Image.Dither.NONE)
    written = BytesIO()
    reduced.save(written, "PNG", optimize=True)
    return written.getvalue()


@contextmanager
def serving(tree: Path, environment: dict[str, str], figures: Path) -> Iterator[str]:
    """Serve the page of a tree, and yield its address."""
    server = subprocess.Popen(
        [*LODE, "serve", "--port", "0", "--bench", figures],
        cwd=tree,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr
        yield next(found[0] for line in server.stderr if (found := re.search(r"http://\S+", line)))
    finally:
        server.terminate()
        server.wait()
