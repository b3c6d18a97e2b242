"""CHANGELOG.md has the form of Keep a Changelog, and an entry for every release."""

from __future__ import annotations

import re
import subprocess
from datetime import date
from itertools import pairwise
from pathlib import Path

import codelode

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CHANGELOG.md").read_text("utf-8")
SECTIONS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
RELEASES = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", TEXT, re.MULTILINE)


def numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def test_headings_are_unreleased_and_releases_the_newest_first() -> None:
    headings = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert len(headings) == 1 + len(RELEASES)
    for (newer, day), (older, before) in pairwise(RELEASES):
        assert numbers(newer) > numbers(older)
        assert date.fromisoformat(day) >= date.fromisoformat(before)


def test_sections_are_the_known_ones_in_order_and_not_empty() -> None:
    for release in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]:
        names = re.findall(r"^### (.*)$", release, re.MULTILINE)
        assert names == [name for name in SECTIONS if name in names]
        for section in release.split("\n### ")[1:]:
            assert re.search(r"^- \S", section, re.MULTILINE), section.splitlines()[0]


def test_entries_are_lists_of_short_lines() -> None:
    changes = TEXT.partition("## [Unreleased]")[2]
    for line in changes.splitlines():
        assert line == "" or line.startswith(("## ", "### ", "- ", "  ")), line
        assert len(line) <= 130, line


def test_every_tag_and_no_future_version_is_a_release() -> None:
    released = {version for version, _ in RELEASES}
    tags = subprocess.run(
        ["git", "tag", "--list", "v*"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert {tag.removeprefix("v") for tag in tags.stdout.split()} <= released
    current = numbers(codelode.__version__)
    assert all(numbers(version) <= current for version in released)
