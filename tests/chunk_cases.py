"""What the chunk tests share: the samples, and how a document is made of a text."""

from __future__ import annotations

from pathlib import Path

from codelode.chunk.definitions import definitions
from codelode.chunk.grammars import grammar_name
from codelode.types import Document

SAMPLES = Path(__file__).parent / "chunk_samples"
LANGUAGES = {
    "bash": "sh",
    "c": "c",
    "cpp": "cpp",
    "csharp": "cs",
    "elixir": "ex",
    "go": "go",
    "haskell": "hs",
    "java": "java",
    "javascript": "js",
    "kotlin": "kt",
    "lua": "lua",
    "php": "php",
    "python": "py",
    "ruby": "rb",
    "rust": "rs",
    "scala": "scala",
    "swift": "swift",
    "typescript": "ts",
    "zig": "zig",
}
"""Language -> suffix of its sample. The sample of .tsx, a second grammar, is apart."""


def sample(suffix: str) -> bytes:
    return (SAMPLES / f"sample.{suffix}").read_bytes()


def document(text: bytes, language: str | None = None, path: str = "file") -> Document:
    return Document(path=path, language=language, text=text, encoding="utf-8", content_hash=b"")


def drawn_outline(language: str, text: bytes) -> str:
    """The definitions of a text, one a line: lines, nesting, kind, name, and what documents it."""
    name = grammar_name(language)
    assert name is not None
    found = definitions(name, text)
    depths: list[int] = []
    lines: list[str] = []
    for each in found:
        depths.append(0 if each.parent is None else depths[each.parent] + 1)
        first = text.count(b"\n", 0, each.start) + 1
        last = text.count(b"\n", 0, each.end) + 1 - text[: each.end].endswith(b"\n")
        line = f"{'  ' * depths[-1]}{each.kind} {each.name} {first}-{last}"
        if each.doc is not None:
            line += f" <- {' '.join(text[slice(*each.doc)].decode().split())}"
        lines.append(line)
    return "\n".join(lines) + "\n"
