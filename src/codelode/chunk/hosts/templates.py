"""Definitions of template languages: macros, blocks and named templates."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from codelode.chunk.definitions import RawDefinition

MAX_DEPTH: Final = 8
"""How many open constructs are looked at for a parent."""
MAX_REACH: Final = 500
"""How far from a tag its line may begin and end, in bytes."""

_JINJA: Final = (
    rb"\{%[-+~]?[ \t]*(?:(?P<end>end(?:macro|block))\b"
    rb"|macro[ \t]+(?P<macro>\w+)|block[ \t]+(?P<block>[\w-]+))"
)
_MUSTACHES: Final = (  # Go, Handlebars
    rb"\{\{[-~]?[ \t]*(?:(?P<end_2>end\b|/inline\b)|(?P<open>(?:if|range|with)\b)"
    rb"|(?:define|block|#\*[ \t]*inline)[ \t]+[\"'](?P<template>[^\"'\n]{1,200})[\"'])"
)
_SVELTE: Final = rb"\{(?:(?P<end>/snippet)\b|#snippet[ \t]+(?P<snippet>\w+))"
_ELEMENTS: Final = (  # Mako, FreeMarker, Smarty
    rb"(?P<end_3></%(?:def|block)>|</#(?:macro|function)>|\{/(?:function|block)\})"
    rb"|<%def[ \t]+name=[\"'](?P<macro_2>\w+)|<%block[ \t]+name=[\"'](?P<block_2>\w+)"
    rb"|<#macro[ \t]+(?P<macro_3>\w+)|<#function[ \t]+(?P<function>\w+)"
    rb"|\{function[ \t]+name=[\"']?(?P<function_2>\w+)|\{block[ \t]+name=[\"']?(?P<block_3>\w+)"
)


def nesting(*patterns: bytes) -> Callable[[bytes], list[RawDefinition]]:
    """Return a finder of definitions that begin and end with tags.

    As in `Syntax.heads`, each group of a pattern has the name of a kind, with a number if it is
    used again (`block_2`), and matches the name of a definition. The groups `end` and `open` are
    exceptions: `end` matches the end of the innermost open construct, `open` the beginning of a
    construct without a name.
    """
    tags = re.compile(b"|".join(patterns))

    def find(text: bytes) -> list[RawDefinition]:
        found: list[RawDefinition] = []
        opened: list[int] = []
        for tag in tags.finditer(text):
            kind = (tag.lastgroup or "").partition("_")[0]
            if kind == "end":
                index = opened.pop() if opened else -1
                if index >= 0:
                    found[index].end = _line_end(text, tag.end())
                continue
            if kind != "open":
                found.append(_named(tag, kind, text, opened))
            opened.append(-1 if kind == "open" else len(found) - 1)
        return found

    return find


def _named(tag: re.Match[bytes], kind: str, text: bytes, opened: list[int]) -> RawDefinition:
    """Return the definition that a tag begins; it ends with the tag's line if no end is found."""
    group = tag.lastgroup or ""
    before = text[max(0, tag.start() - MAX_REACH) : tag.start()]
    start = tag.start() - (len(before) - len(before.rstrip(b" \t")))
    parent = next((index for index in reversed(opened[-MAX_DEPTH:]) if index >= 0), -1)
    name = tag[group].decode("utf-8", "replace")
    end = _line_end(text, tag.end())
    return RawDefinition(name, kind, tag.start(group), start, start, end, parent=parent)


def _line_end(text: bytes, at: int) -> int:
    """Return the offset of the first newline from `at`; `at` if `MAX_REACH` bytes hold none."""
    end = text.find(b"\n", at, at + MAX_REACH)
    return at if end < 0 else end


jinja = nesting(_JINJA)
svelte = nesting(_SVELTE)
mustaches = nesting(_MUSTACHES)
any_template = nesting(_JINJA, _MUSTACHES, _ELEMENTS)
