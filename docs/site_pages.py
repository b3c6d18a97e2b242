"""A hook of mkdocs: pages of the site that lie outside of docs/, and links between all of them.

The README is the first page. Links to folders and source files, which the site does not have,
become plain text.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
PAGES = {  # by the path in the repository: the path in the site
    "README.md": "index.md",
    **{
        path: path
        for path in (
            "ARCHITECTURE.md",
            "CONTRIBUTING.md",
            "CHANGELOG.md",
            "benchmarks/README.md",
            "benchmarks/quality/README.md",
            "benchmarks/quality/mixed.md",
            "benchmarks/quality/traces.md",
            "training/README.md",
        )
    },
}
SOURCES = {site: path for path, site in PAGES.items()}
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages outside of docs/."""
    for path, site in PAGES.items():
        text = (ROOT / path).read_text("utf-8")
        files.append(File.generated(config, site, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links between places in the repository into links between pages of the site."""
    here = page.file.src_uri
    source = SOURCES.get(here, f"docs/{here}")

    def moved(match: re.Match[str]) -> str:
        image, text, address = match.groups()
        path, hash_sign, anchor = address.partition("#")
        if not path or re.match(r"[a-z]+:", address):
            return match[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        site = PAGES.get(target, target.removeprefix("docs/"))
        if files.get_file_from_path(site) is None:
            if not (ROOT / target).exists():
                return match[0]  # a dead link: mkdocs reports it
            return text
        relative = posixpath.relpath(site, posixpath.dirname(here) or ".")
        return f"{image}[{text}]({relative}{hash_sign}{anchor})"

    return LINK.sub(moved, markdown)
