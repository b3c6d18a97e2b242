"""The output of `lode doctor`: one line per finding, and its remedy below."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from codelode.cli import streams
from codelode.render.ansi import GREEN, RED, paint
from codelode.render.sanitize import visible_name
from codelode.render.units import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.doctor.diagnosis import Diagnosis

_COLORS = {"ok": GREEN, "problem": RED}


def print_diagnoses(found: Sequence[Diagnosis]) -> None:
    """Print findings, and how many problems there are."""
    guard = visible_name if streams.is_terminal(sys.stdout) else str
    color = streams.use_color("auto", sys.stdout)
    for each in found:
        level = f"{each.level:8}"
        code = _COLORS.get(each.level)
        shown = paint(level, code) if color and code else level
        print(f"{shown} {each.area:13} {guard(each.text)}")
        if each.remedy:
            print(f"{'':22} {'-> ' + guard(each.remedy)}")
    problems = sum(each.level == "problem" for each in found)
    print(f"{count(problems, 'problem')} found" if problems else "no problems found")
