"""Scripts: any script is searchable, however it is typed."""

from __future__ import annotations

import time
from unicodedata import category, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.text.scripts import segment
from codelode.text.tokens import words
from codelode.text.word_counts import count_words
from tests.plain_terms import text_terms

CHINESE = "# 如果用户不存在就返回空列表，否则返回用户的订单（见税率表）。" * 3


@pytest.mark.parametrize(
    ("document", "query"),
    [
        (CHINESE, "用户不存在"),
        (CHINESE, "税"),
        (CHINESE, "如果用户不存在就返回空列表，否则返回用户的订单"),
        ("税率", "税"),
        ("人々のデータを処理", "データ"),
        ("人々のデータを処理", "人々"),
        ("ﾃﾞｰﾀを処理", "データ"),
        ("データ", "ﾃﾞｰﾀ"),
        ("が", "か\u3099"),
        ("𠮷野家の注文", "𠮷野家"),
        ("𠮷野家の注文", "𠮷"),
        ("注音ㄅㄆㄇㄈ", "ㄅㄆ"),
        ("사용자데이터를 처리", "데이터"),
        (normalize("NFD", "사용자데이터를"), "데이터"),
        ("ราคาสินค้า", "ราคา"),
        ("ราคาสินค้า", "สินค้า"),
        ("កម្មវិធីកុំព្យូទ័រ", "កុំព្យូទ័រ"),
        ("ပြည်ထောင်စု", "ပြည်"),
        ("ລາຄາສິນຄ້າ", "ລາຄາ"),
        ("हिन्दी में खोज", "हिन्दी"),
        ("مُحَمَّد", "محمد"),
        ("محمد", "مُحَمَّد"),
        ("كتـــاب", "كتاب"),
        ("שָׁלוֹם", "שלום"),
        ("می‌خواهم", "می‌خواهم"),
        ("naïve", "nai\u0308ve"),
        (normalize("NFD", "größeÄndern"), "ändern"),
        ("ＧｅｔＵｓｅｒ", "getuser"),
        ("１２３４５", "12345"),
        ("ﬁnd_ﬀ", "find_ff"),
        ("API调用Service", "api"),
        ("API调用Service", "调用"),
        ("API调用Service", "service"),
        ("get_订单_by_id", "订单"),
        ("订单服务", "订单"),
        ("订单；服务", "服务"),
        ("проверить_остаток", "остаток"),
        ("проверить_остаток", "проверить_остаток"),
        ("ПроверитьОстаток", "остаток"),
        ("İstanbul", "i̇stanbul"),
        ("co\u00adoperate", "cooperate"),
        ("ключ\u200bслово", "слово"),
        ("μs", "µs"),
        ("größe－maximal", "größe-maximal"),
    ],
)
def test_documents_are_found(document: str, query: str) -> None:
    counted = count_words([document.encode()])
    parts = {counted.parts.parts[i] for i in counted.part_counts.parts}
    indexed = parts | {whole.decode() for whole in counted.parts.wholes}
    assert text_terms(query)
    assert set(text_terms(query)) <= indexed


@pytest.mark.parametrize(
    "text", ["🚀", "==", "=>", "，。！", "❤️", "\u200b", "∑→", "\ufffd", "١" * 0]
)
def test_what_has_nothing_to_look_for(text: str) -> None:
    assert text_terms(text) == []


def test_marks_do_not_cut_words() -> None:
    assert words("हिन्दी".encode()) == ["हिन्दी".encode()]
    assert text_terms("हिन्दी") == ["हिन्दी"]
    assert [word.decode() for word in words("กำลัง".encode())] != list("กำลัง")


def test_ascii_is_left_alone() -> None:
    text = b"def get_user(id: int) -> User:  # why"
    assert segment(text) is text


@given(st.text(max_size=60))
def test_any_text_becomes_words(text: str) -> None:
    result = segment(text.encode("utf-8", "surrogatepass"))
    assert result.decode().strip() or not any(c.isascii() and c.isalnum() for c in text)
    assert b"\0" not in result or "\0" in text


@given(st.text(alphabet="税率用户订单データ々𠮷ราคาสินค้า한국어", min_size=2, max_size=40), st.data())
def test_every_piece_of_a_text_without_spaces_is_found(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 2))
    stop = data.draw(st.integers(start + 2, len(text)))
    while category(text[start]) == "Mn" and start:  # marks stay with their letter
        start -= 1
    while stop < len(text) and category(text[stop]) == "Mn":
        stop += 1
    found, wanted = set(words(text.encode())), set(words(text[start:stop].encode()))
    # At either end, the piece may have a single letter of a longer run. In the words of the whole
    # text, this letter occurs only in pairs of letters.
    missing = {word.decode() for word in wanted - found}
    assert len(missing) <= 2


@given(st.text(alphabet="税率用户订单", min_size=1, max_size=40), st.data())
def test_every_piece_of_a_chinese_text_is_found(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    stop = data.draw(st.integers(start + 1, len(text)))
    assert set(words(text[start:stop].encode())) <= set(words(text.encode()))


@given(st.text(max_size=40))
def test_composed_and_decomposed_text_are_one(text: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    forms = {tuple(words(normalize(form, text).encode())) for form in ("NFC", "NFD")}
    assert len(forms) == 1


@pytest.mark.parametrize(
    "text",
    [
        "a" + "\u0301\u0316" * 300_000,
        "\u05b0\u05bc" * 300_000,
        "税" * 300_000,
        "\ufdfa" * 100_000,
        "ก็" * 200_000,
        "я" * 500_000,
        "\U000e0100" * 200_000,
    ],
)
def test_hostile_text_costs_little_time(text: str) -> None:
    began = time.process_time()
    count_words([text.encode()]).part_counts  # noqa: B018
    assert time.process_time() - began < 5
