"""The tokenizer, which documents and queries share."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codelode.text.scripts import segment
from codelode.text.tokens import (
    MAX_COMPOUND_BYTES,
    MAX_WORD_BYTES,
    folded_name,
    parts,
    term_hash,
    term_hashes,
    terms,
    text_parts,
    words,
)
from codelode.text.word_counts import count_words, spelled
from codelode.text.word_parts import WORD_END, split_words
from codelode.text.word_spans import MAX_EXACT
from tests.plain_terms import text_terms


def vocabulary_of(*texts: bytes) -> list[bytes]:
    """Return the distinct words that an index keeps of some texts."""
    return count_words(texts).spelled.split(WORD_END)[:-1]


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
        ("naïveÜber", "naïve über naïveüber"),
        ("привет", "привет"),
        ("проверить_остаток", "проверить остаток проверить_остаток"),
        ("_", ""),
    ],
)
def test_terms_of_a_word(word: str, expected: str) -> None:
    assert " ".join(terms(word.encode())) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("50051", "50051"),
        ("0x80070005", "0x80070005"),
        ("0xDEADBEEF", "0xdeadbeef"),
        ("1_000_000", "1000000"),
        ("0x80070005UL", "0x80070005"),
        ("50051u32", "50051"),
        ("1234567", "1234567"),
        ("a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"),
    ],
)
def test_numbers_are_found_as_a_whole(number: str, expected: str) -> None:
    assert terms(number.encode()) == (expected,)
    assert parts(number.encode()) == ()


@pytest.mark.parametrize("word", ["deadbeefdeadbeef", "accededefaced", "decade2020", "3dview"])
def test_words_that_only_look_like_numbers_have_parts(word: str) -> None:
    assert parts(word.encode())


@pytest.mark.parametrize(
    "compound",
    [
        "lazyfree-lazy-eviction",
        "lua-filter",
        "spring.datasource.url",
        "scope/pkg",
        "src/flask/ctx.py",
        "Content-Type",
        "PROJ-48213",
        "CVE-2021-44228",
        "v1.24.3",
        "550e8400-e29b-41d4-a716-446655440000",
        "user@example.org",
        "größe-maximal",
    ],
)
def test_compounds_are_terms_beside_their_words(compound: str) -> None:
    *own, whole = words(f"--{compound},".encode())
    assert own == words(compound.encode())[:-1]
    assert terms(whole) == (compound.casefold(),)
    assert parts(whole) == ()
    assert text_terms(compound)[-1] == compound.casefold()


@pytest.mark.parametrize("text", ["a->b", "a - b", "std::vector", "a.. b", "a/*b*/", "x--y", "-a-"])
def test_what_is_no_compound(text: str) -> None:
    assert not any(set(word) & set(b"-./@") for word in words(text.encode()))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("x = config.retries + 1", False),
        ("see 'settings.yml' or", True),
        ("see `settings.yml`", True),
        ("'*.test.ts'", True),
        ("'./settings.yml', 'read settings.yml'", True),
        ("#include <stdio.h>", True),
        ("\nserver.port=8080", True),
        ("\nserver.port: 8080", True),
        ("a.b.c()", True),
        ("n-1", True),
    ],
)
def test_an_index_keeps_no_attributes_of_code(text: str, kept: bool) -> None:
    vocabulary = vocabulary_of(text.encode())
    assert any(set(word) & set(b"-./@") for word in vocabulary) == kept


def test_words_are_cut_at_punctuation() -> None:
    found = words(b"foo.bar(baz_qux, 'a-b')")
    assert found == [b"foo", b"bar", b"baz_qux", b"a", b"b", b"foo.bar", b"a-b"]


def test_a_query_finds_what_a_document_says() -> None:
    document = set(text_terms("def TemporaryDirectory(suffix=None):"))
    for query in ("temporary directory", "TemporaryDirectory", "temporarydirectory", "Suffix"):
        assert set(text_terms(query)) <= document


@pytest.mark.parametrize("size", [65, 255, MAX_WORD_BYTES])
def test_long_identifiers_keep_their_parts_and_themselves(size: int) -> None:
    name = ("test_a_response_with_retries_is_closed_" * 40)[: size - 4] + "_end"
    assert len(name) == size
    found = terms(name.encode())
    assert found[-1] == name
    assert {"response", "retries", "closed", "end"} <= set(found)


@pytest.mark.parametrize("word", ["x" * 65, "aB3" * 30, "Zk9Qx" * 20, "acgt" * 20])
def test_long_data_is_one_term(word: str) -> None:
    assert terms(word.encode()) == (word.casefold(),)


def test_longer_words_have_no_terms() -> None:
    assert terms(b"x" * (MAX_WORD_BYTES + 1)) == ()
    counted = count_words([b"a " + b"x" * MAX_WORD_BYTES, b"y" * 2000 + b" a", b"z" * 100_000])
    assert counted.spelled.split(WORD_END)[:-1] == [b"a", b"x" * MAX_WORD_BYTES]
    assert counted.indptr.tolist() == [0, 2, 3, 3]


def test_random_data_adds_little_to_a_dictionary() -> None:
    numbers = b", ".join(b"0x%08x" % (i * 2654435761 % 2**32) for i in range(500))
    identifiers = b" ".join(b"9%07x-%04x" % (i * 2654435761 % 2**28, i) for i in range(500))
    for text in (numbers, identifiers):
        exact = [word for word in vocabulary_of(text) if len(word) > 4]
        assert len(exact) <= 2 * MAX_EXACT


def indexed_words(text: bytes) -> list[bytes]:
    """Return the words that an index keeps of a text, found one by one."""
    text = b" " + segment(text) + b" "
    found: list[bytes] = []
    numbers = compounds = 0
    for match in re.finditer(rb"[0-9A-Za-z_\x80-\xff]+", text):
        word = match[0]
        if len(word) > 4 and word[:1].isdigit():
            numbers += 1
            if numbers > MAX_EXACT:
                continue
        if len(word) <= MAX_WORD_BYTES:
            found.append(word)
    letters = rb"[0-9A-Za-z_\x80-\xff]+"
    for match in re.finditer(letters + rb"(?:[-./@]" + letters + rb")+", text):
        before, after = text[match.start() - 1 : match.start()], text[match.end() :][:1]
        quotes, loose = b"\"'`<>", b"\"'`<> ./*-@~,"
        quoted = (before in quotes and after in loose) or (before in loose and after in quotes)
        key = before == b"\n" and after in b"=:"
        attribute = re.fullmatch(letters + rb"\." + letters, match[0]) and not (quoted or key)
        if len(match[0]) <= MAX_COMPOUND_BYTES and not attribute:
            compounds += 1
            if compounds <= MAX_EXACT:
                found.append(match[0])
    return found


text_like = st.text(alphabet="ab_ C1é日\n.-/'=", max_size=30)


@given(st.lists(text_like, max_size=8))
@example(["12345 " * 70, "a", "1-2 " * 70 + "123456"])
@example([f"'{'a.' * 64}b'", "日本 a.b='a.b'\na.b=1"])
def test_counts_are_those_of_a_counter(texts: list[str]) -> None:
    encoded = [text.encode() for text in texts]
    counted = count_words(encoded)
    vocabulary = vocabulary_of(*encoded)
    for row, text in enumerate(encoded):
        span = slice(counted.indptr[row], counted.indptr[row + 1])
        ids = counted.ids[span].tolist()
        assert ids == sorted(ids)
        found = {vocabulary[i]: n for i, n in zip(ids, counted.counts[span].tolist(), strict=True)}
        assert found == Counter(indexed_words(text))
        assert set(found) <= set(words(text))


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
    st.text(alphabet="0123abcdefuULxX_", min_size=4, max_size=20),  # mostly numbers
    st.text(alphabet="ab1-./@é", min_size=1, max_size=12),
    st.text(alphabet="abcXY_", min_size=64, max_size=90),
)


@given(st.lists(identifier, max_size=20))
@example(["a94a8fe5ccb19ba6", "A94A8FE5CCB19BA6", "a94a8fe5ccb19bA6", "0xfeUL", "100UL", "12345"])
def test_splitting_many_words_is_splitting_each(found: list[str]) -> None:
    vocabulary = [word.encode() for word in found]
    split = split_words(spelled(vocabulary))
    rows = [
        tuple(split.parts[i] for i in split.ids[split.starts[row] : split.starts[row + 1]])
        for row in range(len(vocabulary))
    ]
    assert rows == [parts(word) for word in vocabulary]
    assert len(set(split.parts)) == len(split.parts)
    wholes = dict(zip(split.whole_words.tolist(), split.wholes, strict=True))
    assert len(wholes) == len(split.wholes)
    for number, (row, word) in enumerate(zip(rows, vocabulary, strict=True)):
        whole = (wholes[number].decode(),) if number in wholes else ()
        assert row + whole == terms(word)


@given(st.lists(st.text(max_size=12).map(str.encode), max_size=8))
def test_hashes_of_many_terms_are_those_of_each(found: list[bytes]) -> None:
    assert term_hashes(found).tolist() == [term_hash(term.decode()) for term in found]


def test_hashes_of_a_field_are_those_of_each() -> None:
    assert term_hashes([b"open"], "d").tolist() == [term_hash("open", "d")]


def test_fields_do_not_mix() -> None:
    assert term_hash("open") != term_hash("open", "d")
    assert term_hash("d:open") == term_hash("open", "d")  # no word holds a colon


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("getUser", "GETUSER"),
        ("a\u0308ndern", "ÄNDERN"),
        ("ｶﾅ", "カナ"),
        ("n" * 300, "n" * 255),  # a hit shows only this much of the name
    ],
)
def test_names_are_filed_by_one_key(written: str, asked: str) -> None:
    assert folded_name(written) == folded_name(asked)
