"""HTML that is safe by construction.

`tag` makes an element. Everything that is not `Markup` is escaped, so that a file name or a line of
source can never become an element, an attribute or a script.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

VOID = frozenset(("input", "link", "meta", "br", "hr"))


class Markup(str):
    """A text that is HTML. Only this module and `lines` make it, from escaped pieces."""

    __slots__ = ()


Child = str | None | Iterable["Child"]
"""Text, markup, nothing, or several of these."""

Attribute = str | int | bool | None
"""A value; True for an attribute without one, None or False for no attribute."""


def tag(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """Return an element. In the names of attributes, `_` stands for `-`; a final `_` is dropped."""
    opening = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Markup(opening if name in VOID else f"{opening}{join(children)}</{name}>")


def join(children: Iterable[Child], separator: str = "") -> Markup:
    """Return children one after the other, escaped where they are text."""
    return Markup(escape(separator).join(_markup(child) for child in children if child is not None))


def document(head: Iterable[Child], body: Iterable[Child]) -> Markup:
    """Return a whole page."""
    page = tag("html", tag("head", *head), tag("body", *body), lang="en")
    return Markup(f"<!doctype html>\n{page}\n")


def _markup(child: Child) -> str:
    if isinstance(child, Markup):
        return child
    if isinstance(child, str):
        return escape(child)
    return join(child or ())


def _attribute(name: str, value: Attribute) -> str:
    name = name.removesuffix("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
