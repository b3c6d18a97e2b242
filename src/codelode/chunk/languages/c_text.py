"""Rewrite C and C++ for their parsers: same length, without macros and conditionals.

The parsers do not run the preprocessor and fail where a macro replaces syntax. Each function below
blanks or rewrites such text in place, so that offsets stay valid.
"""

from __future__ import annotations

import re
from typing import Final

SMALL_BODY: Final = 1500
"""Bodies up to this size are not looked into (in bytes): no chunk ends inside one."""

_BLANK: Final = bytes(byte if byte in b"\r\n" else 0x20 for byte in range(256))
_NAMELESS: Final = bytes.maketrans(bytes(range(256)), b"x" * 256)  # makes any string an identifier
_QUOTE: Final = 0x22
_OPENING: Final = b")\n{\n"


_KERNEL_WORDS: Final = re.compile(
    rb"__(?:init|exit|iomem|user|initdata|initconst|read_mostly|ro_after_init|percpu|rcu|force|"
    rb"must_check|maybe_unused|always_unused|always_inline|noreturn|weak|cold|ref|refdata|meminit|"
    rb"net_init|net_exit|net_initdata|packed|visible|used|nonstring|pure|sched|kprobes|cpuidle|"
    rb"bitwise|private|cacheline_aligned|cacheline_aligned_in_smp|init_or_module|noclone|malloc|"
    rb"deprecated|latent_entropy|randomize_layout|lsm_ro_after_init|devinit|hyp_text)\b(?! ?\()"
    rb"|__(?:printf|scanf|acquires|releases|must_hold|cond_acquires|aligned|section)\([^()\n]*\)"
)
"""Only after a space. A pattern that began with the space would be tried at every space."""


def readable_c(text: bytes) -> bytes:
    """Blank the text that causes most errors in C, and the text that is slowest to parse.

    Blanking the annotations of the Linux kernel takes 1 ms per MB, and saves twice that.
    """
    return _KERNEL_WORDS.sub(_blank_unless_defined, _without_small_bodies(text))


def _blank_unless_defined(match: re.Match[bytes]) -> bytes:
    """Blank an annotation, but not in `#define __init` and `#ifdef __init`."""
    before = match.string[max(0, match.start() - 4) : match.start()]
    blank = before.endswith(b" ") and before not in (b"ine ", b"def ")
    return b" " * len(match[0]) if blank else match[0]


def _without_small_bodies(text: bytes) -> bytes:
    """Blank the bodies of functions whose braces are at the start of a line.

    Most C code is formatted like this, and most text that is hard to parse is in such bodies. A
    body of more than `SMALL_BODY` bytes or with a macro definition stays. A body with unbalanced
    braces stays too, unless it has preprocessor conditionals: then the brace at the start of a
    line is more reliable than the count.
    """
    find, count = text.find, text.count
    pieces: list[bytes] = []
    at, opening = 0, find(_OPENING)
    while opening >= 0:
        start = opening + len(_OPENING)
        end = find(b"\n}", start - 1)
        if end < 0:
            break
        hashes = find(b"#", start, end) >= 0 and find(b"\n#", start - 1, end) >= 0
        if start < end <= start + SMALL_BODY and (
            find(b"define", start, end) < 0
            if hashes
            else count(b"{", start, end) == count(b"}", start, end)
        ):
            pieces += (text[at:start], b" " * (end - start))
            at = end
        opening = find(_OPENING, end)
    if not pieces:
        return text
    pieces.append(text[at:])
    return b"".join(pieces)


_ATTRIBUTE = (
    rb"(?:[A-Z_][A-Z0-9_]*|__\w+|alignas|\w+_(?:EXPORT|API))\b"
    rb"(?:[ \t]*\((?:[^()\n]|\([^()\n]*\))*\))?"
)
_MARKED_RECORDS: Final = tuple(
    re.compile(
        keyword
        + rb"[ \t]+((?:"
        + _ATTRIBUTE
        + rb"\s+)+)(?=(?!final\b)[A-Za-z_][\w:<>, ]*\s*(?:final\s*)?[{:])"
    )
    for keyword in (b"class", b"struct", b"union", b"namespace")
)


