"""Quoted parts, fixed strings and regular expressions: exact, wherever the text stands.

The reference is Python's `re` over the text of every file, without postings.
"""

from __future__ import annotations

import re
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode import Index
from codelode.errors import UsageError
from codelode.search.filters import chunk_masks
from codelode.search.regex_terms import ANYTHING, required_terms
from codelode.search.shard import Shard
from codelode.search.text_scan import files_with_terms
from codelode.search.verbatim import (
    Pattern,
    fixed_string,
    literal_words,
    quoted_parts,
    regex,
    without_quotes,
)
from tests.commandline import SAMPLE, CommandLine, write_tree

WORDS = "alpha beta getName set_name HTTPServer x_1 é2e 0x1F4u naïve Straße K ſet x".split()
LINE_ENDS = ("\n", "\n", "\n", "\r\n", "\r")


def _line(random: np.random.Generator, words: int) -> str:
    signs = (" ", " ", "(", "->", ".", "_", "-", "  ", "\t", '"', "é")
    return "".join(f"{random.choice(WORDS)}{random.choice(signs)}" for _ in range(words))


def _tree() -> dict[str, str | bytes]:
    """Return small files, long files, and files with lines that are split into several chunks."""
    random = np.random.default_rng(7)
    tree: dict[str, str | bytes] = {"empty.txt": "", "line.txt": "alpha", "ends.txt": "beta\n\n"}
    for number in range(24):
        lines = [_line(random, int(random.integers(0, 9))) for _ in range(12 * number % 150)]
        end = str(random.choice(LINE_ENDS))
        tree[f"d{number % 3}/f{number}.txt"] = end.join(lines)
    for number in range(2):
        tree[f"long{number}.js"] = _line(random, 3000) + "\n" + _line(random, 5)
        tree[f"data{number}.txt"] = "alpha" * 2000 + " beta " + "x" * 5000 + " set_name(\n"
    return tree


@pytest.fixture(scope="module")
def shard(tmp_path_factory: pytest.TempPathFactory) -> Shard:
    folder = tmp_path_factory.mktemp("verbatim")
    root = write_tree(folder / "tree", _tree())
    index = Index.open(root, folder / "index")
    index.update(jobs=1)
    (root / "d0/f3.txt").write_text("alpha was rewritten\n")
    (root / "new.txt").write_text("getName(alpha)\n" * 200)
    index.update(jobs=1)
    return Shard(index.snapshot())


def found(shard: Shard, *required: tuple[Pattern, ...]) -> list[list[int]]:
    """Return the ordinals that the filter allows, by segment."""
    masks = chunk_masks(shard, required=required)
    return [
        list(range(len(live.segment.chunks))) if mask is None else mask.ordinals.tolist()
        for live, mask in zip(shard.snapshot.segments, masks, strict=True)
    ]


def expected(shard: Shard, source: str, *, lines: bool, flags: int) -> list[list[int]]:
    """Return the live chunks in which a match begins."""
    pattern = re.compile(source, flags | re.MULTILINE)
    return [
        [
            ordinal
            for ordinal, text, begin, stop in chunks
            if _begins(pattern, text, begin, stop, lines=lines)
        ]
        for chunks in live_chunks(shard)
    ]


@cache
def live_chunks(shard: Shard) -> list[list[tuple[int, str, int, int]]]:
    """Return each live chunk, by segment: ordinal, the file's text, begin and end in that text."""
    result = []
    for live in shard.snapshot.segments:
        segment, own = live.segment, []
        for ordinal, chunk in enumerate(segment.chunks):
            file, start = int(chunk["file"]), int(chunk["start"])
            if live.files[file]:
                data = segment.text(file, 0, int(segment.files["text_bytes"][file]))
                ends = (data[:start], data[: start + int(chunk["length"])])
                begin, stop = (len(part.decode()) for part in ends)
                own.append((ordinal, data.decode(), begin, stop))
        result.append(own)
    return result


def _begins(pattern: re.Pattern[str], text: str, begin: int, stop: int, *, lines: bool) -> bool:
    last = stop == len(text)
    if not lines:
        match = pattern.search(text, begin)
        return match is not None and (match.start() < stop or last)
    while begin < stop or (last and begin <= stop):
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        match = pattern.search(text, begin, end)
        if match is not None and (match.start() < stop or last):
            return True
        begin = end + 1
    return False


