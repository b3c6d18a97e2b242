"""Python, and Cython as far as it reads like Python."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codelode.chunk.languages.model import (
    Match,
    Rule,
    Syntax,
    by_field,
    content,
    heads,
    words,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_MAKERS = frozenset({b"namedtuple", b"NamedTuple", b"TypedDict", b"Enum", b"IntEnum", b"NewType"})
_ENUM = re.compile(rb"\b(?:Int|Str)?(?:Enum|Flag)\b")
_RECORD = re.compile(rb"(?:ctypedef|cdef)[ \t]+(?:public[ \t]+|packed[ \t]+)*(struct|union|enum)\b")


def _docstring(node: Node, text: bytes) -> Node | None:
    body = node.child_by_field_name("body")
    first = body.named_child(0) if body and body.named_child_count else None
    if first is None or first.type != "expression_statement":
        return None
    value = first.named_child(0)
    return value if value is not None and value.type == "string" else None


def _class_kind(node: Node, text: bytes) -> str:
    """Return enum if a base is an enum, else Cython's keyword (such as struct), else class."""
    bases = node.child_by_field_name("superclasses")
    if bases is not None and _ENUM.search(text, bases.start_byte, bases.end_byte):
        return "enum"
    record = _RECORD.match(text, node.start_byte)
    return record[1].decode() if record else "class"


def _assigned(node: Node, text: bytes) -> Match | list[Match] | None:
    """Return assigned constants (names in capitals), functions, classes and types.

    A single capital such as `M` or `T` is no constant. Returns None or [] for no definition.
    """
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or left.type != "identifier":
        return None
    name, annotation = content(left, text), node.child_by_field_name("type")
    if annotation is not None and content(annotation, text).endswith(b"TypeAlias"):
        return Match("type", left)
    if right is not None and right.type == "call":
        maker = content(right.child_by_field_name("function"), text).rpartition(b".")[2]
        if maker in _MAKERS:
            return Match("class", left)
    if right is not None and right.type == "lambda":
        return Match("function", left)
    constants = [Match("constant", left)] if len(name) > 1 and name.isupper() else []
    while right is not None and right.type == "assignment":
        left, right = right.child_by_field_name("left"), right.child_by_field_name("right")
        name = content(left, text)
        if len(name) > 1 and name.isupper():
            constants.append(Match("constant", left))
    return constants


def _alias(node: Node) -> Node | None:
    """Return `Vector` of `type Vector[T] = ...`."""
    name = node.child_by_field_name("left")
    while name is not None and name.type != "identifier":
        name = name.named_child(0) if name.named_child_count else None
    return name


_FUNCTION = re.compile(
    rb"^([ \t]*)((?:cp?def|def)\b[^\n(=:]*?[ \t*&])(\w+)([ \t]*)"
    rb"\(([^()]{0,600}(?:\([^()]{0,200}\)[^()]{0,600}){0,9})\)([^\n:]*):",
    re.MULTILINE,
)
_CLASS = re.compile(
    rb"^([ \t]*)((?:cdef|ctypedef)[ \t]+(?:public[ \t]+|packed[ \t]+)*(?:class|struct|union|enum)"
    rb"[ \t]+)(?=\w)",
    re.MULTILINE,
)
_EXTERN = re.compile(rb"^([ \t]*)(cdef[ \t]+extern\b[^\n:]*)(?=:)", re.MULTILINE)
_STATEMENT = re.compile(rb"^([ \t]*)((?:cdef|ctypedef)\b[^\n]*)", re.MULTILINE)
_TYPED = re.compile(
    rb"^([ \t]+)((?!(?:return|raise|import|from|global|del|assert|yield|await|not|pass|async|type"
    rb"|def|class|if|elif|else|for|while|with|try|except|finally|match|case|print|in|is|and|or)\b)"
    rb"[A-Za-z_][\w.]*[\[\]:,*]*[ \t]+[*&]*[A-Za-z_]\w*"
    rb"(?:\[[^\]\n]*\]|\([^()\n]*\)[^\n]*)?)[ \t]*$",
    re.MULTILINE,
)
_IMPORT = re.compile(rb"\bcimport\b")


def _as_python(text: bytes) -> tuple[bytes, list[tuple[int, int]]]:
    """Rewrite Cython as Python of the same length; also return the ranges of blanked `ctypedef`s.

    The types in these ranges are found by their first lines.
    """
    if b"cdef" not in text and b"cpdef" not in text and b"cimport" not in text:
        return text, []
    types: list[tuple[int, int]] = []

    def function(match: re.Match[bytes]) -> bytes:
        indent, words, name, space, parameters, rest = match.groups()
        blank = re.sub(rb"[^\n]", b" ", parameters)
        head = indent + b"def".ljust(len(words)) + name + space
        return head + b"(" + blank + b")" + b" " * len(rest) + b":"

    def statement(match: re.Match[bytes]) -> bytes:
        if match[2].startswith(b"ctypedef"):
            types.append(match.span(2))
        return match[1] + b"pass".ljust(len(match[2]))[: len(match[2])]

    text = _FUNCTION.sub(function, text)
    text = _CLASS.sub(lambda match: match[1] + b"class ".ljust(len(match[2])), text)
    text = _EXTERN.sub(lambda match: match[1] + b"if 1".ljust(len(match[2])), text)
    text = _STATEMENT.sub(statement, text)
    text = _TYPED.sub(lambda m: m[1] + b"pass".ljust(len(m[0]) - len(m[1])), text)
    return _IMPORT.sub(b"import ", text), types


PYTHON = Syntax(
    module="tree_sitter_python",
    rules={
        "function_definition": Rule("function"),
        "class_definition": Rule(_class_kind),
        "type_alias_statement": Rule("type", _alias, by_field("right")),
        "assignment": Rule(_assigned, by_field("left"), by_field("right"), holds=False),
    },
    scopes=words(
        "block if_statement elif_clause else_clause try_statement except_clause finally_clause "
        "with_statement decorated_definition expression_statement for_statement while_statement "
        "match_statement case_clause"
    ),
    wrappers=words("decorated_definition expression_statement"),
    bodies=words("block"),
    docstring=_docstring,
    repair=_as_python,
    heads=heads(
        rb"(?:cdef )?class (?P<class>\w+)\s*[(:\[]",
        rb"(?:async )?def (?P<function>\w+)\s*[(\[]",
        rb"cp?def [\w.*\[\], ]{1,200}[ *](?P<function_2>\w+)\([^()]{0,300}\)[^\n=]*:",
        rb"ctypedef [^\n]{1,200}[ *](?P<type>\w+)\s*$",
    ),
)
