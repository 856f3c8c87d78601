"""Whether a result can be believed, check by check."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from dsframework.records._base import Record

__all__ = ["AuditCheck", "AuditReport", "AuditVerdict"]

AuditVerdict = Literal["clean", "warned", "failed", "not verified"]
_WORST_FIRST: tuple[AuditVerdict, ...] = ("failed", "warned", "not verified", "clean")


class AuditCheck(Record):
    """What one check of the audit found; `feature`, `entity` and `date` (ISO 8601) say where, as far as it has a place."""

    name: str
    verdict: AuditVerdict
    detail: str
    feature: str | None = None
    entity: str | None = None
    date: str | None = None


class AuditReport(Record):
    """All checks of one experiment, and the worst verdict among them."""

    verdict: AuditVerdict
    checks: list[AuditCheck]
    seconds: float = 0.0

    @classmethod
    def of(cls, checks: Iterable[AuditCheck], seconds: float) -> AuditReport:
        """Return the report of some checks.

        >>> AuditReport.of([AuditCheck(name="baseline", verdict="warned", detail="not beaten")], 0.1).verdict
        'warned'
        """
        found = list(checks)
        verdicts = {check.verdict for check in found}
        worst: AuditVerdict = next((verdict for verdict in _WORST_FIRST if verdict in verdicts), "not verified")
        return cls(verdict=worst, checks=found, seconds=round(seconds, 3))