_MACRO = rb"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b"
_CALLED = rb"(?:[ \t]*\((?:[^()\n]|\([^()\n]*\)){0,200}\))"
_NEXT_LINE = rb"\r?\n(?:[ \t\r]*\n|[ \t]*//[^\n]*\n){0,40}[ \t]*"
_BEFORE_RECORD: Final = re.compile(
    rb"(?:\A|\n)([ \t]*[A-Z][A-Z0-9_]+[ \t]*)(?="
    + _NEXT_LINE
    + rb"(?:(?:inline )?namespace|class|struct|union|enum|template)\b)"
)
_LINE_OF_MACRO: Final = re.compile(
    rb"(?:\A|\n)(" + _MACRO + rb"[ \t]*)(?=" + _NEXT_LINE + rb"[\w~\[])"
)
_AFTER_PARAMETERS: Final = re.compile(
    rb"\)(?:[ \t]*(?:const|noexcept|override|final)\b)*(?:[ \t]*|[ \t]*\r?\n[ \t]{4,99})"
    rb"((?:" + _MACRO + _CALLED + rb"?(?:[ \t]+|\r?\n[ \t]{4,99})?){1,6})"
    rb"(?=[ \t\r\n]*(?:[;{:=]|(?:const|noexcept|override|final)\b))"
)
"""`ABSL_LOCKS(mu)` of `void lock() ABSL_LOCKS(mu) {`, of which a parser makes the name."""


def without_record_macros(text: bytes) -> bytes:
    """Blank macros beside records and functions: `NET_EXPORT` in `class NET_EXPORT Client {`.

    Such a macro is before the name of a record, after parameters, or alone on the line above.
    """
    for pattern in (*_MARKED_RECORDS, _BEFORE_RECORD, _LINE_OF_MACRO, _AFTER_PARAMETERS):
        text = _blanked(pattern, text)
    return text


_ARGUMENTS = rb"\((?:[^()]|\((?:[^()]|\([^()]*\)){0,200}\)){0,600}\)"
_MACRO_CALL: Final = re.compile(
    rb"\n([ \t]*[A-Z_][A-Z0-9_]{2,}" + _ARGUMENTS + rb"[ \t]*)(?=\r?\n\s*[\w}~#/\[])"
)
_MACRO_WORD: Final = re.compile(
    rb"\n([ \t]*[A-Z][A-Z0-9_]{3,}[ \t]*)(?=\r?\n(?:\s*\n|#|[ \t]*[A-Z_]+\(|\s*"
    rb"(?:class|struct|namespace|template|typedef|static|extern|public|private|protected|using|enum)"
    rb"\b))"
)
_ANNOTATION: Final = re.compile(
    rb"[ \t\n](__(?:printf|scanf|acquires|releases|must_hold|aligned|section|attribute)\w*\s*"
    + _ARGUMENTS
    + rb")(?=[ \t\n*]+[\w*{])"
)
_QUALIFIER: Final = re.compile(
    rb"\w[ \t*]+(__(?!u?int|[usbl]e?\d|wsum|sum|kernel|poll)[a-z]\w*)(?=[ \t]+\w+[ \t]*\()"
)
_BEFORE_NAME: Final = re.compile(
    rb"[\w*]([ \t]+" + _MACRO + _CALLED + rb")(?=[ \t\r\n*]+\w+[ \t]*\()"
)
_NULLABILITY: Final = re.compile(
    rb"[*&][ \t]*(\w*(?:nonnull|nullable|Nonnull|Nullable|restrict)\w*)(?=[ \t\n]+\w)"
)
_MEMBER_LABEL: Final = re.compile(rb"\n[ \t]*(?:Q_SIGNALS|signals)(?=[ \t]*:[^:])")
_SLOTS: Final = re.compile(
    rb"\n[ \t]*(?:public|private|protected)([ \t]+(?:Q_SLOTS|slots))(?=[ \t]*:)"
)

_CONDITIONAL_HEADS: Final = re.compile(
    rb"\n([ \t]*#[ \t]*if[^\n]*\n)((?:[^\n#][^\n;]*\n){1,8}?)"
    rb"([ \t]*#[ \t]*el[^\n]*\n)((?:[^\n#][^\n;]*\n){1,8}?)([ \t]*#[ \t]*endif[^\n]*)"
)
_OLD_PARAMETERS: Final = re.compile(
    rb"\n(?:[a-z][\w \t*]*[ \t*])?\w+[ \t]*\([a-z_]\w*(?:,\s*[a-z_]\w*)*\)[ \t]*\n"
    rb"((?:[ \t]*[a-z][\w \t]*[ \t*][\w \t*,\[\]()]*;[^\n]*\n){1,16})(?=\{)"
)
_MACRO_HEAD: Final = re.compile(
    rb"\n(?:static[ \t]+)?([A-Z][A-Z0-9_]{2,})[ \t]*"
    rb"(\()((?:[^(){};\"]|\"[^\"\n]*\"|\([^(){};]*\)){1,600})\)(?=\s*\{)"
)


