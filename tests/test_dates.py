"""Dates as people write them."""

from __future__ import annotations

import re
import subprocess
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codelode.dates import parse_date
from codelode.errors import UsageError

NOW = datetime(2026, 3, 31, 15, 30, 45)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-05", datetime(2026, 1, 5)),
        ("2026/1/5", datetime(2026, 1, 5)),
        ("2026.01.05", datetime(2026, 1, 5)),
        (" 2026-01-05 14:30 ", datetime(2026, 1, 5, 14, 30)),
        ("2026-01-05T14:30:07", datetime(2026, 1, 5, 14, 30, 7)),
        ("now", NOW),
        ("today", datetime(2026, 3, 31)),
        ("Yesterday", datetime(2026, 3, 30)),
        ("2 weeks ago", NOW - timedelta(weeks=2)),
        ("2.weeks.ago", NOW - timedelta(weeks=2)),
        ("two weeks ago", NOW - timedelta(weeks=2)),
        ("3 days", NOW - timedelta(days=3)),
        ("36h", NOW - timedelta(hours=36)),
        ("90 min ago", NOW - timedelta(minutes=90)),
        ("an hour ago", NOW - timedelta(hours=1)),
        ("last week", NOW - timedelta(weeks=1)),
        ("1 month ago", datetime(2026, 2, 28, 15, 30, 45)),
        ("13 months ago", datetime(2025, 2, 28, 15, 30, 45)),
        ("0 months", NOW),
        ("last year", datetime(2025, 3, 31, 15, 30, 45)),
        ("monday", datetime(2026, 3, 30)),
        ("tuesday", datetime(2026, 3, 24)),
        ("last sun", datetime(2026, 3, 29)),
        ("5 nov", datetime(2025, 11, 5)),
        ("January 5", datetime(2026, 1, 5)),
        ("5 January 2024", datetime(2024, 1, 5)),
    ],
)
def test_forms(text: str, expected: datetime) -> None:
    assert parse_date(text, NOW) == expected.astimezone()


def test_time_zones_and_stamps() -> None:
    assert parse_date("2026-01-05T14:30Z").timestamp() == 1767623400
    assert parse_date("2026-01-05 14:30 +0200").timestamp() == 1767616200
    assert parse_date("@1767623400").timestamp() == 1767623400


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "tomorrow",
        "2026",
        "2026-02-30",
        "2026-13-01",
        "x days ago",
        "-1 days",
        "99999999 years ago",
        "999999999 weeks",
        "mo",
        "1 foo 2026",
        "31 feb",
        "2026-01-05x",
        "\x00",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a date such as"):
        parse_date(text, NOW)


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_refused(text: str) -> None:
    try:
        assert parse_date(text).tzinfo is not None
    except UsageError as error:
        assert len(str(error).splitlines()) <= max(len(text.splitlines()), 1)


def test_relative_dates_are_those_of_git(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    forms = ["2 weeks ago", "3.days.ago", "5 hours ago", "10 minutes ago", "one week ago"]
    forms += ["last week", "2 months ago", "1 year ago", "90 seconds ago"]
    shown = subprocess.run(
        ["git", "-C", str(tmp_path), "rev-parse", *(f"--since={form}" for form in forms)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    stamps = re.findall(r"--max-age=(\d+)", shown)
    for form, stamp in zip(forms, stamps, strict=True):
        ours = parse_date(form).timestamp()
        assert abs(ours - int(stamp)) < 10, (form, ours - int(stamp), time.time())
