"""Definitions: lookups by file, line or name, compared with a plain list."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from unicodedata import normalize
from unittest.mock import patch

import numpy as np
import pytest
import xxhash
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codelode.chunked import ChunkedDocument, DefinitionColumns
from codelode.errors import DamagedError
from codelode.segment import definitions as definitions_module
from codelode.segment import names as names_module
from codelode.segment.builder import SegmentBuilder
from codelode.segment.column_codec import PackedTable, fold, pack_column, pack_tables, unfold
from codelode.segment.container import SegmentFile, write_segment
from codelode.segment.definition_lookup import DefinitionRecord
from codelode.segment.frames import frame_sections
from codelode.segment.merge import merge
from codelode.segment.name_keys import (
    as_bytes,
    as_text,
    clean_name,
    clean_names,
    name_key,
    name_keys,
    sortable,
)
from codelode.segment.reader import Segment
from codelode.segment.run import RunSegment
from codelode.segment.verify import faults
from codelode.text.word_counts import count_words
from codelode.types import Chunk, Definition, Document
from tests.segments import source, vectors_of

LINES = 12

Tree = list[list[Definition]]

words = st.sampled_from(["get", "url", "Get", "URL", "x", "größe", "ß", "42", "_", "", "-", "+"])
names = st.lists(words, min_size=1, max_size=3).map("".join) | st.text(max_size=4)


@st.composite
def definition_lists(draw: st.DrawFn) -> list[Definition]:
    """Draw nested definitions on at most `LINES` lines, outer before inner."""
    found: list[Definition] = []

    def add(first: int, last: int, parent: int) -> None:
        while first <= last and len(found) < 12 and draw(st.booleans()):
            start = draw(st.integers(first, last))
            end = draw(st.integers(start, last))
            name_line = draw(st.integers(start, end))
            owner = draw(st.just("") | names)
            kind = draw(st.sampled_from(["function", "class", "macro"]))
            name, declared = draw(names), draw(st.booleans())
            found.append(Definition(name, kind, start, end, name_line, parent, declared, owner))
            add(start, end, len(found) - 1)
            first = draw(st.integers(start, end + 1))

    add(1, LINES, -1)
    return found


trees = st.lists(definition_lists(), min_size=1, max_size=4)
sizes = st.sampled_from([1, 2, 3, 512])


def cleaned(definition: Definition) -> Definition:
    return definition._replace(
        name=clean_name(definition.name).decode(), owner=clean_name(definition.owner).decode()
    )


def build_run(tree: Tree, first: int = 0) -> RunSegment:
    """Build a run of files with two chunks each; each line holds the numbers of file and line."""
    builder = SegmentBuilder()
    for number, definitions in enumerate(tree, first):
        lines = [b"%d %d\n" % (number, line) for line in range(1, LINES + 1)]
        text, cut = b"".join(lines), len(b"".join(lines[:5]))
        chunks = [Chunk(0, cut, 1, 5), Chunk(cut, len(text), 6, LINES)]
        path = f"f{number}"
        document = Document(path, None, text, "utf-8", xxhash.xxh3_128_digest(text))
        columns = DefinitionColumns(*zip(*definitions, strict=True))
        builder.add(source(path, text), document, ChunkedDocument(chunks, columns))
    return RunSegment.from_bytes(
        "run", builder.finish(count_words(builder.texts), vectors_of(builder.texts))
    )


def build(tree: Tree, live: list[bool] | None = None, parts: int = 1) -> Segment:
    """Build a segment of files, merged from `parts` runs; `live` says which files are kept."""
    mask = np.array(live or [True] * len(tree))
    cuts = np.linspace(0, len(tree), parts + 1).astype(int).tolist()
    runs = []
    for start, stop in pairwise(cuts):
        runs.append((build_run(tree[start:stop], start), mask[start:stop]))
    sink = io.BytesIO()
    merge(runs, sink)
    return Segment.from_bytes("test", sink.getvalue())


def records(tree: Tree) -> Iterator[DefinitionRecord]:
    for file, definitions in enumerate(tree):
        for place, definition in enumerate(definitions):
            yield DefinitionRecord(file, place, cleaned(definition))


def _holds_any(definition: Definition, first: int, last: int) -> bool:
    return definition.start_line <= last and definition.end_line >= first


def depth(definitions: list[Definition], place: int) -> int:
    parent = definitions[place].parent
    return 0 if parent < 0 else 1 + depth(definitions, parent)


def qualified(definitions: list[Definition], place: int) -> str:
    each = cleaned(definitions[place])
    outer = qualified(definitions, each.parent) if each.parent >= 0 else ""
    return ".".join(filter(None, (outer, each.owner, each.name)))


def parts_key(name: str) -> str:
    """Return the key of a name, computed as docs/format.md defines it."""
    folded = normalize("NFKC", clean_name(name).decode()).casefold()
    return "".join(c for c in folded if c.isalnum()) or folded


@contextmanager
def small_blocks(few: int, per: int) -> Iterator[None]:
    """Limit blocks to `few` names or `per` definitions; merge `2 * few` names at a time."""
    with (
        patch.object(names_module, "NAMES_PER_BLOCK", few),
        patch.object(names_module, "NAMES_PER_GROUP", 2),
        patch("codelode.segment.run.NAMES_PER_BLOCK", few),
        patch("codelode.segment.name_merge.NAMES_PER_PIECE", 2 * few),
        patch("codelode.segment.definition_merge.BLOCKS_AT_ONCE", 2),
        patch("codelode.segment.definition_merge.DEFINITIONS_PER_BLOCK", per),
        patch.object(definitions_module, "DEFINITIONS_PER_BLOCK", per),
        patch("codelode.segment.definition_rows.DEFINITIONS_PER_BLOCK", per),
        patch("codelode.segment.section_check.DEFINITIONS_PER_BLOCK", per),
    ):
        yield


def sorted_names(names: Iterable[bytes]) -> list[bytes]:
    """Return each name once, sorted by key and then by bytes."""
    return sorted(set(names), key=lambda name: (name_key(name), name))


@settings(deadline=None)
@given(trees, st.integers(1, 3), sizes, sizes)
def test_lookups_return_what_was_stored(tree: Tree, parts: int, few: int, per: int) -> None:
    with small_blocks(few, per):
        segment = build(tree, parts=min(parts, len(tree)))
        assert not list(faults(segment))
        check(segment, tree)


def check(segment: Segment, tree: Tree) -> None:
    """Compare every lookup with a plain search of a list."""
    lookup, known = segment.definitions, list(records(tree))
    for file, definitions in enumerate(tree):
        assert lookup.of_file(file) == [cleaned(each) for each in definitions]
        for place in range(len(definitions)):
            assert lookup.qualified_name(file, place) == qualified(definitions, place)
        for line in range(LINES + 2):
            for last in (line, line + 2):
                held = [d for d in records([definitions]) if _holds_any(d.definition, line, last)]
                rows = lookup.rows_on_lines(file, line, last)
                assert [(row.place, lookup.name_of(row)) for row in rows] == [
                    (each.place, each.definition.name) for each in held
                ]
    asked = {each.definition.name for each in known} | {"GETURL", "get_url", "absent", "", "_", "é"}
    for name in asked:
        same = [each for each in known if parts_key(each.definition.name) == parts_key(name)]
        assert sorted(lookup.named(name)) == sorted(same)
        called_so = [each for each in same if each.definition.name.casefold() == name.casefold()]
        chunks = {2 * each.file + (each.definition.name_line > 5) for each in called_so}
        assert lookup.chunks_defining(name).tolist() == sorted(chunks)
    owners = {each.definition.owner for each in known} - {""}
    every = sorted_names(name.encode() for name in {d.definition.name for d in known} | owners)
    assert [name for block in lookup.names() for name in block] == [n.decode() for n in every]
    for prefix in ("", "g", "GET_u", "ß", "+", "gr", *asked):
        key = name_key(clean_name(prefix))
        having = [name.decode() for name in every if name_key(name).startswith(key)]
        assert list(lookup.names_with_prefix(prefix)) == having


@settings(deadline=None)
@given(st.data(), trees, st.integers(1, 3), sizes, sizes)
def test_merging_equals_building_from_live_files(
    data: st.DataObject, tree: Tree, parts: int, few: int, per: int
) -> None:
    with small_blocks(few, per):
        check_merge(data, tree, parts)


def check_merge(data: st.DataObject, tree: Tree, parts: int) -> None:
    """Merge runs, and merge a sealed segment, keeping some of the files; check both results."""
    live = data.draw(st.lists(st.booleans(), min_size=len(tree), max_size=len(tree)))
    kept = [definitions for definitions, on in zip(tree, live, strict=True) if on]
    merged = build(tree, live, min(parts, len(tree)))
    check(merged, kept)
    assert not list(faults(merged))
    sink = io.BytesIO()
    merge([(build(tree), np.array(live))], sink)  # a sealed segment, compacted
    again = Segment.from_bytes("again", sink.getvalue())
    for section in ("definitions", "names", "name_heads"):
        assert bytes(again.file.read(section)) == bytes(merged.file.read(section))


@given(st.lists(names | st.text(max_size=6)))
@example(["a" * 300, "\n", "x\ny", "", "größe", "Größe", "\udc80"])
def test_keys_and_clean_names_are_the_same_one_by_one(many: list[str]) -> None:
    one_by_one = [clean_name(name) for name in many]
    assert list(map(as_bytes, clean_names(many))) == one_by_one
    assert name_keys(one_by_one) == [name_key(name) for name in one_by_one]
    assert [name_key(name).decode() for name in one_by_one] == [parts_key(name) for name in many]
    keys = sortable(list(map(as_text, one_by_one)))
    in_order = [as_bytes(key.partition("\n")[2]) for key in sorted(keys)]
    assert in_order == sorted(one_by_one, key=lambda name: (name_key(name), name))
    assert all(len(name) <= 255 and b"\n" not in name for name in one_by_one)


@given(st.lists(st.integers(0, 2**31 - 1), max_size=9), st.lists(st.integers(0, 300), max_size=9))
def test_columns_survive_the_round_trip(large: list[int], small: list[int]) -> None:
    first, second = np.array(large, np.int64), np.array(small, np.int64)
    packed = pack_column(first)
    column = PackedTable(packed + b"x", 0, 1, len(large))
    assert column.end == len(packed) and column.column(0).tolist() == large
    assert column.numbers().tolist() == [[number] for number in large]
    for wrong in (packed[:-1], b"\5" + packed[1:], b""):
        with pytest.raises(ValueError, match="column"):
            PackedTable(wrong, 0, 1, len(large))
    folded = fold(np.append(-first, second))
    assert (folded >= 0).all() and unfold(folded).tolist() == [*(-first).tolist(), *small]


@given(st.lists(st.tuples(*[st.integers(0, 2**k) for k in (0, 7, 31)]), max_size=9))
def test_tables_survive_the_round_trip(rows: list[tuple[int, ...]]) -> None:
    columns = [np.array([row[i] for row in rows], np.int64) for i in range(3)]
    tables = pack_tables(columns, 4)
    found: list[tuple[int, ...]] = []
    for number, data in enumerate(tables):
        count = min(4, len(rows) - 4 * number)
        table = PackedTable(data, 0, 3, count)
        assert table.end == len(data)
        found += zip(*(table.column(i).tolist() for i in range(3)), strict=True)
        assert list(map(tuple, table.numbers().tolist())) == found[-count:]
    assert found == rows


def test_names_in_any_writing_are_neighbors() -> None:
    tree = [[Definition(name, "function", 1, 1, 1)] for name in ("getURL", "other", "get_url")]
    lookup = build(tree).definitions
    assert [each.definition.name for each in lookup.named("GetUrl")] == ["getURL", "get_url"]
    assert lookup.chunks_defining("GETurl").tolist() == [0]


def test_invalid_lines_and_parents_are_repaired() -> None:
    odd = [Definition("a", "x", 5, 3, 9, 7), Definition("b", "x", 6, 7, 1, 1)]
    segment = build([odd])
    assert segment.definitions.of_file(0) == [
        Definition("a", "x", 5, 5, 5, -1),
        Definition("b", "x", 6, 7, 6, -1),
    ]
    assert not list(faults(segment))


def forged(segment: Segment, **changed: bytes) -> Segment:
    sections = {name: [bytes(segment.file.read(name))] for name in segment.file.section_bytes()}
    sink = io.BytesIO()
    write_segment(sink, sections | {name: [data] for name, data in changed.items()})
    return Segment(SegmentFile.from_bytes("forged", sink.getvalue()))


@pytest.mark.parametrize(
    "column", ["owner", "kind", "flags", "name_line", "parent", "more_lines", "start_line"]
)
def test_a_reference_out_of_range_is_found(column: str) -> None:
    tree = [[Definition("a", "x", 1, 2, 1), Definition("b", "x", 2, 2, 2, 0)]]
    sound = build(tree)
    rows = np.concatenate(list(sound.definition_rows()))
    rows[column][1] = 200
    records_ = definitions_module.definition_records(rows)
    sections = frame_sections("definitions", "definition_blocks", records_)
    pieces = {name: b"".join(map(bytes, pieces)) for name, pieces in sections.items()}
    assert [section for section, *_ in faults(forged(sound, **pieces))] == ["definitions"]


def test_an_oversized_record_is_not_unpacked() -> None:
    import zstandard

    sound = build([[Definition("a", "x", 1, 2, 1)]])
    bomb = zstandard.ZstdCompressor(write_content_size=True).compress(bytes(90_000_000))
    for records_, blocks in (("names", "name_blocks"), ("definitions", "definition_blocks")):
        ends = np.array([0, len(bomb)], "<u4").tobytes()
        spoiled = forged(sound, **{records_: bomb, blocks: ends})
        with pytest.raises(DamagedError, match="larger"):
            spoiled.definitions.named("a")