fixed_texts = st.one_of(
    st.text('aAlpHb_ 1.(é->"\nKkSs', min_size=1, max_size=4),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(WORDS),
        st.sampled_from([" ", "(", "->", "\n", "\r\n", ".", ""]),
        st.sampled_from(WORDS),
    ),
    st.builds(" {}(".format, st.sampled_from(WORDS)),
)


@settings(max_examples=60, deadline=None)
@given(text=fixed_texts, ignore_case=st.booleans())
def test_fixed_strings(shard: Shard, text: str, ignore_case: bool) -> None:
    flags = re.IGNORECASE if ignore_case else 0
    reference = expected(shard, re.escape(text), lines=False, flags=flags)
    assert found(shard, (fixed_string(text, ignore_case),)) == reference


atoms = st.one_of(
    st.sampled_from(["alpha", "beta", "set_name", "HTTPServer", "x_1", "a", "N", "_", "é", "1"]),
    st.sampled_from([r"\(", r"\.", "-", ">", '"', " ", r"\s", r"\s+", r"\s*", "[(.]", "[(.]?"]),
    # Few repetitions without a bound: the reference would backtrack for minutes.
    st.sampled_from([".", ".{0,3}", r"\w{1,3}", r"\d", r"[^\n ]", "^", "$", "x?", "a+", "e{2}"]),
)
sequences = st.lists(atoms, min_size=1, max_size=4).map("".join)
groups = st.lists(sequences, min_size=1, max_size=3).map(lambda each: f"(?:{'|'.join(each)})")
regexes = st.one_of(
    sequences,
    st.lists(st.one_of(atoms, groups, st.just(r"\n")), min_size=1, max_size=4).map("".join),
    st.lists(sequences, min_size=2, max_size=3).map("|".join),
)


@settings(max_examples=100, deadline=None)
@given(source=regexes, ignore_case=st.booleans())
def test_regular_expressions(shard: Shard, source: str, ignore_case: bool) -> None:
    flags = re.IGNORECASE if ignore_case else 0
    try:
        pattern = regex(source, ignore_case)
    except UsageError:  # RE2 refuses `^*` and `.**`, for example
        with pytest.raises(re.error):
            re.compile(source)
        return
    ascii_only = source.replace(r"\w", "[0-9A-Za-z_]").replace(r"\s", r"[ \t\n\f\r]")
    ascii_only = ascii_only.replace(r"\d", "[0-9]")
    reference = expected(shard, ascii_only, lines=r"\n" not in source, flags=flags)
    assert found(shard, (pattern,)) == reference


@settings(max_examples=40, deadline=None)
@given(
    word=st.sampled_from(WORDS),
    other=st.sampled_from(WORDS),
    ends=st.sampled_from([(r"\b", r"\b"), (r"\b", ""), ("", r"\b"), (r"\b", r"\(")]),
)
def test_word_edges(shard: Shard, word: str, other: str, ends: tuple[str, str]) -> None:
    """At the edges of a pattern, characters beyond ASCII count as letters of words."""
    if not (word + other).isascii():
        return
    first, last = ends
    letter = r"[0-9A-Za-z_\x80-\U0010ffff]"
    for text in (word, f"{word}.*{other}"):
        reference = text + last
        if first:
            reference = f"(?<!{letter})" + reference
        reference = re.sub(r"\\b\Z", lambda _: f"(?!{letter})", reference)
        chunks = expected(shard, reference, lines=True, flags=re.ASCII)
        assert found(shard, (regex(first + text + last),)) == chunks


def test_several_patterns(shard: Shard) -> None:
    """Every requirement must match, by at least one of its alternatives."""
    alpha, server = regex(r"alpha\("), fixed_string("HTTPServer.")
    either, both = found(shard, (alpha, server)), found(shard, (alpha,), (server,))
    one, other = found(shard, (alpha,)), found(shard, (server,))
    pairs = list(zip(one, other, strict=True))
    assert either == [sorted({*a, *b}) for a, b in pairs]
    assert both == [sorted({*a} & {*b}) for a, b in pairs]
    assert any(both)


