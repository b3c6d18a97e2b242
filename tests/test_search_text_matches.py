"""Texts of many files searched at once: the same chunks as when RE2 searches each file."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codelode import Index
from codelode.errors import DamagedError, UsageError
from codelode.search import text_scan
from codelode.search.file_texts import file_texts
from codelode.search.regex_terms import common_literal
from codelode.search.text_matches import Layout, matched_chunks
from codelode.search.verbatim import Pattern, first_match, fixed_string, regex
from codelode.segment.reader import Segment
from tests.commandline import write_tree

SIGNS = "aAbkKsS_1 (.\n\n\r\x00\ufeffé\u212a\u017f\U0001d49c"
"""KELVIN SIGN and LONG S are equal to k and s, without regard to case."""

File = list[str]
"""The texts of the chunks of a file."""

chunks = st.text(SIGNS, max_size=6)
files = st.lists(
    st.builds(
        lambda parts, end: [*parts[:-1], parts[-1] + end],
        st.lists(chunks, min_size=1, max_size=4),
        st.sampled_from(["\n", "\n", ""]),
    ),
    min_size=1,
    max_size=6,
)

atoms = st.one_of(
    st.text("aAbkKsS_1éſ", min_size=1, max_size=2),
    st.sampled_from(["^", "$", r"\b", r"\B", r"\A", r"\z", ".", "(?s:.)", r"\C", ".*", "(?s:.*)"]),
    st.sampled_from([r"\s", r"\S", r"\W", r"\w+", r"\D", r"\pL", r"\PL", "[^a]", "[^a]*", "[ak]"]),
    st.sampled_from(["a*", "a?", "(?:ab|ak)", "(?:k|s)+", "(?i:k)", "(?-i:s)", "(?i)", "(?-m)"]),
    st.sampled_from([r"\n", r"\x0a", r"\x{a}", r"\x6b", r"\r", r"\(", r"\.", "(?:a|ba)", "a{2}"]),
)
sources = st.one_of(
    st.lists(atoms, min_size=1, max_size=4).map("".join),
    st.lists(st.lists(atoms, min_size=1, max_size=2).map("".join), min_size=2, max_size=3).map(
        "|".join
    ),
    st.builds(r"\b{}\b".format, st.sampled_from(["a", "ak", "a.*k", "s1"])),
)


class Joined(NamedTuple):
    text: bytes
    layout: Layout


def joined(tree: list[File]) -> Joined:
    parts = [[chunk.encode() for chunk in file] for file in tree]
    offsets = [0, *accumulate(sum(map(len, file)) for file in parts)]
    numbers = [0, *accumulate(map(len, parts))]
    sizes = [len(chunk) for file in parts for chunk in file]
    starts = list(accumulate(sizes[:-1], initial=0))
    return Joined(b"".join(map(b"".join, parts)), Layout(offsets, numbers, starts))


def one_by_one(pattern: Pattern, tree: list[File]) -> list[int]:
    """Return the numbers of the chunks in which a match begins, by searching each file alone."""
    found: list[int] = []
    first = 0
    for file in tree:
        parts = [chunk.encode() for chunk in file]
        starts = list(accumulate(map(len, parts[:-1]), initial=0))
        text, at = b"".join(parts), 0
        while (begin := first_match((pattern,), text, at)) is not None:
            place = bisect_right(starts, begin)
            found.append(first + place - 1)
            if place == len(starts):
                break
            at = starts[place]
        first += len(file)
    return found


def check(pattern: Pattern, tree: list[File]) -> None:
    text, layout = joined(tree)
    assert list(matched_chunks(pattern, text, lambda: layout)) == one_by_one(pattern, tree)


@settings(max_examples=200, deadline=None)
@given(tree=files, text=st.text(SIGNS, min_size=1, max_size=3), ignore_case=st.booleans())
@example(tree=[["\u212a"], ["k"], ["K\n"]], text="k", ignore_case=True)
@example(tree=[["a\n"], ["", "\na"]], text="\n\n", ignore_case=False)
@example(tree=[["a"], ["a"]], text="aa", ignore_case=False)
def test_fixed_strings(tree: list[File], text: str, ignore_case: bool) -> None:
    check(fixed_string(text, ignore_case), tree)


@settings(max_examples=300, deadline=None)
@given(tree=files, source=sources, ignore_case=st.booleans())
@example(tree=[["a\n"], ["b\n"]], source="^$", ignore_case=False)
@example(tree=[["a\n"], ["b\n"]], source=r"a\C\C", ignore_case=False)
@example(tree=[["a\n", "k\n"]], source=r"\Ck", ignore_case=False)
@example(tree=[["a"], ["b\n"]], source="a$", ignore_case=False)
@example(tree=[["a", "a\n"], ["", "k"]], source=r"\ba\b", ignore_case=False)
def test_regular_expressions(tree: list[File], source: str, ignore_case: bool) -> None:
    try:
        pattern = regex(source, ignore_case)
    except UsageError:  # RE2 refuses `^*`, for example
        return
    check(pattern, tree)


@pytest.mark.parametrize(
    ("source", "literal", "is_literal"),
    [
        ("foo", "foo", True),
        (r"foo\(", "foo(", True),
        (r"\x66oo", "foo", True),
        (r"struct.*\{", "struct", False),
        (r"a?foo+", "foo", False),
        ("foo{2}", "foo", False),
        ("^foo$", "foo", False),
        ("(?:foo|bar)_lock", "", False),
        ("(?:foo|foo)x?", "foo", False),
        ("foo(?: bar)?", "foo", False),
        ("foo|bar", "", False),
        ("key|xkey", "key", False),
        ("(?i)foo", "", False),
        ("[ab]", "", False),
    ],
)
def test_common_literal(source: str, literal: str, is_literal: bool) -> None:
    assert common_literal(source) == (literal, is_literal)


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> Segment:
    """Return a segment with files of many sizes, some longer than a block, some without text."""
    random = np.random.default_rng(5)
    folder = tmp_path_factory.mktemp("texts")
    tree: dict[str, str | bytes] = {"d/none.txt": "", "d/binary.bin": b"\x00\x01" * 50}
    for number in range(60):
        lines = [str(value) for value in random.integers(0, 10**6, int(random.integers(1, 1500)))]
        tree[f"d/f{number}.txt"] = "\n".join(lines)
    tree["d/f30x.txt"] = "\n".join(str(value) for value in range(60_000))
    index = Index.open(write_tree(folder / "tree", tree), folder / "index")
    index.update(jobs=1)
    (live,) = index.snapshot().segments
    return live.segment


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_file_texts(segment: Segment, data: st.DataObject) -> None:
    rows = len(segment.files)
    cuts = sorted(data.draw(st.sets(st.integers(0, rows), min_size=2, max_size=12)))
    runs = [range(*pair) for pair in zip(cuts[::2], cuts[1::2], strict=False)]
    read: list[int] = []
    for some, text in file_texts(segment, runs):
        sizes = segment.files["text_bytes"][some.start : some.stop].tolist()
        assert text == b"".join(
            segment.text(row, 0, size) for row, size in zip(some, sizes, strict=True)
        )
        read += some
    assert read == [row for run in runs for row in run]


def test_a_block_is_read_once(segment: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    block = Segment.block

    def counted(self: Segment, number: int, stop: int | None = None) -> bytes:
        read.append(number)
        return block(self, number, stop)

    monkeypatch.setattr(Segment, "block", counted)
    every_other = [range(row, row + 1) for row in range(0, len(segment.files), 2)]
    for _ in file_texts(segment, every_other):
        pass
    assert read == sorted(set(read))
    assert len(read) > 3


def test_damage_names_the_file(segment: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(segment), "block_starts", segment.block_starts[:2])
    with pytest.raises(DamagedError, match=r"d/f\d+x?\.txt: its text is missing"):
        list(file_texts(segment, [range(len(segment.files))]))


@pytest.mark.parametrize("size", [1, 1 << 12, 1 << 17, 1 << 30])
def test_groups_have_every_file_once(
    segment: Segment, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(text_scan, "GROUP_BYTES", size)
    groups = list(text_scan._groups(segment, None, (fixed_string("1"),)))
    found = [row for runs in groups for run in runs for row in run]
    assert found == np.flatnonzero(segment.files["chunks"]).tolist()
    assert (len(groups) == 1) == (size == 1 << 30)
