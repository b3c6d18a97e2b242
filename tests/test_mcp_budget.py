"""Answers for agents fit their budget, by the count of real tokenizers."""

from __future__ import annotations

import base64
import random
import string
from functools import cache
from pathlib import Path

import pytest
import quicktok
from hypothesis import given
from hypothesis import strategies as st

from codelode.errors import UsageError
from codelode.mcp import cursor
from codelode.mcp.budget import fit, shorten
from codelode.mcp.entries import Entry, entry_of, merged
from codelode.mcp.text import location, whole
from codelode.mcp.token_count import count_tokens
from codelode.types import Hit

VOCABULARIES = ("cl100k_base", "o200k_base", "llama3", "qwen3")
REPOSITORY = Path(__file__).parent.parent


@cache
def tokenizers() -> list[quicktok.Tokenizer]:
    return [quicktok.get_encoding(name) for name in VOCABULARIES]


def real_count(text: str) -> int:
    """Return the largest number of tokens that one of the real tokenizers counts."""
    return max(len(tokenizer.encode(text)) for tokenizer in tokenizers())


def excerpts() -> list[str]:
    """Return excerpts of 2,000 characters of everything in this repository that is text."""
    files = sorted(
        path
        for folder in ("src", "tests", "docs")
        for path in (REPOSITORY / folder).rglob("*")
        if path.suffix in (".py", ".md", ".txt", ".tsv", ".json", ".c", ".ts", ".rs", ".go")
        and path.stat().st_size < 1 << 20
    )
    random.Random(1).shuffle(files)
    return [
        text[start : start + 2000]
        for path in files[:120]
        for text in [path.read_text("utf-8", "replace")]
        for start in range(0, min(len(text) - 500, 20_000), 10_000)
    ]


def test_no_real_tokenizer_counts_more_on_code() -> None:
    shares = [real_count(text) / count_tokens(text) for text in excerpts()]
    assert len(shares) > 100
    assert max(shares) <= 1
    assert sorted(shares)[len(shares) // 2] > 0.5, "the budget would be wasted"


def random_text(alphabet: str, length: int = 1500) -> str:
    choose = random.Random(alphabet).choice
    return "".join(choose(alphabet) for _ in range(length))


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(random.Random(1).randbytes(1200)).decode(),
        random.Random(1).randbytes(800).hex(),
        random_text(string.ascii_lowercase),
        random_text(string.ascii_letters),
        random_text(string.punctuation),
        random_text(string.digits),
        random_text(string.printable),
        random_text("".join(map(chr, range(0x4E00, 0x9FFF)))),
        random_text("".join(map(chr, range(0xA0, 0xD7FF)))),
        random_text("".join(map(chr, range(0x1F300, 0x1FAFF)))),
        random_text(" \t\n"),
        "=" * 5000,
        " " * 5000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_no_real_tokenizer_counts_more_on_hostile_text(text: str) -> None:
    assert real_count(text) <= count_tokens(text)


@given(st.text(st.characters(codec="utf-8"), min_size=200))
def test_no_real_tokenizer_counts_more_on_any_text(text: str) -> None:
    assert real_count(text) <= count_tokens(text)


LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=80))


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    found = []
    for number in range(draw(st.integers(0, 8))):
        lines = tuple(draw(LINES))
        start = draw(st.integers(1, 100_000))
        line = draw(st.integers(start, start + max(len(lines) - 1, 0)))
        path = draw(st.sampled_from(["a.py", "src/some/long/path/to/a/module.py", "x" * 4000]))
        found.append(Entry(path, line, start, lines, draw(st.text(max_size=20)), (str(number),)))
    return found


@given(entries(), st.integers(20, 3000))
def test_entries_fit_any_budget(found: list[Entry], tokens: int) -> None:
    blocks = fit(found, ("retry",), tokens)
    assert count_tokens("\n\n".join(blocks)) <= tokens
    assert len(blocks) <= len(found)
    assert bool(blocks) == bool(found)


def test_the_best_entry_is_whole_and_the_last_a_location() -> None:
    found = [
        Entry(f"m{n}.py", 1, 1, tuple(f"value_{i} = {i}" for i in range(12)), "", (str(n),))
        for n in range(10)
    ]
    blocks = fit(found, (), 600)
    assert blocks[0] == whole(found[0])
    assert blocks[-1] == location(found[len(blocks) - 1])
    assert len(blocks) == 10


@given(st.text(st.characters(codec="utf-8")), st.integers(0, 50))
def test_shortened_text_is_a_beginning_that_fits(text: str, tokens: int) -> None:
    short = shorten(text, tokens)
    assert count_tokens(short) <= tokens
    assert text.startswith(short.removesuffix("…"))


def hit(path: str, start: int, lines: list[str]) -> Hit:
    return Hit(path, start, start, start + len(lines) - 1, 1.0, "\n".join(lines) + "\n", None)


def same(text: str) -> str:
    return text


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 30), st.integers(1, 8)), max_size=12)
)
def test_merged_entries_hold_each_line_once(ranges: list[tuple[str, int, int]]) -> None:
    def lines(start: int, length: int) -> list[str]:
        return [f"line {number}" for number in range(start, start + length)]

    found = [entry_of(hit(path, start, lines(start, n)), path, same) for path, start, n in ranges]
    kept = merged(found)
    shown = [(e.path, e.start_line + i, text) for e in kept for i, text in enumerate(e.lines)]
    assert len(set(shown)) == len(shown)
    assert set(shown) == {
        (path, number, f"line {number}") for path, start, n in ranges for number in
        range(start, start + n)
    }  # fmt: skip
    assert sorted(key for e in kept for key in e.keys) == sorted(e.keys[0] for e in found)
    if found:
        assert kept[0].line == found[0].line


@given(st.text(), st.lists(st.text(max_size=5), max_size=cursor.MAX_SEEN))
def test_a_cursor_remembers_what_was_seen(request: str, keys: list[str]) -> None:
    seen = [cursor.digest(key) for key in keys]
    made = cursor.make(request, seen)
    assert cursor.read(request, made) == seen
    with pytest.raises(UsageError):
        cursor.read(request + " ", made)


@given(st.text(min_size=1))
def test_other_texts_are_no_cursors(text: str) -> None:
    try:
        cursor.read("request", text)
    except UsageError as error:
        assert "cursor" in str(error)
