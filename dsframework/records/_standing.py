"""Who leads: the same order for the study, the comparison and every table of experiments."""

from __future__ import annotations

import math

from dsframework.records._audit import AuditVerdict

__all__ = ["standing"]


def standing(score: float | None, audit: AuditVerdict | None, *, greater_is_better: bool) -> tuple[bool, bool, float]:
    """Return the key by which experiments are sorted, the best first.

    Those without a score stand last; those whose audit failed stand behind all others that have one, however good theirs is.

    >>> sorted([(1.0, "failed"), (2.0, "clean")], key=lambda one: standing(*one, greater_is_better=False))
    [(2.0, 'clean'), (1.0, 'failed')]
    """
    if score is None or math.isnan(score):
        return True, False, math.inf
    return False, audit == "failed", -score if greater_is_better else score