def test_files_are_narrowed_down(shard: Shard) -> None:
    segment = shard.segment(len(shard) - 1)
    assert files_with_terms(segment, (fixed_string(" rewritten\n"),)).sum() == 1
    assert files_with_terms(segment, (fixed_string("rewritten"),)).all()


@pytest.mark.parametrize(
    ("pattern", "alternatives"),
    [
        (r"foo\(bar, ", [{"bar"}]),
        ("foo", ANYTHING),
        ("^foo$", [{"foo"}]),
        (r"\sfoo\s*\(", [{"foo"}]),
        (r"\sfoo\s*bar\s", ANYTHING),
        (r"\sfoo\s+bar\s", [{"foo", "bar"}]),
        (r" (?:foo|bar) baz ", [{"foo", "baz"}, {"bar", "baz"}]),
        ("^foo$|^bar$", [{"foo"}, {"bar"}]),
        ("^foo$|bar", ANYTHING),
        (r" foo(?: bar)? ", ANYTHING),
        (r" (?:foo )?bar ", ANYTHING),
        (r" (?P<name>foo) ", [{"foo"}]),
        (r" get_name ", [{"get_name"}]),
        (" _foo_ ", [{"foo"}]),
        (" 0x1F4UL ", [{"0x1f4"}]),
        (" Foo ", [{"foo"}]),
        (r" bar+ ", ANYTHING),
        (r"\x20foo\x{20}", [{"foo"}]),
        ("[ (]foo[)]", [{"foo"}]),
        ("[^a]foo[^a]", ANYTHING),
        (r"\bfoo\b", ANYTHING),  # `regex` rewrites such edges first
        ("éfoo ", ANYTHING),
        ("(?i) foo ", ANYTHING),
        (r"\Q foo \E", ANYTHING),
        (r"\pL foo \pL", ANYTHING),
        ("\ue001foo\ue001", ANYTHING),
        (r"\x{e001}foo\x{e001}", ANYTHING),
        (f" {'a' * 2000} ", ANYTHING),
        ("(" * 500 + " a " + ")" * 500, ANYTHING),
        ("|".join(f" a{i} " for i in range(1000)), ANYTHING),
    ],
)
def test_required_terms(pattern: str, alternatives: Any) -> None:
    assert set(required_terms(pattern)) == {frozenset(each) for each in alternatives}


