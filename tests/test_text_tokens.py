"""The tokenizer: one for documents and queries."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.text.tokens import (
    count_words,
    parts,
    spelled,
    split_words,
    term_hash,
    term_hashes,
    terms,
    text_parts,
    text_terms,
    words,
)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("getHTTPResponse_v2", "get http response v 2 gethttpresponse_v2"),
        ("XMLHttpRequest", "xml http request xmlhttprequest"),
        ("__init__", "init"),
        ("MAX_SIZE", "max size max_size"),
        ("sha256", "sha 256 sha256"),
        ("i18n", "i 18 n i18n"),
        ("404", "404"),
        ("0xdeadbeef", ""),
        ("1234567", ""),
        ("naïveÜber", "naïve über naïveüber"),
        ("日本語検索", "日本 本語 語検 検索 日本語検索"),
        ("привет", "привет"),
        ("x" * 65, ""),
    ],
)
def test_terms_of_a_word(word: str, expected: str) -> None:
    assert " ".join(terms(word.encode())) == expected


def test_words_are_cut_at_punctuation() -> None:
    assert words(b"foo.bar(baz_qux, 'a-b')") == [b"foo", b"bar", b"baz_qux", b"a", b"b"]


def test_a_query_finds_what_a_document_says() -> None:
    document = set(text_terms("def TemporaryDirectory(suffix=None):"))
    for query in ("temporary directory", "TemporaryDirectory", "temporarydirectory", "Suffix"):
        assert set(text_terms(query)) <= document


@given(st.lists(st.text(alphabet="ab_ C1é日\n.", max_size=30), max_size=8))
def test_counts_are_those_of_a_counter(texts: list[str]) -> None:
    encoded = [text.encode() for text in texts]
    counted = count_words(encoded)
    for row, text in enumerate(encoded):
        span = slice(counted.indptr[row], counted.indptr[row + 1])
        ids = counted.ids[span].tolist()
        assert ids == sorted(ids)
        found = {
            counted.vocabulary[i]: n
            for i, n in zip(ids, counted.counts[span].tolist(), strict=True)
        }
        assert found == Counter(words(text))


@given(st.lists(st.text(alphabet="ab_ C1é日\n.", max_size=30), max_size=8))
def test_counts_of_parts_are_those_of_a_counter(texts: list[str]) -> None:
    counted = count_words([text.encode() for text in texts])
    found = counted.part_counts
    rows = list(zip(found.texts.tolist(), found.parts.tolist(), found.counts.tolist(), strict=True))
    assert rows == sorted(rows)
    assert {(row, counted.parts.parts[part]): n for row, part, n in rows} == Counter(
        (row, part) for row, text in enumerate(texts) for part in text_parts(text)
    )


@given(st.binary(max_size=80))
def test_any_bytes_have_terms_in_lower_case(word: bytes) -> None:
    for term in terms(word):
        assert term == term.casefold()
        assert term


@given(st.from_regex(r"[A-Za-z0-9_]{1,40}", fullmatch=True))
def test_parts_keep_every_letter(word: str) -> None:
    found = parts(word.encode())
    if found:
        assert "".join(found) == word.replace("_", "").lower()


identifier = st.one_of(
    st.text(alphabet="aBc_19é日x", min_size=1, max_size=70),
    st.text(alphabet="abABxX_019", min_size=1, max_size=12),  # mostly without foreign letters
)


@given(st.lists(identifier, max_size=20))
def test_splitting_many_words_is_splitting_each(found: list[str]) -> None:
    vocabulary = [word.encode() for word in found]
    split = split_words(spelled(vocabulary))
    rows = [
        tuple(split.parts[i] for i in split.ids[split.starts[row] : split.starts[row + 1]])
        for row in range(len(vocabulary))
    ]
    assert rows == [parts(word) for word in vocabulary]
    assert len(set(split.parts)) == len(split.parts)
    wholes = dict(zip(split.compounds.tolist(), split.wholes, strict=True))
    for number, (row, word) in enumerate(zip(rows, vocabulary, strict=True)):
        whole = (wholes[number].decode(),) if number in wholes else ()
        assert row + whole == terms(word)


def test_words_too_long_for_terms_are_not_counted() -> None:
    counted = count_words([b"a " + b"x" * 64, b"y" * 65 + b" a", b"z" * 100_000])
    assert counted.vocabulary == [b"a", b"x" * 64]
    assert counted.indptr.tolist() == [0, 2, 3, 3]


@given(st.lists(st.text(max_size=12).map(str.encode), max_size=8))
def test_hashes_of_many_terms_are_those_of_each(found: list[bytes]) -> None:
    assert term_hashes(found).tolist() == [term_hash(term.decode()) for term in found]


def test_hashes_of_a_field_are_those_of_each() -> None:
    assert term_hashes([b"open"], "d").tolist() == [term_hash("open", "d")]


def test_fields_do_not_mix() -> None:
    assert term_hash("open") != term_hash("open", "d")
    assert term_hash("d:open") == term_hash("open", "d")  # no word holds a colon
