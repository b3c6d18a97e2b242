"""Texts that hold code of other languages: components, pages, templates, documents, notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from codelode.chunk.hosts import documents, headings, notebooks, pages, templates
from codelode.chunk.hosts.model import Host, Region

HOSTS: Mapping[str, Host] = MappingProxyType(
    {
        "asciidoc": Host(documents.listings, illustrates=True),
        "aspx": Host(pages.asp),
        "astro": Host(pages.astro),
        "handlebars": Host(pages.page, templates.mustaches),
        "heex": Host(pages.page),
        "html": Host(pages.page, templates.any_template),
        "jinja": Host(pages.page, templates.jinja),
        "jsp": Host(pages.jsp),
        "jupyter": Host(notebooks.cells, cuts=notebooks.cell_cuts, long_lines=True),
        "literate-haskell": Host(documents.literate),
        "markdown": Host(documents.fences, cuts=headings.heading_cuts, illustrates=True),
        "org": Host(documents.source_blocks, illustrates=True),
        "php": Host(pages.php),
        "razor": Host(pages.razor),
        "rst": Host(documents.directives, illustrates=True),
        "svelte": Host(pages.components, templates.svelte),
        "template": Host(pages.template, templates.any_template),
        "vue": Host(pages.components),
    }
)
"""By language, or by the name that `host_name` gives."""


def host_name(language: str | None, path: str) -> str | None:
    """Return the host's name if the path, not the language, makes a file a host; else None."""
    return "literate-haskell" if language == "haskell" and path.endswith(".lhs") else None


__all__ = ["HOSTS", "Host", "Region", "host_name"]
