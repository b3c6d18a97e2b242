"""docs/languages.md is generated from the code; the README counts languages as the code does."""

from __future__ import annotations

import re
from pathlib import Path

from codelode.chunk.languages import EXTRA, PATTERNS, SYNTAXES
from codelode.discover.language_table import LANGUAGES
from tests.languages_table import kinds, page

ROOT = Path(__file__).parent.parent
GRAMMARS = SYNTAXES.keys() - {"tsx"}  # a second grammar of TypeScript


def test_the_page_is_made_of_the_code() -> None:
    """Make the page again with `.venv/bin/python -m tests.languages_table > docs/languages.md`."""
    assert (ROOT / "docs" / "languages.md").read_text("utf-8") == page()


def test_every_language_that_has_definitions_has_a_sample_that_proves_it() -> None:
    names = {each.name for each in LANGUAGES}
    assert names >= GRAMMARS | PATTERNS.keys()
    without = {name for name in GRAMMARS | PATTERNS.keys() if not kinds(name)}
    assert without <= {"starlark"}  # parsed as Python, so its samples are Python's


def test_the_documentation_and_the_changelog_count_languages_as_the_code_does() -> None:
    guide = (ROOT / "docs/how-it-works.md").read_text("utf-8")
    assert f"tree-sitter in {len(GRAMMARS)} languages, by patterns in {len(PATTERNS)} others" in (
        " ".join(guide.split())
    )
    changes = " ".join((ROOT / "CHANGELOG.md").read_text("utf-8").split())
    assert re.search(
        rf"by syntax for {len(GRAMMARS - EXTRA)} languages, {len(EXTRA)} more with the extra",
        changes,
    )
    assert f"by patterns in {len(PATTERNS)} others" in changes
