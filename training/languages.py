"""Detect the language of a source file by its suffix: the languages that pairs are mined from."""

from __future__ import annotations

LANGUAGES = {
    "bash": ("sh", "bash"),
    "c": ("c", "h"),
    "cpp": ("cc", "cpp", "cxx", "hpp", "hh", "hxx"),
    "csharp": ("cs",),
    "elixir": ("ex", "exs"),
    "go": ("go",),
    "haskell": ("hs",),
    "java": ("java",),
    "javascript": ("js", "mjs", "cjs", "jsx"),
    "kotlin": ("kt", "kts"),
    "lua": ("lua",),
    "php": ("php",),
    "python": ("py",),
    "ruby": ("rb",),
    "rust": ("rs",),
    "scala": ("scala",),
    "swift": ("swift",),
    "typescript": ("ts", "mts", "cts", "tsx"),
    "zig": ("zig",),
}

_BY_SUFFIX = {suffix: name for name, suffixes in LANGUAGES.items() for suffix in suffixes}


def language_of(path: str) -> str | None:
    """Return the language of a path, or None; also None for TypeScript declaration files."""
    if path.endswith((".d.ts", ".d.mts", ".d.cts")):
        return None
    return _BY_SUFFIX.get(path.rpartition(".")[2].lower())
