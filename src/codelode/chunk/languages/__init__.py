"""One declarative table per language: see `model.Syntax` for what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from codelode.chunk.languages import (
    c_family,
    functional,
    go,
    javascript,
    jvm,
    managed,
    php,
    python,
    ruby,
    rust,
    scripts,
    systems,
)
from codelode.chunk.languages.model import (
    FUNCTION_KINDS,
    TYPE_KINDS,
    VALUE_KINDS,
    Finder,
    Match,
    Repair,
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
        "go": go.GO,
        "haskell": functional.HASKELL,
        "java": managed.JAVA,
        "javascript": javascript.JAVASCRIPT,
        "kotlin": jvm.KOTLIN,
        "lua": scripts.LUA,
        "php": php.PHP,
        "python": python.PYTHON,
        "ruby": ruby.RUBY,
        "rust": rust.RUST,
        "scala": jvm.SCALA,
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
    "Repair",
    "Rule",
    "Syntax",
    "Written",
]