def test_edges_are_narrowed_down() -> None:
    assert regex(r"\bfoo_bar\b").terms == (frozenset({"foo_bar"}),)
    assert regex(r"\bfoo\(").terms == (frozenset({"foo"}),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a)", "unexpected"),
        ("(a", "missing"),
        ("a**", "bad repetition"),
        (r"(a)\1", "invalid escape"),
        ("(?=a)", "invalid"),
        ("[a", "missing"),
        ("a{1001}", "invalid repetition size"),
        ("((a{100}){100}){100}", "bad pattern"),
        ("", "empty"),
        ("a" * 70_000, "more than"),
    ],
)
def test_bad_patterns(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        regex(text)
    assert "\n" not in str(caught.value)
    assert "(?m)" not in str(caught.value)


def test_no_pattern_is_catastrophic(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.txt": "a" * 900_000 + "\n" + "x = y\n" * 10_000})
    index = Index.open(root, tmp_path / "index")
    index.update(jobs=1)
    for pattern in ("(a*)*b", "(a|aa)+$b", "(x+x+)+y$", "(.*)*(.*)*(.*)*!", " " * 60_000):
        began = time.process_time()
        index.search(regex=pattern)
        assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("query", "parts", "rest"),
    [
        ('"connection refused"', ["connection refused"], "connection refused"),
        ('why "is it" so, "really"?', ["is it", "really"], "why is it so, really?"),
        ('printf("%d")', [], 'printf("%d")'),
        ('a 3" pipe and 4" pipe', [], 'a 3" pipe and 4" pipe'),
        ('"" and " "', [], '"" and " "'),
        ('"a" "a"', ["a"], "a a"),
        ('"unfinished', [], '"unfinished'),
        ('File "a.py", line 1', [], 'File "a.py", line 1'),
        ('log:\n error "x" in it\n', [], 'log:\n error "x" in it\n'),
        ('"key": 1', ["key"], "key: 1"),
    ],
)
def test_quoted_parts(query: str, parts: list[str], rest: str) -> None:
    assert (list(quoted_parts(query)), without_quotes(query)) == (parts, rest)


def test_words_of_a_pattern() -> None:
    assert literal_words(r"def (?P<name>\w+)_retry\(\x41[[:alpha:]]{2,3}") == "def _retry"
    assert literal_words(r"\d+") == ""


TREE: dict[str, str | bytes] = {
    **SAMPLE,
    "src/client.py": "def send():\n    raise OSError('Connection refused')\n",
    "src/other.py": "def send_all():\n    refused = connection\n    resend()\n",
    "src/list.c": "int next(struct a *a)\n{\n\treturn a->next + 50051;\n}\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("patterns")
    index = Index.open(write_tree(folder / "tree", TREE), folder / "index")
    index.update(jobs=1)
    return index


def test_a_quoted_part_must_occur(index: Index) -> None:
    for query in ('"connection refused"', 'where is "connection REFUSED" raised'):
        hits = index.search(query)
        assert [(hit.path, hit.line) for hit in hits] == [("src/client.py", 2)]
        assert "Connection refused" in hits[0].text
    assert index.search('"connection accepted"') == []
    assert {hit.path for hit in index.search("connection refused")} > {"src/other.py"}


@pytest.mark.parametrize("mode", ["hybrid", "lexical"])
def test_patterns_without_a_query(index: Index, mode: Any) -> None:
    hits = index.search(regex=r"\d{5}", mode=mode)
    assert [(hit.path, hit.line) for hit in hits] == [("src/list.c", 3)]
    hits = index.search(fixed_strings="send(", mode=mode)
    assert {hit.path for hit in hits} == {"src/client.py", "src/other.py"}
    hits = index.search(regex=r"\bsend\(", mode=mode)
    assert [(hit.path, hit.line) for hit in hits] == [("src/client.py", 1)]
    assert [hit.path for hit in index.search(fixed_strings="a->", mode=mode)] == ["src/list.c"]


def test_patterns_with_a_query(index: Index) -> None:
    hits = index.search("retry", regex=["schedule", "push"], ignore_case=True)
    assert {hit.path for hit in hits} >= {"src/retry.py", "lib/queue.go"}
    assert not {hit.path for hit in hits} & {"src/client.py", "src/config.ts"}
    hits = index.search("retry", regex="schedule", globs="docs/**")
    assert {hit.path for hit in hits} <= {"docs/guide.md"}


def test_a_pattern_or_a_query_is_required(index: Index) -> None:
    with pytest.raises(UsageError, match="the query is empty"):
        index.search()
    with pytest.raises(UsageError, match="must be a string or a list"):
        index.search(regex=3)  # type: ignore[arg-type]


def test_the_command_line(lode: CommandLine, tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", TREE)
    files = lode("search", "-l", "-F", "->next", cwd=root).must_succeed().text
    assert files == "src/list.c\n"
    assert lode("search", "-l", "-e", "->n.x", cwd=root).must_succeed().text == files
    both = lode("search", "-l", "-e", r"\d{5}", "-F", "Connection", cwd=root).must_succeed().text
    assert sorted(both.splitlines()) == ["src/client.py", "src/list.c"]
    send = lode("search", "-l", "send", "-i", "-F", "connection r", cwd=root)
    assert send.text == "src/client.py\n"
    hits = lode("search", "--json", "-F", "refused'", root).must_succeed().json
    assert (hits["query"], len(hits["hits"]), hits["hits"][0]["line"]) == ("", 1, 2)
    assert lode("search", "-F", "nowhere in it", root).code == 1
    missing = lode("search", '"nowhere in it"', root)
    assert (missing.code, missing.out) == (1, b"")
    assert "leave out the quotes" in missing.message
    lode("search", "-e", "a)", root).must_be_refused("bad pattern 'a)'", "unexpected )")
    lode("search", "-F", "", root).must_be_refused("a pattern is empty")
