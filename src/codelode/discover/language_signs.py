"""Signs that distinguish languages with the same extension; the first match decides."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple


class Sign(NamedTuple):
    """A sign of a language: a text that matches one of its regular expressions is in `language`.

    If there are `hints`, only texts that match one of them are searched, which is much faster.
    With `bare`, C comments, and code that only a C++ compiler sees, are removed before the search.
    `statements` are further patterns, for the beginnings of lines; each is tried only where one of
    its literals occurs.
    """

    language: str
    patterns: tuple[re.Pattern[bytes], ...]
    hints: tuple[re.Pattern[bytes], ...] = ()
    bare: bool = False
    statements: tuple[tuple[tuple[bytes, ...], bytes], ...] = ()

    def is_possible(self, text: bytes) -> bool:
        """Check whether a text matches one of the hints; true if there are none."""
        for hint in self.hints:
            if hint.search(text):
                return True
        return not self.hints

    def fits(self, text: bytes) -> bool:
        """Check whether a text is in this language."""
        return any(pattern.search(text) for pattern in self.patterns) or self._has_statement(text)

    def _has_statement(self, text: bytes) -> bool:
        text = b"\n" + text
        return any(
            _beginning(source).search(text) is not None
            for literals, source in self.statements
            if any(literal in text for literal in literals)
        )


@cache
def _beginning(source: bytes) -> re.Pattern[bytes]:
    """Return a pattern for beginnings of lines; a line feed in front is much faster than `^`.

    Each statement has a pattern of its own: compiling one for each combination of statements took
    longer than the searches.
    """
    return re.compile(rb"\n[ \t]*+(?:" + source + b")", re.M)


def _compiled(*patterns: bytes) -> tuple[re.Pattern[bytes], ...]:
    return tuple(re.compile(pattern, re.M) for pattern in patterns)


def _lines(language: str, *beginnings: bytes) -> Sign:
    """Return a sign that fits texts in which a line begins in one of these ways."""
    return Sign(language, _compiled(rb"^[ \t]*+(?:" + b"|".join(beginnings) + b")"))


def _sign(language: str, pattern: bytes, *hints: bytes) -> Sign:
    return Sign(language, _compiled(pattern), _compiled(*hints))


_OBJECTIVE_C = _sign(
    "objective-c",
    rb"^[ \t]*(?:@(?:interface|protocol|class|implementation|end|import)\b|#[ \t]*import\b)",
    b"@(?:end|class)",
    b"#import",
)
_HEADERS = (
    b"algorithm|any|array|atomic|bitset|chrono|deque|exception|filesystem|fstream|functional|future"
    b"|initializer_list|iomanip|ios|iosfwd|iostream|istream|iterator|limits|list|locale|map|memory"
    b"|mutex|new|numeric|optional|ostream|queue|random|ratio|regex|set|span|sstream|stack|stdexcept"
    b"|streambuf|string|string_view|system_error|thread|tuple|type_traits|typeindex|typeinfo"
    b"|unordered_map|unordered_set|utility|variant|vector|version|c[a-z]+"
)
_ATTRIBUTES = rb"(?:\w+(?:\([^()\n]*\))?[ \t]+|\[\[[^\]\n]*\]\][ \t]*){0,4}"  # also macros
_ENTITY = _ATTRIBUTES + rb"[A-Za-z_]\w*(?:<[^;{}\n]*>)?(?:[ \t]+final)?"
_CPP_STATEMENTS = (
    ((b"namespace",), rb"(?:inline[ \t]+)?namespace\b"),
    ((b"template",), rb"(?:export[ \t]+)?template[ \t]*<"),
    ((b"module", b"import"), rb"(?:export[ \t]+)?(?:module|import)[ \t]+[\w.:]+;"),
    ((b"class",), rb"class[ \t]+" + _ENTITY + rb"[ \t]*(?:[;{:]|$)"),
    ((b"struct",), rb"struct[ \t]+" + _ENTITY + rb"[ \t]*:(?!:)\s*[A-Za-z_]"),
    ((b"enum",), rb"enum[ \t]+(?:class|struct)\b"),
    ((b"using",), rb"using[ \t]+(?:namespace\b|[A-Za-z_][\w:]*[ \t]*[=;])"),
    (
        (b"public", b"private", b"protected"),
        rb"(?:public|private|protected)(?:[ \t]+\w+)?[ \t]*:(?!:)",
    ),
    (
        (b"explicit", b"virtual", b"friend", b"concept", b"consteval", b"constinit"),
        rb"(?:explicit|virtual|friend|concept|consteval|constinit)[ \t]",
    ),
    ((b"include",), rb"#[ \t]*include[ \t]*<(?:" + _HEADERS + rb")>"),
    ((b"::",), rb"[A-Za-z_][\w \t*&]*[ \t*&]\w+::~?\w+\("),  # slow, as it tries whole lines
)
_CPP_EXPRESSIONS = (  # each begins with a literal, so that a text is searched fast
    rb"std::\w",
    rb"operator[ \t]*(?:\(\)|\[\]|[-+*/%^&|~!=<>]{1,3}|bool\b|new\b|delete\b)[ \t]*\(",
    rb"_cast[ \t]*<",
    rb"noexcept\b",
    rb"~[A-Za-z_]\w*\([ \t]*\)[ \t]*[;{=]",
    rb"typename[ \t]+\w",
)
_CPP_HINTS = (
    rb"class",
    rb"enum[ \t]+struct",
    rb"::",
    rb"template",
    rb"namespace",
    rb"public:",
    rb"include[ \t]*<[a-z_0-9]+>",
    rb"struct[ \t]+[\w \t]{1,60}:(?!:)",
    rb"using[ \t]+\w+[ \t]*=",
    rb"virtual[ \t]+[\w:&*<>, ~]+\(",
    rb"operator[^\w\n]",
    rb"~[A-Za-z_]\w*\([ \t]*\)",
)
_CPP = Sign(
    "cpp",
    _compiled(*_CPP_EXPRESSIONS),
    _compiled(*_CPP_HINTS),
    bare=True,
    statements=_CPP_STATEMENTS,
)
_PHP = _sign("php", rb"<\?(?:php\b|=)")
_PROLOG = _sign("prolog", rb"^:-[ \t]*\w+|^[a-z]\w*\([^)\n]*\)[ \t]*(?::-|\.[ \t]*$)")
_PERL = _lines(
    "perl",
    rb"use[ \t]+[\w:]+",
    rb"package[ \t]+[\w:]+",
    rb"sub[ \t]+\w+",
    rb"(?:my|our)[ \t]*[($@%]",
)
_XML = _sign("xml", rb"\A\s*<(?:\?xml|!DOCTYPE|TS\b)")
_LISP = _sign("common-lisp", rb"^\((?:def|in-package|eval-when|load)")
_BITBAKE = _lines(
    "bitbake", rb"(?:DESCRIPTION|SUMMARY|LICENSE|SRC_URI|DEPENDS|inherit|require)\b[ \t]*[^(\s]"
)

SIGNS: dict[str, tuple[Sign, ...]] = {
    "h": (_OBJECTIVE_C, _CPP),
    "H": (_OBJECTIVE_C, _CPP),
    "inc": (
        _PHP,
        _CPP,
        _lines("cpp", rb"#[ \t]*(?:include|define|if|ifdef|ifndef)\b", rb"/[/*]"),
        _lines(
            "pascal", rb"(?i:\{\$\w|procedure\b|function\b.*;|(?:implementation|interface)[ \t]*$)"
        ),
        _BITBAKE,
        _lines(
            "assembly", rb";;?[ \t]", rb"\.(?:macro|equ|globl|text|data|section)\b", rb"%macro\b"
        ),
        _lines("cpp", rb"[A-Za-z_][^\n]*[;{(,]\s*$"),
        _lines("make", rb"[A-Za-z_][\w.-]*[ \t]*(?:[:+?]?=|:)"),
        _sign("html", rb"<(?i:div|p|a|span|table|ul|head|body)\b"),
    ),
    "m": (
        _OBJECTIVE_C,
        _lines("mercury", rb":-[ \t]*(?:module|interface|import_module)\b"),
        _sign("mathematica", rb"\(\*|BeginPackage\[|^[A-Za-z]\w*\[[^\n]*\][ \t]*:="),
        _lines(
            "objective-c",
            rb"#[ \t]*(?:include|define|if)",
            rb"[@/][/*\w]",
            rb"(?:static|typedef)\b",
        ),
        _lines(
            "matlab",
            rb"%",
            rb"#",
            rb"(?:function|classdef)\b",
            rb"(?:if|for|while|switch)\b[^\n{]*$",
            rb"(?:end|clear|close|clc)\b",
            rb"\w+[ \t]*=",
        ),
    ),
    "cls": (
        _sign("visual-basic", rb"\AVERSION [0-9.]+ CLASS|^Attribute VB_"),
        _lines(
            "latex", rb"\\(?:Provides|NeedsTeXFormat|LoadClass|documentclass|def|newcommand)", rb"%"
        ),
        _lines(
            "apex",
            rb"(?i:@\w+(?:\([^)\n]*\))?\s*)?(?i:public|private|global|protected|virtual|abstract|with"
            rb"|without|inherited)\b[\w \t]*\b(?i:class|interface|enum)\b",
        ),
    ),
    "pl": (_PERL, _PROLOG),
    "pro": (
        _lines("qmake", rb"(?:QT|TARGET|TEMPLATE|SOURCES|HEADERS|CONFIG|SUBDIRS)\b[ \t]*[-+*]?="),
        _PROLOG,
    ),
    "t": (_PERL,),
    "v": (
        _lines(
            "coq",
            rb"(?:Require|From|Theorem|Lemma|Definition|Inductive|Fixpoint|Proof|Section|Import)\b[^;\n]*$",
            rb"\(\*",
        ),
        _sign(
            "vlang", rb"^(?:module[ \t]+\w+|import[ \t]+[\w.]+|(?:pub[ \t]+)?fn[ \t]+[\w(])[^\n;]*$"
        ),
    ),
    "d": (
        _sign("make", rb"^[^\s:]+\.(?:o|lo|obj|d)[ \t]*:"),
        _sign("dtrace", rb"^#pragma D option|^\w*:\w*:\w*:\w*"),
    ),
    "l": (_LISP,),
    "cl": (_LISP,),
    "sc": (_sign("supercollider", rb"\bSynthDef\b|\}\.play\b|^\([ \t]*$"),),
    "pp": (_lines("pascal", rb"(?i:unit|program|uses|procedure|begin)\b"),),
    "fs": (
        _sign("glsl", rb"^[ \t]*(?:#version|uniform|varying|precision)\b|\bgl_\w+"),
        _lines("forth", rb": \S+"),
    ),
    "ts": (_XML,),
    "bb": (_BITBAKE,),
    "gd": (
        _sign("gap", rb"^(?:Declare(?:Operation|GlobalFunction|Category)|InstallMethod|#####)"),
    ),
    "r": (_lines("rebol", rb"(?i:rebol)[ \t]*\["),),
    "mod": (_lines("modula-2", rb"(?:IMPLEMENTATION |DEFINITION )?MODULE[ \t]"),),
    "as": (_lines("angelscript", rb"(?:shared|mixin)[ \t]+class\b", rb"funcdef\b"),),
    "tag": (_sign("jsp", rb"<%@"),),
}
"""By extension. The first matching sign decides; if none matches, the name of the file."""
