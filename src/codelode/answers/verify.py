"""Verification and repair of an index, and the findings as a dictionary."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from codelode.answers.build import no_index
from codelode.errors import NoIndexError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codelode.index import Index
    from codelode.store.verify import Finding


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of verification; `left` is the damage that a repair, if any, did not fix."""

    findings: Sequence[Finding]
    left: Sequence[Finding]
    repaired: bool


def examine(index: Index, repair: bool) -> Verdict:
    """Verify an index and, if `repair`, repair damage and verify again. Raises `NoIndexError`."""
    try:
        findings = index.verify()
    except NoIndexError:
        raise NoIndexError(no_index(index)) from None
    if not findings or not repair:
        return Verdict(findings, findings, repaired=False)
    index.repair()
    return Verdict(findings, index.verify(), repaired=True)


def verdict_object(verdict: Verdict) -> dict[str, Any]:
    """Return the findings, and whether the index is sound now."""
    return {
        "sound": not verdict.left,
        "repaired": verdict.repaired,
        "findings": [asdict(finding) for finding in verdict.findings],
    }