_MACRO_STATEMENT: Final = re.compile(
    rb"\n(?:static[ \t]+)?(\w*(?:DEFINE|DECLARE|TRACE_EVENT)[A-Z0-9_]*)[ \t]*(\()"
    rb"((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\)){0,200}\)){0,200}\)){1,600})\)(?=\s*;)"
)


def repaired(text: bytes) -> tuple[bytes, list[tuple[int, int]]]:
    """Remove the usual causes of errors from a text in which the parser found errors.

    If both arms of a conditional begin the same definition, the second arm is blanked. Also returns
    the ranges in which beginnings of definitions were blanked like this.
    """
    heads: list[tuple[int, int]] = []

    def first_arm(match: re.Match[bytes]) -> bytes:
        opening, first, middle, second, closing = match.groups()
        braces = first.count(b"{") - first.count(b"}")
        body_follows = match.string[match.end() : match.end() + 64].lstrip()[:1] == b"{"
        if braces != second.count(b"{") - second.count(b"}") or not (braces or body_follows):
            return match[0]
        opened = match.string.find(b"{", match.start(4))
        heads.append((match.start(4) - 1, opened if opened > 0 else match.end(4) - 1))
        blank = (middle + second + closing).translate(_BLANK)
        return b"\n" + opening.translate(_BLANK) + first + blank

    text = _CONDITIONAL_HEADS.sub(first_arm, b"\n" + text)
    text = _MACRO_HEAD.sub(_plain_head, text)
    text = _MACRO_STATEMENT.sub(_plain_head, text)
    for pattern in (
        _ANNOTATION,
        _BEFORE_NAME,
        _AFTER_PARAMETERS,
        _QUALIFIER,
        _NULLABILITY,
        _OLD_PARAMETERS,
        _MACRO_CALL,
        _MACRO_WORD,
        _SLOTS,
    ):
        text = _blanked(pattern, text)
    return _MEMBER_LABEL.sub(_as_public, text)[1:], heads


def _blanked(pattern: re.Pattern[bytes], text: bytes) -> bytes:
    """Blank the first group of every match."""

    def blank(match: re.Match[bytes]) -> bytes:
        whole, start = match[0], match.start(1) - match.start()
        end = match.end(1) - match.start()
        return whole[:start] + whole[start:end].translate(_BLANK) + whole[end:]

    return pattern.sub(blank, text)


def _as_public(match: re.Match[bytes]) -> bytes:
    """Replace `signals` by a word that the grammar knows."""
    return b"\npublic".ljust(len(match[0]))


def _plain_head(match: re.Match[bytes]) -> bytes:
    """Rewrite `SYSCALL_DEFINE2(name, ...)` and `TEST(Suite, Name)` as `T (name)`."""
    place = named_argument(match[1], match[3])
    if place is None:
        return match[0]
    text, macro, opening = match.string, match.start(1), match.start(3)
    start, end = opening + place[0], opening + place[1]
    name = text[start:end].translate(_NAMELESS) if text[start] == _QUOTE else text[start:end]
    return (
        text[match.start() : macro]
        + b"T".ljust(start - macro - 1)
        + b"("
        + name
        + text[end : match.end(3)].translate(_BLANK)
        + b")"
    )


_ARGUMENT: Final = re.compile(rb'\s*("[^"\n]*"|[A-Za-z_]\w*)\s*(?:,|\Z)')
_TYPE: Final = re.compile(rb"[^,]*,\s*([A-Za-z_]\w*)\s*(?:,|\Z)")
_TYPES: Final = frozenset(b"int long char bool unsigned u8 u16 u32 u64".split())
_NAMED_SECOND: Final = re.compile(rb"TEST|METHOD|BENCHMARK|FIXTURE")


def named_argument(macro: bytes, arguments: bytes) -> tuple[int, int] | None:
    """Return the range of the name that a macro defines, as offsets in `arguments`, or None."""
    first = _ARGUMENT.match(arguments)
    if first is None or first[1] in _TYPES:
        after_type = _TYPE.match(arguments)
        return after_type.span(1) if after_type else None
    second = _ARGUMENT.match(arguments, first.end())
    if second is not None and second[1][:1] != b'"' and _NAMED_SECOND.search(macro):
        return second.span(1)
    return first.span(1)
