"""Detect the language of a file by its text, if its name is not enough.

In this order: a shebang, if the name is unknown; a modeline of Emacs or Vim; and signs of a
language, if several languages share the extension. Signs are regular expressions over the first
`_LOOKED_AT` bytes without comments, each linear in time.
"""

from __future__ import annotations

import re

from codelode.discover.language import language_called, language_of_shebang
from codelode.discover.language_signs import SIGNS, Sign

_LOOKED_AT = 1 << 13
_LOOKED_AT_IN_HEADERS = 1 << 16  # bytes; in headers, C++ code often follows many macros
_ENDS = 1 << 10  # bytes at either end of a file that may have a modeline
_SHEBANG = 200
_MODE_LINES = 5

_C_COMMENT = re.compile(
    rb"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/)?|//[^\n]*"
    rb"|__cplusplus.*?(?:^[ \t]*#[ \t]*(?:else|endif)|\Z)",
    re.S | re.M,
)
_EMACS = re.compile(rb"-\*-[ \t]*(?:[^\n]*?\bmode:[ \t]*)?([\w+#-]+)[ \t]*(?:;[^\n]*)?-\*-", re.I)
_EMACS_LOCAL = re.compile(
    rb"\bLocal Variables:[^\n]*\n(?:[^\n]*\n){0,20}?[^\n]*\bmode:[ \t]*([\w+#-]+)"
)
_VIM = re.compile(
    rb"(?:^|\s)(?:vi|vim|ex)(?:[<=>]?\d{1,4})?:[^\n]*?\b(?:ft|filetype|syn|syntax)=([\w+#-]+)", re.M
)
_VIM_SETTINGS = (b"ft=", b"filetype=", b"syn=", b"syntax=")
_MODES = {  # languages that editors call by another name
    "cperl": "perl",
    "js2": "javascript",
    "linux-c": "c",
    "lisp": "common-lisp",
    "makefile-gmake": "make",
    "nxml": "xml",
    "objc": "objective-c",
    "sh": "bash",
    "shell-script": "bash",
    "tuareg": "ocaml",
}
_STARTS = (
    (b"<?php", "php"),
    (b"<?xml", "xml"),
    (b"<!doctype html", "html"),
    (b"<html", "html"),
    (b"%!ps", "postscript"),
    (b"#compdef ", "bash"),
)


def language_in(name: str, by_name: str | None, text: bytes) -> str | None:
    """Return the language of a file: `by_name`, unless its text says something better.

    `name` is the name of the file without folders.
    """
    extension = name.rpartition(".")[2] if "." in name else ""
    signs = SIGNS.get(extension) or SIGNS.get(extension.lower(), ())
    if by_name is not None and not signs and extension != "in":
        return by_name
    found = language_of_modeline(text)
    if found is None and by_name is None:
        found = _by_start(text)
    if found is None and signs:
        limit = _LOOKED_AT_IN_HEADERS if extension == "h" else _LOOKED_AT
        found = _by_signs(signs, text[:limit])
    return found or by_name


def language_of_modeline(text: bytes) -> str | None:
    """Return the language that a modeline of Emacs or Vim announces, or None."""
    head, tail = text[:_ENDS], text[-_ENDS:]
    modes = []
    if b"-*-" in head:
        modes += [_EMACS.search(line) for line in head.splitlines()[:2]]
    if b"Local Variables:" in tail:
        modes.append(_EMACS_LOCAL.search(tail))
    for part, lines in ((head, slice(_MODE_LINES)), (tail, slice(-_MODE_LINES, None))):
        if any(setting in part for setting in _VIM_SETTINGS):
            modes += [_VIM.search(line) for line in part.splitlines()[lines]]
    for mode in modes:
        if mode is not None:
            called = mode[1].decode("ascii", "replace").lower().removesuffix("-mode")
            found = _MODES.get(called) or language_called(called)
            if found is not None:
                return found
    return None


def _by_start(text: bytes) -> str | None:
    if text.startswith(b"#!"):
        return language_of_shebang(text[:_SHEBANG].partition(b"\n")[0])
    start = text[:_ENDS].lstrip().lower()
    return next((language for sign, language in _STARTS if start.startswith(sign)), None)


def _by_signs(signs: tuple[Sign, ...], text: bytes) -> str | None:
    bare = None
    for sign in signs:
        if not sign.is_possible(text):
            continue
        if sign.bare and bare is None:
            bare = _C_COMMENT.sub(b" ", text)
        if sign.fits(bare if sign.bare and bare is not None else text):
            return sign.language
    return None
