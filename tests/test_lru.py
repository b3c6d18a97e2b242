"""The cache, compared with a list of keys in the order of their use."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codelode.lru import LruCache


@given(st.integers(-1, 4), st.lists(st.tuples(st.booleans(), st.integers(0, 6))))
def test_the_values_used_last_are_kept(room: int, uses: list[tuple[bool, int]]) -> None:
    cache: LruCache[int, str] = LruCache(room)
    kept: list[int] = []  # in the order of their last use
    for putting, key in uses:
        known = key in kept
        if known or putting:
            kept = [other for other in kept if other != key] + [key]
        if putting:
            cache.put(key, str(key))
            kept = kept[-max(1, room) :]
        else:
            assert cache.get(key) == (str(key) if known else None)
    assert [key for key in range(7) if cache.get(key)] == sorted(kept)
