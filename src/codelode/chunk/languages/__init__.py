"""One declarative table per language: see `model.Syntax` for its contents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from codelode.chunk.languages.model import (
    FUNCTION_KINDS,
    TYPE_KINDS,
    VALUE_KINDS,
    Heads,
    Match,
    Repair,
    Rule,
    Syntax,
    Written,
    head_pattern,
)
from codelode.chunk.languages.patterns import PATTERNS

SYNTAXES: Mapping[str, str] = MappingProxyType(
    {
        "ada": "ada.ADA",
        "bash": "scripts.BASH",
        "c": "c_family.C",
        "cpp": "c_family.CPP",
        "csharp": "managed.CSHARP",
        "css": "styles.CSS",
        "dart": "dart.DART",
        "dockerfile": "configuration.DOCKERFILE",
        "elixir": "functional.ELIXIR",
        "fortran": "scientific.FORTRAN",
        "fsharp": "ml.FSHARP",
        "go": "go.GO",
        "haskell": "functional.HASKELL",
        "java": "managed.JAVA",
        "javascript": "javascript.JAVASCRIPT",
        "julia": "scientific.JULIA",
        "kotlin": "jvm.KOTLIN",
        "lua": "scripts.LUA",
        "make": "configuration.MAKE",
        "matlab": "scientific.MATLAB",
        "nix": "configuration.NIX",
        "objective-c": "objc.OBJECTIVE_C",
        "ocaml": "ml.OCAML",
        "perl": "perl.PERL",
        "php": "php.PHP",
        "powershell": "powershell.POWERSHELL",
        "python": "python.PYTHON",
        "ruby": "ruby.RUBY",
        "rust": "rust.RUST",
        "sass": "styles.SCSS",
        "scala": "jvm.SCALA",
        "solidity": "solidity.SOLIDITY",
        "sql": "sql.SQL",
        "starlark": "python.PYTHON",
        "swift": "systems.SWIFT",
        "terraform": "configuration.TERRAFORM",
        "typescript": "javascript.TYPESCRIPT",
        "tsx": "javascript.TSX",
        "verilog": "hardware.VERILOG",
        "vhdl": "hardware.VHDL",
        "zig": "systems.ZIG",
    }
)
"""By language name, module and name of the table; `tsx` is the grammar of TypeScript's `.tsx`."""


@cache
def syntax(name: str) -> Syntax:
    """Return the table of a language; raise KeyError if there is none.

    Tables are imported at their first use: most programs need few of them.
    """
    module, _, attribute = SYNTAXES[name].partition(".")
    found: Syntax = getattr(import_module(f"{__name__}.{module}"), attribute)
    return found


EXTRA = frozenset({"fortran", "fsharp", "julia", "ocaml", "sql", "verilog", "vhdl"})
"""Languages whose grammars come with the extra `codelode[languages]`."""


def heads_of(name: str | None) -> Heads:
    """Return the patterns of lines that begin a definition in a language; empty if unknown."""
    if name is None:
        return ()
    return syntax(name).heads if name in SYNTAXES else PATTERNS.get(name, ())


__all__ = [
    "EXTRA",
    "FUNCTION_KINDS",
    "PATTERNS",
    "SYNTAXES",
    "TYPE_KINDS",
    "VALUE_KINDS",
    "Heads",
    "Match",
    "Repair",
    "Rule",
    "Syntax",
    "Written",
    "head_pattern",
    "heads_of",
    "syntax",
]
