"""The dictionary finds exactly the terms it holds, for small and large numbers of terms."""

from __future__ import annotations

import io
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.segment import dictionary
from codelode.segment.container import SegmentFile, write_segment
from codelode.segment.dictionary import (
    BUCKETS,
    DICTIONARY_SECTIONS,
    SLOTS,
    Dictionary,
    DictionaryWriter,
)
from codelode.segment.term_lookup import Lookup
from codelode.segment.verify import _dictionary_faults

keys = st.one_of(
    st.integers(0, 2**40 - 1),
    st.integers(0, 2**26),  # keys in one bucket and few slots
    st.sampled_from([0x010101010101 >> 8, 0x0101010100, 2**40 - 1, 0x01_0001_0100]),
)
sizes = st.one_of(st.just(2), st.integers(2, 9), st.sampled_from([254, 255, 256, 90_000]))
terms = st.dictionaries(keys, sizes, max_size=60).map(lambda found: sorted(found.items()))
many = st.booleans()


def written(found: list[tuple[int, int]], many_terms: int, slices: int = 1) -> Dictionary:
    writer = DictionaryWriter()
    for part in np.array_split(np.array(found, np.uint64).reshape(-1, 2), slices):
        writer.add(part[:, 0], part[:, 1].astype(np.int64))
    with patch.object(dictionary, "MANY_TERMS", many_terms):
        return writer.finish()


def lookup(it: Dictionary) -> Lookup:
    sink = io.BytesIO()
    write_segment(sink, {name: [getattr(it, name)] for name in DICTIONARY_SECTIONS})
    return Lookup(SegmentFile.from_bytes("x", sink.getvalue()))


@settings(deadline=None)
@given(terms, many, st.integers(1, 4))
def test_keys_and_sizes_survive_packing(
    found: list[tuple[int, int]], many: bool, slices: int
) -> None:
    it = written(found, 0 if many else SLOTS, slices)
    assert len(it.slots) == (SLOTS if many and found else 0)
    assert it.keys().tolist() == [key for key, _ in found]
    assert it.sizes().tolist() == [size for _, size in found]
    assert not list(_dictionary_faults(it)) or many
    for first, stop in ((0, 1), (1, 130), (130, BUCKETS)):
        part = [(key, size) for key, size in found if first <= key >> 32 < stop]
        assert it.keys(first, stop).tolist() == [key for key, _ in part]
        assert it.sizes(first, stop).tolist() == [size for _, size in part]


@settings(deadline=None)
@given(terms, st.lists(keys, max_size=20), many)
def test_a_term_is_found_where_its_list_is(
    found: list[tuple[int, int]], others: list[int], many: bool
) -> None:
    places = lookup(written(found, 0 if many else SLOTS))
    begin = 0
    for key, size in found:
        assert places.find(key << 24 | 0xABC) == (begin, begin + size)
        begin += size
    for key in {*others} - {key for key, _ in found}:
        start, stop = places.find(key << 24)
        assert start == stop


def random_keys(count: int) -> list[int]:
    random = np.random.default_rng(0)
    return [int(key) for key in np.unique(random.integers(0, 2**40, count))]


def test_a_term_takes_less_the_more_there_are() -> None:
    sizes = np.random.default_rng(1).choice([2, 3, 7, 300], SLOTS + 999).tolist()
    found = list(zip(random_keys(SLOTS + 999), sizes, strict=False))
    it, few = written(found, SLOTS), written(found[:SLOTS], SLOTS)
    assert len(it.slots) == SLOTS and len(it.tails) == 3 * len(found)
    assert not len(few.slots) and len(few.tails) == 4 * SLOTS
    assert not list(_dictionary_faults(it)) and not list(_dictionary_faults(few))
    places, ends = lookup(it), np.cumsum([size for _, size in found])
    for row in range(0, len(found), 97):
        key, size = found[row]
        assert places.find(key << 24) == (ends[row] - size, ends[row])
        assert key + 1 == found[row + 1][0] or places.find(key + 1 << 24) == (0, 0)


def test_terms_with_colliding_hashes_do_no_harm() -> None:
    """A slot counts up to 255; an attacker can find 256 words with the same slot."""
    one_slot = range(5 << 24, (5 << 24) + 256)
    found = [(key, 2) for key in sorted({*random_keys(SLOTS + 999), *one_slot})]
    it = written(found, SLOTS)
    assert not len(it.slots)
    assert it.keys().tolist() == [key for key, _ in found]


@pytest.mark.parametrize("many_terms", [0, SLOTS])
@pytest.mark.parametrize("section", sorted({*DICTIONARY_SECTIONS} - {"tails"}))
def test_a_forged_section_is_a_fault(section: str, many_terms: int) -> None:
    keys = [key >> 10 for key in random_keys(300)]  # several keys per slot
    found = list(zip(keys, [2, 3, 270, 2] * 75, strict=True))
    it = written(found, many_terms)
    whole = {name: getattr(it, name) for name in DICTIONARY_SECTIONS}
    with patch.object(dictionary, "MANY_TERMS", many_terms):
        assert not list(_dictionary_faults(written(found, many_terms)))
        backwards = Dictionary(**{**whole, "tails": it.tails[::-1]})
        assert [name for name, _ in _dictionary_faults(backwards)] == ["tails"]
        if not len(whole[section]):
            return
        for at in (0, len(whole[section]) // 2, len(whole[section]) - 1):
            column = whole[section].copy()
            column.view(np.uint8)[at * column.itemsize] ^= 1
            assert len(list(_dictionary_faults(Dictionary(**{**whole, section: column})))) == 1
