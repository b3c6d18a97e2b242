"""A merge is what the builder would have made of the live files."""

from __future__ import annotations

import io

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode.segment.merge import merge
from codelode.segment.reader import Segment
from codelode.segment.verify import faults
from tests.segments import build, files

Contents = list[tuple[str, bytes]]


def merged(parts: list[tuple[Segment, list[bool]]]) -> Segment:
    sink = io.BytesIO()
    merge([(part, np.array(live, bool)) for part, live in parts], sink)
    return Segment.from_bytes("merged", sink.getvalue())


def describe(segment: Segment) -> object:
    """Everything a reader can see, in a form that can be compared."""
    rows = []
    for number, file in enumerate(segment.files):
        mine = np.flatnonzero(segment.chunk_files == number)
        chunks = [
            (
                segment.text(number, int(c["start"]), int(c["end"])),
                int(c["start_line"]),
                int(c["end_line"]),
                int(c["tokens"]),
                segment.symbol(int(i)),
                segment.codes[i].tolist(),
                float(segment.scales[i]),
            )
            for i, c in zip(mine, segment.chunks[mine], strict=True)
        ]
        stat = [int(file[n]) for n in ("size", "mtime_ns", "ctime_ns", "inode", "skip", "tokens")]
        rows.append((segment.path(number), segment.language(number), stat, chunks))
    postings = segment.all_postings()
    terms = {int(term): [a.tolist() for a in segment.posting(int(term))] for term in postings.terms}
    paths = segment.path_postings
    names = {int(term): paths.ordinals[paths.find(int(term))].tolist() for term in paths.terms}
    return rows, terms, names


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


def test_text_of_many_blocks_survives_a_merge() -> None:
    long = b"".join(b"line %d of a long file\n" % i for i in range(20_000))
    parts = [build([("a", b"x = 1\n"), ("b", long)]), build([("c", long[::-1]), ("d", b"y\n")])]
    result = merged([(parts[0], [False, True]), (parts[1], [True, True])])
    whole = [
        b"".join(
            result.text(f, int(c["start"]), int(c["end"]))
            for c in result.chunks[result.chunk_files == f]
        )
        for f in range(3)
    ]
    assert whole == [long, long[::-1], b"y\n"]
