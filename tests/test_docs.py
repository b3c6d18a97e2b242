"""What is documented is what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from codelode.cli.commands import NAMES, load, load_all
from codelode.cli.reference import reference

ROOT = Path(__file__).parent.parent


def test_cli_reference_is_current() -> None:
    """If this fails: `.venv/bin/python -m codelode.cli.reference > docs/cli.md`."""
    assert (ROOT / "docs/cli.md").read_text("utf-8") == reference()


@pytest.mark.parametrize("name", NAMES)
def test_every_flag_is_documented(name: str) -> None:
    page = (ROOT / "docs/cli.md").read_text("utf-8")
    section = page.partition(f"## `lode {name} ")[2].partition("\n## ")[0]
    for _, options in load(name).groups:
        for option in options:
            assert all(f"`{flag}" in section for flag in option.flags), option.flags


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in NAMES:
        assert f"lode {name}" in readme


def test_links_between_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/**/*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8")):
            if "://" not in target and not target.startswith("mailto:"):
                assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"


def test_flags_mean_the_same_everywhere() -> None:
    """A flag that several commands have is the same object: defined once."""
    seen: dict[str, object] = {}
    for command in load_all():
        for _, options in command.groups:
            for option in options:
                for flag in option.flags:
                    if flag != "--json":  # what it prints differs, and so does its help
                        assert seen.setdefault(flag, option) is option, flag
