"""CSS and SCSS: selectors, variables and mixins."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    Written,
    by_type,
    content,
    heads,
    nothing,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_SELECTOR_NODES = 64


def _selectors(node: Node, text: bytes) -> list[Match]:
    """Return the classes and ids in a rule's selectors; elements are uses, not definitions."""
    selectors = by_type("selectors")(node)
    found: list[Match] = []
    names: set[bytes] = set()
    nodes = [selectors] if selectors is not None else []
    for count, each in enumerate(nodes):
        if count == MAX_SELECTOR_NODES:
            break
        if each.type in ("class_name", "id_name", "placeholder"):
            name = each.named_child(0) if each.type == "placeholder" else each
            above = each.prev_sibling
            is_pseudo = above is not None and above.type in (":", "::")
            if not is_pseudo and content(name, text) not in names:
                names.add(content(name, text))
                found.append(Match("selector", name))
        else:
            nodes += each.named_children
    return found


def _variable(node: Node, text: bytes) -> Match | None:
    """Return a variable: `--main-color: ...` or `$primary: ...`."""
    name = by_type("property_name")(node)
    written = content(name, text)
    if name is None or not written.startswith((b"--", b"$")):
        return None
    start = name.start_byte + (1 if written.startswith(b"$") else 0)
    return Match("variable", Written((start, name.end_byte)))


CSS = Syntax(
    module="tree_sitter_css",
    rules={
        "rule_set": Rule(_selectors, nothing, by_type("block"), (b"--", b"{"), encloses=False),
        "declaration": Rule(_variable, nothing, nothing, holds=False),
        "keyframes_statement": Rule("animation", by_type("keyframes_name"), nothing, holds=False),
    },
    scopes=words("block media_statement supports_statement at_rule rule_set"),
    compact=words("block media_statement supports_statement at_rule"),
    bodies=words("block stylesheet"),
    heads=heads(rb"[.#](?P<selector>[\w-]+)[^;{}]{0,200}\{"),
)

SCSS = replace(
    CSS,
    module="tree_sitter_scss",
    rules={
        **CSS.rules,
        "mixin_statement": Rule("mixin", holds=False),
        "function_statement": Rule("function", holds=False),
    },
    comments=words("comment js_comment"),
    heads=heads(
        rb"[.#%](?P<selector>[\w-]+)[^;{}]{0,200}\{",
        rb"@mixin (?P<mixin>[\w-]+)",
        rb"[=](?P<mixin_2>[\w-]+)[ \t]*(?:\(|$)",
        rb"@function (?P<function>[\w-]+)",
        rb"\$(?P<variable>[\w-]+):",
    ),
)
