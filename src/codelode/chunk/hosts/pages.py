"""Scripts and styles in pages and components, and code in templates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from codelode.chunk.hosts.model import Region, blank, language_named

_TAG: Final = re.compile(rb"<(script|style)(?=[\s>/])", re.IGNORECASE)
_LANGUAGE: Final = re.compile(
    rb"\b(?:lang|type)\s*=\s*[\"']?(?:(?:text|application)/)?(?:x-)?([\w+#./-]+)", re.IGNORECASE
)
_SERVER: Final = re.compile(rb"\brunat\s*=\s*[\"']?server", re.IGNORECASE)
_MARKS: Final = ((b"<%", b"%>"), (b"<?", b"?>"), (b"{{", b"}}"), (b"{%", b"%}"), (b"{#", b"#}"))
_SHOWING: Final = (b"<%=", b"<%- ", b"<?=", b"<?php echo", b"{{")
"""Marks that put a value in their place; the others are statements of the template."""
_ALONE: Final = (b"", b"")
_CLASS: Final = (b"class A{", b"}")
_TEMPLATES: Final = {"ejs": "javascript", "erb": "ruby", "rhtml": "ruby"}
_NO_CODE: Final = (b"#", b"@", b"!", b"%", b"--")
_SHOWN: Final = (b"=", b"-", b"_", b":")
_TRIMMING: Final = (b"-", b"_")
_ASP_LANGUAGE: Final = re.compile(rb"<%@[^>]{0,300}?\bLanguage\s*=\s*[\"']([\w#]+)", re.IGNORECASE)
_RAZOR: Final = re.compile(rb"^([ \t]*)@(?:code|functions)\s*\{", re.MULTILINE)


def tags(text: bytes) -> Iterator[tuple[bytes, bytes, int, int]]:
    """Yield the tag's name, its attributes and its content's range, for each script and style."""
    lower: bytes | None = None
    at = 0
    while (tag := _TAG.search(text, at)) is not None:
        start = _tag_end(text, tag.end())
        if start < 0:
            return
        if lower is None:
            lower = text.lower()
        name = tag[1].lower()
        end = lower.find(b"</" + name, start)
        at = end = len(text) if end < 0 else end
        if end > start:
            yield name, text[tag.end() : start - 1], start, end


def _tag_end(text: bytes, at: int) -> int:
    """Return the offset after the `>` that ends a tag, outside of quotes; -1 if there is none."""
    quotes = 0
    while (end := text.find(b">", at) + 1) > 0:
        quotes += text.count(b'"', at, end)
        if quotes % 2 == 0:
            return end
        at = end
    return -1


def _called(attributes: bytes, default: str) -> str | None:
    """Return the language that a tag's attributes name, or `default`; None for an unknown one."""
    called = _LANGUAGE.search(attributes)
    if called is None or called[1].lower() in (b"module", b"css", b"ecmascript"):
        return default
    return language_named(called[1])


def components(text: bytes, path: str, script: str = "javascript") -> Iterator[Region]:
    """Yield the scripts and styles of a component of Vue, Svelte or a similar framework."""
    for name, attributes, start, end in tags(text):
        language = _called(attributes, script if name == b"script" else "css")
        if language is not None:
            yield Region(_dialect(language, attributes), start, text[start:end])


def _dialect(language: str, attributes: bytes) -> str:
    return "tsx" if language == "typescript" and b"tsx" in attributes else language


def astro(text: bytes, path: str) -> Iterator[Region]:
    """Yield the front matter of an Astro component, its scripts and its styles."""
    if text.startswith(b"---"):
        start, end = text.find(b"\n") + 1, text.find(b"\n---", 3) + 1
        if 0 < start < end:
            yield Region("tsx", start, text[start:end])
    yield from components(text, path, "typescript")


