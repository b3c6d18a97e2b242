"""The tree-sitter grammar of each language: imported at its first use, one parser per process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final

from tree_sitter import Language, Parser

from codelode.chunk.languages import SYNTAXES, Rule, Syntax, syntax

# The roles of a node type in the walk over a syntax tree. They are bits, so that one lookup by
# `kind_id` is enough.
NAMED: Final = 1
RULE: Final = 2
SCOPE: Final = 4
WRAPPER: Final = 8
CLOSURE: Final = 16
BODY: Final = 32
COMMENT: Final = 64
ATTRIBUTE: Final = 128

_MASK = bytes(byte if byte < 0x80 else ord("x") for byte in range(256))
_ERROR_ID = 0xFFFF  # a range that the parser could not parse; it may contain definitions
_SUFFIX_GRAMMARS = {("typescript", ".tsx"): "tsx"}


@dataclass(frozen=True, slots=True)
class Grammar:
    """A parser, and the meaning of the node types of its language.

    `roles[kind_id]` holds the role bits above, `rules[kind_id]` the rule of a node with `RULE`.
    Nodes of the types in `compact` are searched for definitions even if they fit on a line. Two
    threads must not use one parser at once.
    """

    syntax: Syntax
    parser: Parser
    roles: bytes
    rules: Mapping[int, Rule]
    compact: frozenset[int]

    def legible(self, text: bytes) -> bytes:
        """Return the text prepared for the parser, with the same length and structure."""
        if self.syntax.prepare is not None:
            text = self.syntax.prepare(text)
        return text.translate(_MASK) if self.syntax.ascii_only else text


def grammar_name(language: str | None, path: str = "") -> str | None:
    """Return the name of the grammar for a file of this language, or None if there is none."""
    if language is None:
        return None
    for (owner, suffix), name in _SUFFIX_GRAMMARS.items():
        if language == owner and path.endswith(suffix):
            return name
    return language if language in SYNTAXES else None


@cache
def grammar(name: str) -> Grammar:
    """Return the grammar of this name.

    Raises `KeyError` if there is none (see `grammar_name`), `ImportError` if its package is
    missing, and `ValueError` if the package has the wrong ABI.
    """
    table = syntax(name)
    language = _language(table)
    parser = Parser(language)
    return Grammar(
        syntax=table,
        parser=parser,
        roles=_roles(table, language, parser.parse(b"").root_node.kind_id),
        compact=frozenset(_ids(language, table.compact)),
        rules=MappingProxyType(
            {
                kind: rule.bound(language)
                for word, rule in table.rules.items()
                if (kind := _id(language, word))
            }
        ),
    )


@cache
def installed_grammar(name: str) -> Grammar | None:
    """Return the grammar of this name; None if its package is missing or has the wrong ABI."""
    try:
        return grammar(name)
    except (ImportError, ValueError):  # no such package, or another version of tree-sitter's ABI
        return None


def is_installed(name: str) -> bool:
    """Return whether the package of a grammar is installed, without importing it."""
    return find_spec(syntax(name).module) is not None


def _language(table: Syntax) -> Language:
    """Return the `Language` in a grammar's package; older packages give the address of one."""
    pointer = getattr(import_module(table.module), table.entry)()
    if isinstance(pointer, int):
        from ctypes import c_char_p, c_void_p, py_object, pythonapi

        capsule = pythonapi.PyCapsule_New
        capsule.restype, capsule.argtypes = py_object, (c_void_p, c_char_p, c_void_p)
        pointer = capsule(pointer, b"tree_sitter.Language", None)
    return Language(pointer)


def _id(language: Language, node_type: str) -> int | None:
    return language.id_for_node_kind(node_type, True)


def _ids(language: Language, node_types: Iterable[str]) -> Iterator[int]:
    """Yield the ids of the node types that the grammar has; a newer one may have dropped some."""
    for node_type in node_types:
        kind_id = _id(language, node_type)
        if kind_id is not None:
            yield kind_id


def _roles(syntax: Syntax, language: Language, root: int) -> bytes:
    roles = bytearray(_ERROR_ID + 1)
    for kind in range(language.node_kind_count):
        if language.node_kind_is_named(kind):
            roles[kind] = NAMED
    for role, types in (
        (RULE, syntax.rules.keys()),
        (SCOPE, syntax.scopes),
        # A node whose rule defines nothing, because it finds no name, is a scope.
        (SCOPE, [word for word, rule in syntax.rules.items() if rule.holds]),
        (WRAPPER | SCOPE, syntax.wrappers),
        (CLOSURE | SCOPE, syntax.closures),
        (BODY, syntax.bodies),
        (COMMENT, syntax.comments),
        (ATTRIBUTE, syntax.attributes),
    ):
        for kind_id in _ids(language, types):
            roles[kind_id] |= role
    roles[_ERROR_ID] = NAMED | SCOPE
    roles[root] |= BODY
    return bytes(roles)
