"""The frame of every view: the HTML head, the search field, and the state of the indexes."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from urllib.parse import urlencode

from codelode.page.markup import Child, Markup, document, join, tag

ASSETS = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""The files that the page loads, all from this server."""


@cache
def asset(name: str) -> bytes:
    """Return the content of an asset."""
    return files("codelode.page").joinpath("assets", name).read_bytes()


@cache
def asset_url(name: str) -> str:
    """Return the address of an asset, which changes with its content."""
    digest = hashlib.sha256(asset(name)).hexdigest()[:12]
    return f"/assets/{digest}/{name}"


def search_url(query: str, **options: str | int) -> str:
    """Return the address of the results of a query."""
    return f"/?{urlencode({'q': query, **options}, errors='replace')}"


def view(title: str, query: str, main: Child, summary: str, kind: str) -> Markup:
    """Return a whole page. `summary` is the state of the indexes, `kind` the kind of view."""
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{title} · lode" if title else "lode"),
        tag("link", rel="icon", href=asset_url("icon.svg")),
        tag("link", rel="stylesheet", href=asset_url("page.css")),
        tag("script", src=asset_url("page.js"), defer=True),
    ]
    body = [
        tag("a", "Skip to the content", class_="skip", href="#main"),
        _header(query, summary, kind),
        tag("main", main, id="main", data_view=kind),
    ]
    return document(head, body)


def _header(query: str, summary: str, kind: str) -> Markup:
    field = tag(
        "input",
        id="q",
        name="q",
        type="search",
        value=query,
        placeholder="Search by meaning, words or names",
        autocomplete="off",
        autocapitalize="off",
        spellcheck="false",
        aria_label="Search",
        aria_keyshortcuts="/",
        maxlength=1000,
        autofocus=kind == "home",
    )
    form = tag("form", field, tag("kbd", "/"), action="/", method="get", role="search")
    state = tag("a", tag("span", summary, id="summary"), href="/status", id="state")
    return tag(
        "header",
        tag("a", "lode", class_="brand", href="/"),
        form,
        state,
        tag("progress", id="progress", hidden=True, aria_label="Indexing"),
    )


def chip(
    label: Child, href: str, *, on: bool = False, number: int | None = None, title: str = ""
) -> Markup:
    """Return a link that switches a filter on, or off if the filter is `on` already."""
    count = tag("span", f"{number:,}", class_="n") if number is not None else None
    return tag(
        "a",
        tag("span", label),
        count,
        tag("span", "×", class_="x", aria_hidden="true") if on else None,
        class_="chip on" if on else "chip",
        href=href,
        title=title or None,
        aria_label=f"remove the filter {label}" if on else None,
    )


def path_name(path: str) -> Markup:
    """Return a path with its folders dimmed."""
    folder, slash, name = path.rpartition("/")
    return join([tag("span", f"{folder}{slash}", class_="dir") if slash else None, tag("b", name)])
