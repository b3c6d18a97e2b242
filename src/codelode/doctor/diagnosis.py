"""`Diagnosis`: one finding with its remedy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A finding. A `note` needs no action; a `problem` has a remedy: what to do about it."""

    area: str
    level: Level
    text: str
    remedy: str = ""
