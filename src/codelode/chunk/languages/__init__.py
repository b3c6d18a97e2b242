"""One declarative table per language: see `model.Syntax` for what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from codelode.chunk.languages import (
    c_family,
    functional,
    javascript,
    managed,
    scripts,
    systems,
)
from codelode.chunk.languages.model import (
    FUNCTION_KINDS,
    TYPE_KINDS,
    VALUE_KINDS,
    Finder,
    Match,
    Rule,
    Syntax,
    Written,
)

SYNTAXES: Mapping[str, Syntax] = MappingProxyType(
    {
        "bash": scripts.BASH,
        "c": c_family.C,
        "cpp": c_family.CPP,
        "csharp": managed.CSHARP,
        "elixir": functional.ELIXIR,
        "go": systems.GO,
        "haskell": functional.HASKELL,
        "java": managed.JAVA,
        "javascript": javascript.JAVASCRIPT,
        "kotlin": managed.KOTLIN,
        "lua": scripts.LUA,
        "php": scripts.PHP,
        "python": scripts.PYTHON,
        "ruby": scripts.RUBY,
        "rust": systems.RUST,
        "scala": managed.SCALA,
        "swift": systems.SWIFT,
        "typescript": javascript.TYPESCRIPT,
        "tsx": javascript.TSX,
        "zig": systems.ZIG,
    }
)
"""By language name; `tsx` is the grammar of TypeScript files named `.tsx`."""

__all__ = [
    "FUNCTION_KINDS",
    "SYNTAXES",
    "TYPE_KINDS",
    "VALUE_KINDS",
    "Finder",
    "Match",
    "Rule",
    "Syntax",
    "Written",
]