def page(text: bytes, path: str) -> Iterator[Region]:
    """Yield the scripts and styles of a page; both may contain template code."""
    for name, attributes, start, end in tags(text):
        language = _called(attributes, "javascript" if name == b"script" else "css")
        if name == b"script" and _SERVER.search(attributes):
            language, inside = _asp_language(text), _CLASS
        else:
            inside = _ALONE
        if language is not None:
            yield Region(language, start, _without_marks(text[start:end]), inside=inside)


def _without_marks(script: bytes) -> bytes:
    """Replace template code in a script: by a number where it prints a value, else by blanks."""
    spans = sorted(chain.from_iterable(between(script, *marks) for marks in _MARKS))
    return _replaced(script, spans)


def _replaced(text: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    """Replace each span of template code: by a number if it prints a value, else by blanks."""
    pieces: list[bytes] = []
    at = 0
    for first, last in spans:
        if first >= at:
            value = b"0" if text.startswith(_SHOWING, first) else b" "
            pieces += (text[at:first], value, blank(text[first + 1 : last]))
            at = last
    return b"".join((*pieces, text[at:]))


def template(text: bytes, path: str) -> Iterator[Region]:
    """Yield the code between `<%` and `%>`, joined, and the regions that `page` yields."""
    language = _TEMPLATES.get(path.rpartition(".")[2])
    if language is not None:
        yield from _joined(text, language)
    yield from page(text, path)


def jsp(text: bytes, path: str) -> Iterator[Region]:
    """Yield the declarations and statements of a JSP, and the regions that `page` yields."""
    text = _replaced(text, between(text, b"<%--", b"--%>"))
    for first, last in between(text, b"<%!", b"%>"):
        yield Region("java", first + 3, text[first + 3 : last - 2], inside=_CLASS)
    yield from _joined(text, "java")
    yield from page(text, path)


def asp(text: bytes, path: str) -> Iterator[Region]:
    """Yield the statements of an ASP.NET page, and the regions that `page` yields."""
    language = _asp_language(text)
    if language is not None:
        yield from _joined(text, language)
    yield from page(text, path)


def _asp_language(text: bytes) -> str | None:
    called = _ASP_LANGUAGE.search(text)
    return "csharp" if called is None else language_named(called[1])


def _joined(text: bytes, language: str) -> Iterator[Region]:
    """Yield the statements between `<%` and `%>` as one text, with a `;` after each."""
    pieces: list[bytes] = []
    at = begun = -1
    for first, last in between(text, b"<%", b"%>"):
        start, end = first + 2, last - 2
        if text.startswith(_NO_CODE, start):
            continue
        if begun < 0:
            at = begun = first
        start += text.startswith(_SHOWN, start)
        end -= end > start and text.startswith(_TRIMMING, end - 1)
        pieces += (blank(text[at:start]), text[start:end], b";")
        at = end + 1
    if pieces:
        yield Region(language, begun, b"".join(pieces))


def razor(text: bytes, path: str) -> Iterator[Region]:
    """Yield the members that a Razor component declares, and the regions that `page` yields."""
    at = 0
    while (block := _RAZOR.search(text, at)) is not None:
        closing = b"\n" + block[1] + b"}"
        end = text.find(closing, block.end())
        at = end = len(text) if end < 0 else end + 1
        yield Region("csharp", block.end(), text[block.end() : end], inside=_CLASS)
    yield from page(text, path)


def php(text: bytes, path: str) -> Iterator[Region]:
    """Yield the scripts and styles in the HTML of a PHP file."""
    if b"<script" in text or b"<style" in text:
        yield from page(text, path)


def between(
    text: bytes, opening: bytes, closing: bytes, start: int = 0, end: int | None = None
) -> Iterator[tuple[int, int]]:
    """Yield the ranges from an opening to a closing mark within `[start, end)`, marks included."""
    stop = len(text) if end is None else end
    at = start
    while (first := text.find(opening, at, stop)) >= 0:
        last = text.find(closing, first + len(opening), stop)
        if last < 0:
            return
        at = last + len(closing)
        yield first, at
