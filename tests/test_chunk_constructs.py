"""Every construct whose definitions were once missed or misnamed.

The cases are in chunk_samples/constructs, a file per language: a title, the text, and all of its
definitions as `line kind owner.name`, with a question mark after a declaration.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from codelode.chunk.chunker import chunk
from codelode.types import Definition
from tests.chunk_cases import SAMPLES, document


def cases() -> Iterator[object]:
    for path in sorted((SAMPLES / "constructs").glob("*.txt")):
        for case in path.read_text().split("\n== ")[0:]:
            title, _, rest = case.removeprefix("== ").partition("\n")
            text, _, expected = rest.partition("\n--\n")
            wanted = expected.strip().splitlines()
            yield pytest.param(path.stem, f"{text}\n", wanted, id=f"{path.stem}: {title}")


def listed(table: list[Definition]) -> list[str]:
    lines: list[str] = []
    for each in table:
        owner = each.owner or (table[each.parent].name if each.parent >= 0 else "")
        name = f"{owner}.{each.name}" if owner else each.name
        lines.append(f"{each.name_line} {each.kind} {name}{' ?' if each.declaration else ''}")
    return lines


@pytest.mark.parametrize(("language", "text", "expected"), list(cases()))
def test_every_definition_is_found_and_nothing_else(
    language: str, text: str, expected: list[str]
) -> None:
    assert listed(chunk(document(text.encode(), language)).definitions) == expected
