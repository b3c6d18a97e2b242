"""The table of a roster, compared with a plain dictionary; and tables that others wrote."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codelode import DamagedError, FormatError
from codelode.discover.glob import GlobSet
from codelode.objects.generations import Generation
from codelode.objects.urls import open_object_store
from codelode.roster import decode as decode_module
from codelode.roster.decode import decode_table
from codelode.roster.records import Identity, Repository
from codelode.roster.roster import Roster
from codelode.roster.table import LANGUAGE_ROW, ROW, SECTIONS, RosterTable
from codelode.roster.writer import RosterWriter
from codelode.segment.container import SegmentFile, write_segment

NAMES = ["a", "b/c", "b-c", "b/d", "b.x/c", "zoo/x/y", "Z"]
IDENTITIES = [Identity("m", fingerprint, 8, "q", "c", "t") for fingerprint in ("f", "g")]

counts = st.integers(0, 1 << 40)
repositories = st.builds(
    Repository,
    name=st.sampled_from(NAMES),
    label=st.sampled_from(["", "staff", "team:x/y"]),
    manifest=st.binary(min_size=32, max_size=32).map(bytes.hex),
    generation=counts,
    complete=st.booleans(),
    updated=counts,
    segments=st.integers(0, 9),
    files=counts,
    chunks=counts,
    tokens=counts,
    text_bytes=counts,
    index_bytes=st.integers(9, 1 << 40),
    identity=st.sampled_from(IDENTITIES),
    languages=st.dictionaries(st.sampled_from(["go", "python", "rust"]), st.integers(0, 99)),
)


@given(st.lists(st.one_of(st.lists(repositories, max_size=4), st.sampled_from(NAMES)), max_size=8))
def test_a_table_is_a_dictionary(steps: list[list[Repository] | str]) -> None:
    table, expected = RosterTable(), dict[str, Repository]()
    for step in steps:
        if isinstance(step, str):
            table = table.without([step])
            expected.pop(step, None)
        else:
            table = table.with_repositories(step)
            expected.update({each.name: each for each in step})
        if step:
            table = decode_table(table.encode())
        assert list(table) == [expected[name] for name in sorted(expected)]
        for name in NAMES:
            row = table.find(name)
            assert (row is not None) == (name in expected)
            inside = [each for each in sorted(expected) if each.startswith(f"{name}/")]
            assert table.first_inside(name) == next(iter(inside), None)
    direct = RosterTable().with_repositories(list(expected.values()))
    assert direct.encode() == table.encode()  # whatever changes led to this table


def roster_of(table: RosterTable) -> Roster:
    generations = RosterWriter(open_object_store("nowhere")).generations
    return Roster(generations, Generation(1, "", "", table.encode()))


@given(
    st.lists(repositories, unique_by=lambda each: each.name),
    st.lists(st.sampled_from(["*", "b", "b/*", "c", "!x", "!b/d", "zoo/", "nothing"]), max_size=3),
    st.sets(st.sampled_from(["staff", "team:x/y", "other"])),
    st.sets(st.sampled_from(["go", "rust", "java"])),
)
def test_selections_are_those_of_a_plain_filter(
    each_of: list[Repository], globs: list[str], labels: set[str], languages: set[str]
) -> None:
    selection = roster_of(RosterTable().with_repositories(each_of)).select(globs, labels)
    selection = selection.having(languages)
    wanted = GlobSet(globs)
    expected = [
        each
        for each in sorted(each_of, key=lambda each: each.name)
        if each.label in {"", *labels}
        and (not globs or wanted.matches(each.name))
        and (not languages or any(each.languages.get(name) for name in languages))
    ]
    assert list(selection) == expected
    assert selection.files == sum(each.files for each in expected)
    assert selection.chunks == sum(each.chunks for each in expected)
    assert selection.tokens == sum(each.tokens for each in expected)
    assert selection.generation == max((each.generation for each in expected), default=0)
    assert selection.complete == all(each.complete for each in expected)


def repository(name: str, label: str, identity: Identity, languages: dict[str, int]) -> Repository:
    return Repository(
        name=name,
        label=label,
        manifest="5a" * 32,
        generation=1,
        complete=True,
        updated=2,
        segments=3,
        files=4,
        chunks=5,
        tokens=6,
        text_bytes=7,
        index_bytes=20,
        identity=identity,
        languages=languages,
    )


SOUND = RosterTable().with_repositories(
    [
        repository("a", "", IDENTITIES[0], {"go": 3}),
        repository("b", "staff", IDENTITIES[1], {"go": 1, "rust": 2}),
    ]
)


def written(**changes: Any) -> bytes:
    """Return the bytes of `SOUND` with changes: `row_<column>` sets a field of the last row.

    Bytes replace a section, and None removes it. Other values set an entry of the section `tables`.
    """
    file = SegmentFile.from_bytes("roster", SOUND.encode())
    sections: dict[str, Any] = {name: bytes(file.read(name)) for name in SECTIONS}
    rows, tables = SOUND.rows.copy(), json.loads(sections["tables"])
    for name, value in changes.items():
        if name.startswith("row_"):
            rows[name[4:]][-1] = value
            sections["rows"] = rows.tobytes()
        elif value is None:
            del sections[name]
        elif isinstance(value, bytes):
            sections[name] = value
        else:
            sections["tables"] = json.dumps({**tables, name: value}).encode()
    sink = io.BytesIO()
    write_segment(sink, {name: [data] for name, data in sections.items()})
    return sink.getvalue()


HOSTILE: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("cannot be the name", {"names": b"a\n.."}),
    ("cannot be the name", {"names": b"a\n/etc"}),
    ("cannot be the name", {"names": b"a\na/../b"}),
    ("cannot be the name", {"names": b"\na"}),
    ("cannot be the name", {"names": b"a\n" + b"b" * 300}),
    ("cannot be the name", {"names": b"a\nb\x1b[2J"}),
    ("not ASCII", {"names": "a\nbé".encode()}),
    ("lies in the repository a", {"names": b"a\na/b"}),
    ("not in order", {"names": b"b\na"}),
    ("not in order", {"names": b"a\na"}),
    ("3 names and 2 rows", {"names": b"a\nb\nc"}),
    ("0 names and 2 rows", {"names": b""}),
    ("tokens is out of range", {"row_tokens": -1}),
    ("chunks is out of range", {"row_chunks": 1 << 62}),
    ("label is out of range", {"row_label": 2}),
    ("identity is out of range", {"row_identity": 1 << 31}),
    ("complete is out of range", {"row_complete": 2}),
    ("other languages", {"row_languages": 7}),
    ("other languages", {"row_languages": (1 << 32) - 1}),
    ("more segments than bytes", {"row_segments": 21}),
    ("ends within an element", {"rows": b"x"}),
    ("no section languages", {"languages": None}),
    ("language is out of range", {"languages": np.full(3, 9, LANGUAGE_ROW).tobytes()}),
    ("not JSON", {"tables": b"{"}),
    ("not JSON", {"tables": b"[" * 100_000}),
    ("other names", {"tables": b"[]"}),
    ("other names", {"tables": b"{}"}),
    ("cannot be a label", {"labels": ["", "a b"]}),
    ("no list of distinct texts", {"labels": ["", ""]}),
    ("no list of distinct texts", {"labels": {"": 1}}),
    ("no list of distinct texts", {"labels": ["", 5]}),
    ("an identity is not", {"identities": [["m", "f", "8", "q", "c", "t"]] * 2}),
    ("an identity is not", {"identities": [["m", "f", True, "q", "c", "t"]] * 2}),
    ("an identity is not", {"identities": [["m\n", "f", 8, "q", "c", "t"]] * 2}),
    ("an identity is not", {"identities": [[]] * 2}),
    ("identities are no list", {"identities": 5}),
)


@pytest.mark.parametrize(("problem", "changes"), HOSTILE)
def test_a_hostile_table_is_refused_in_one_line(problem: str, changes: Mapping[str, Any]) -> None:
    with pytest.raises(DamagedError, match=f"the roster is damaged: .*{problem}") as refused:
        decode_table(written(**changes))
    assert "\n" not in str(refused.value)
    assert "\x1b" not in str(refused.value)


def test_the_table_that_hostile_ones_are_made_of_is_sound() -> None:
    assert written() == SOUND.encode()
    assert list(decode_table(written())) == list(SOUND)
    assert ROW.itemsize == 32 + 8 * 8 + 4 * 4


@settings(max_examples=300)
@given(st.data())
def test_flipped_and_cut_bytes_are_noticed(data: st.DataObject) -> None:
    sound = bytearray(SOUND.encode())
    if data.draw(st.booleans()):
        damaged = sound[: data.draw(st.integers(0, len(sound) - 1))]
    else:
        damaged = sound
        damaged[data.draw(st.integers(0, len(sound) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((DamagedError, FormatError)) as refused:
        decode_table(bytes(damaged))
    assert "\n" not in str(refused.value)


def test_a_table_has_an_upper_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode_module, "MAX_REPOSITORIES", 1)
    with pytest.raises(DamagedError, match="2 repositories, more than 1"):
        decode_table(SOUND.encode())
