"""The one rule for suggestions: which known words a misspelled one may stand for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.nearest import all_near, nearest, not_one_of

KNOWN = ("search", "symbols", "status", "serve", "JSON")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("search", "search"),
        ("SEARCH", "search"),
        ("json", "JSON"),
        ("sy", "symbols"),
        ("SYM", "symbols"),
        ("se", "search"),  # of several, the first known one
        ("serch", "search"),
        ("statsu", "status"),
        ("s", ""),
        ("", ""),
        ("qqqqqq", ""),
        ("sea" + "x" * 10_000, ""),
    ],
)
def test_the_word_that_is_meant(typed: str, meant: str) -> None:
    assert nearest(typed, KNOWN) == meant


def test_several_words_may_be_near() -> None:
    assert set(all_near("stat", ["star", "state", "start"], 0.7)) == {"state"}  # begins with "stat"
    assert set(all_near("stax", ["star", "state", "start"], 0.6)) == {"star", "state", "start"}
    assert all_near("stax", ["star"], 0.9) == []


@given(st.text(), st.lists(st.text(), max_size=8), st.floats(0, 1))
def test_suggestions_are_known_words(typed: str, known: list[str], likeness: float) -> None:
    near = all_near(typed, known, likeness)
    assert set(near) <= set(known)
    assert len(near) == len(set(near)) <= 3
    assert nearest(typed, known, likeness) == (near[0] if near else "")
    for word in known:
        assert nearest(word, known).casefold() == word.casefold()


def test_the_message_names_the_known_words() -> None:
    assert (
        not_one_of("bsh", ["bash", "zsh"]) == "'bsh' is not one of bash, zsh: did you mean 'bash'?"
    )
    assert not_one_of("x", ["bash", "zsh"]) == "'x' is not one of bash, zsh"


def test_no_other_module_has_a_rule_of_its_own() -> None:
    source = Path(__file__).parent.parent / "src"
    rules = [
        path.name
        for path in source.rglob("*.py")
        if re.search(r"get_close_matches|SequenceMatcher", path.read_text())
    ]
    assert rules == ["nearest.py"]
