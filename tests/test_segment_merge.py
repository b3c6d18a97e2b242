"""A merge equals what the builder would have made from the live files."""

from __future__ import annotations

import io

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.segment.merge import merge
from codelode.segment.reader import Segment
from codelode.segment.text import BLOCK_BYTES
from codelode.segment.verify import faults
from tests.segments import build, files

Contents = list[tuple[str, bytes]]


def merged(parts: list[tuple[Segment, list[bool]]]) -> Segment:
    sink = io.BytesIO()
    merge([(part, np.array(live, bool)) for part, live in parts], sink)
    return Segment.from_bytes("merged", sink.getvalue())


def describe(segment: Segment) -> object:
    """Return everything a reader sees, in a comparable form."""
    rows = []
    for number, file in enumerate(segment.files):
        mine = np.flatnonzero(segment.chunk_files == number)
        chunks = [
            (
                segment.text(number, int(c["start"]), int(c["start"] + c["length"])),
                int(c["start_line"]),
                int(c["more_lines"]),
                int(c["tokens"]),
                segment.symbol(int(i)),
                segment.codes[i].tolist(),
                segment.residuals(np.array([i])).tolist(),
                int(segment.scales[i]),
            )
            for i, c in zip(mine, segment.chunks[mine], strict=True)
        ]
        stat = [int(file[n]) for n in ("size", "skip", "tokens")]
        definitions = segment.definitions.of_file(number)
        rows.append((segment.path(number), segment.language(number), stat, chunks, definitions))
    postings = segment.postings()
    hashes = [int(key) << 24 | 0xABCDEF for key in postings.terms]  # any hash that has this key
    terms = {term: [a.tolist() for a in segment.posting(term)] for term in hashes}
    for row, term in enumerate(hashes):
        at = slice(int(postings.starts[row]), int(postings.starts[row + 1]))
        assert terms[term] == [postings.ordinals[at].tolist(), postings.frequencies[at].tolist()]
        assert segment.document_frequency(term) == len(terms[term][0])
    return rows, terms


@settings(max_examples=60, deadline=None)
@given(st.lists(files, min_size=1, max_size=3), st.randoms())
def test_merging_equals_building_what_is_live(parts: list[Contents], random: object) -> None:
    masks = [[random.random() < 0.7 for _ in part] for part in parts]  # type: ignore[attr-defined]
    live = [
        row
        for part, mask in zip(parts, masks, strict=True)
        for row, on in zip(part, mask, strict=True)
        if on
    ]
    result = merged([(build(part), mask) for part, mask in zip(parts, masks, strict=True)])
    assert describe(result) == describe(build(live))
    assert not list(faults(result))


@settings(max_examples=20, deadline=None)
@given(st.lists(files, min_size=1, max_size=3), st.integers(1, 60))
def test_slices_together_are_the_dictionary(parts: list[Contents], width: int) -> None:
    result = merged([(build(part), [True] * len(part)) for part in parts])
    whole = result.postings()
    slices = [result.postings(i, min(i + width, 256)) for i in range(0, 256, width)]
    for name in ("terms", "ordinals", "frequencies"):
        joined = np.concatenate([getattr(part, name) for part in slices])
        assert joined.tolist() == getattr(whole, name).tolist()


def test_text_of_many_blocks_survives_a_merge() -> None:
    long = b"".join(b"line %d of a long file\n" % i for i in range(20_000))
    parts = [build([("a", b"x = 1\n"), ("b", long)]), build([("c", long[::-1]), ("d", b"y\n")])]
    result = merged([(parts[0], [False, True]), (parts[1], [True, True])])
    whole = [
        b"".join(
            result.text(f, int(c["start"]), int(c["start"] + c["length"]))
            for c in result.chunks[result.chunk_files == f]
        )
        for f in range(3)
    ]
    assert whole == [long, long[::-1], b"y\n"]


def test_the_pieces_of_a_definition_share_its_name() -> None:
    body = b"".join(b"    value_%d = other_%d + %d\n" % (i, i, i) for i in range(300))
    long = b"def first():\n    pass\n\n\ndef second():\n%s" % body
    contents = [("a1.py", long), ("a2.py", b"def second():\n%s" % body)]
    part = build(contents)
    names = [symbol[0] if (symbol := part.symbol(i)) else "" for i in range(len(part.chunks))]
    assert names.count("second") > 4
    assert bytes(part.file.read("symbols")).count(b"second") == 2  # once in each file
    for live in ([True, True], [True, False], [False, True]):
        kept = [content for content, on in zip(contents, live, strict=True) if on]
        result = merged([(part, live), (build([("a3.py", b"x = 1\n")]), [True]), (part, live)])
        assert describe(result) == describe(build([*kept, ("a3.py", b"x = 1\n"), *kept]))
        assert not list(faults(result))


def test_a_merge_joins_small_blocks_and_copies_large_ones() -> None:
    random = np.random.default_rng(5)
    large = random.integers(97, 123, BLOCK_BYTES, np.uint8).tobytes()
    parts = [build([("l", large)]), *(build([(f"s{i}", b"small %d\n" % i)]) for i in range(5))]
    result = merged([(part, [True]) for part in parts])
    assert result.blocks["raw"].tolist() == [BLOCK_BYTES, 5 * len(b"small 0\n")]
    assert bytes(result.frame(0)[0]) == bytes(parts[0].frame(0)[0])
    assert result.text(4, 0, 8) == b"small 3\n"
    alone = merged([(parts[1], [True])])
    assert bytes(alone.frame(0)[0]) == bytes(parts[1].frame(0)[0])
