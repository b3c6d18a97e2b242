"""Samples and functions that the chunk tests share."""

from __future__ import annotations

from pathlib import Path

from codelode.chunk.chunker import chunk
from codelode.chunk.grammars import grammar_name
from codelode.chunk.sizes import MAX_LINE_BYTES
from codelode.types import Chunk, Document
from training.documented import definitions

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
    "ada": "adb",
    "css": "css",
    "dart": "dart",
    "dockerfile": "dockerfile",
    "fortran": "f90",
    "fsharp": "fs",
    "julia": "jl",
    "make": "mk",
    "matlab": "matlab",
    "nix": "nix",
    "objective-c": "m",
    "ocaml": "ml",
    "perl": "pl",
    "powershell": "ps1",
    "sass": "scss",
    "solidity": "sol",
    "sql": "sql",
    "terraform": "tf",
    "verilog": "sv",
    "vhdl": "vhd",
}
"""The suffix of each language's sample. The .tsx sample, a second grammar, is separate."""


def sample(suffix: str) -> bytes:
    return (SAMPLES / f"sample.{suffix}").read_bytes()


def document(text: bytes, language: str | None = None, path: str = "file") -> Document:
    return Document(path=path, language=language, text=text, encoding="utf-8", content_hash=b"")


def cut(document: Document) -> list[Chunk]:
    return chunk(document).chunks


def defined(document: Document) -> list[list[str]]:
    """Return, for each chunk, the names of the definitions whose names are on its lines."""
    chunked = chunk(document)
    return [
        [
            each.name
            for each in chunked.definitions
            if part.start_line <= each.name_line <= part.end_line
        ]
        for part in chunked.chunks
    ]


def drawn_outline(language: str, text: bytes) -> str:
    """Return the definitions of a text, one per line: lines, nesting, kind, name, documentation."""
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


COPIES = 9  # nine copies of a sample do not fit into a chunk
MIN_BYTES = 6000


def line_ends(text: bytes) -> list[int]:
    """Return the offset after each line: a slow reference implementation."""
    ends: list[int] = []
    at = 0
    for line in text.splitlines(keepends=True):
        at += len(line)
        ends.append(at)
    return ends


def naive_line(text: bytes, offset: int) -> int:
    return 1 + sum(end <= offset for end in line_ends(text))


def check(text: bytes, chunks: list[Chunk]) -> None:
    """Check the invariants of the chunks of any text."""
    assert b"".join(text[each.start : each.end] for each in chunks) == text
    assert all(each.start < each.end for each in chunks)
    starts = {0, *line_ends(text)}
    longest = max(map(len, text.splitlines(keepends=True)), default=0)
    for each in chunks:
        assert each.end - each.start <= MAX_LINE_BYTES
        text[each.start : each.end].decode("utf-8")
        assert each.start in starts or longest > MAX_LINE_BYTES
    if len(text) < 20_000:  # the reference is slow
        for each in chunks:
            assert each.start_line == naive_line(text, each.start)
            assert each.end_line == naive_line(text, each.end - 1)


def copies(language: str, count: int = 0) -> bytes:
    text = sample(LANGUAGES[language])
    return text * (count or max(COPIES, MIN_BYTES // len(text) + 1))
