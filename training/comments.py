"""Extract the first sentence of a comment or docstring if a person might search with it."""

from __future__ import annotations

import re

MIN_WORDS = 3
MAX_WORDS = 40

_OPENING = re.compile(
    r"""^\s*(?:/\*+!?|//[/!]*|#+!?|--+\[*|\{-+|;+|%+|@\w*doc\b|[rRbBuUsS~]*(?:\"""|'''|"|'))"""
)
_LINE = re.compile(r"^[ \t]*(?://[/!]*<?|\*+(?!/)|#+|--+|\||;+)?[ \t]?[|^]?[ \t]?")
_CLOSING = re.compile(r"""(?:\*+/|-\}|\]\]|\"""|'''|["'])\s*$""")
_TAG = re.compile(
    r"^\s*(?:[@\\](?!brief|summary|short|desc)\w+|:\w+|#\s|>>>|```|={3,}|-{3,}|[-*]\s|TODO|FIXME|XXX"
    r"|(?:Args|Arguments|Parameters|Params|Returns?|Raises|Examples?|Usage|Inputs?|Outputs?|Yields"
    r"|Notes?|See [Aa]lso)\s*(?::|$))"
)
_MARKUP = re.compile(r"</?\w[^<>]*/?>|[@\\](?:brief|summary|short|description|desc)\b:?")
_INLINE = re.compile(r"\{@\w+\s+([^}]*)\}|:\w+:`~?([^`]*)`|\[([^\]]+)\]\([^)]*\)|`+([^`]*)`+")
_END = re.compile(r"(?<=[\w)\]`'\"][.!?])(?=\s+[A-Z(`]|\s*$)|(?<=[。！？])")
_LEGAL = re.compile(
    r"copyright|licen[sc]e|\(c\)|all rights reserved|warrant|permission|spdx|vim:|-\*-|eslint"
    r"|pylint|rubocop|noqa|nolint|@ts-|istanbul|jshint|prettier|clang-format|https?://|www\."
    r"|go:build|\+build|this file is part of|generated|inheritdoc|deprecated"
    r"|\bauthors?\b|\$id|todo|fixme|<!--|coding[:=]|@file",
    re.I,
)
_WORD = re.compile(r"[^\W\d_]{2,}")


def first_sentence(comment: str) -> str | None:
    """Return the first sentence of prose in a comment without markup, or None."""
    words: list[str] = []
    text = _CLOSING.sub("", _OPENING.sub("", comment.strip()))
    for number, line in enumerate(text.splitlines()):
        line = _LINE.sub("", line, count=1) if number else line.strip()
        line = _MARKUP.sub(" ", line).strip()
        if _TAG.match(line):
            break
        if not line and words:
            break
        words += line.split()
        if len(words) > 4 * MAX_WORDS:
            break
    prose = _INLINE.sub(lambda found: next(filter(None, found.groups()), ""), " ".join(words))
    prose = prose.lstrip("|^>* ")
    sentence = _END.split(prose, maxsplit=1)[0].strip(" -=*#/:;")
    return sentence if _is_query(sentence) else None


def _is_query(sentence: str) -> bool:
    count = len(sentence.split())
    if not MIN_WORDS <= count <= MAX_WORDS or _LEGAL.search(sentence):
        return False
    letters = sum(len(word) for word in _WORD.findall(sentence))
    return letters >= 0.65 * len(sentence.replace(" ", "")) and len(_WORD.findall(sentence)) >= 3
