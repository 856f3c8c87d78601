"""Was anything fitted on what it must not know, and would a careless split have looked better?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsframework.records import AuditCheck

__all__ = ["Stretch", "audit_shuffle", "check_labels"]

Times = np.ndarray[Any, np.dtype[np.datetime64]]
_SUSPICIOUS = 0.8


@dataclass(frozen=True)
class Stretch:
    """What a fold learns from and is tested on, in time.

    Attributes
    ----------
    time, label_time, begins
        Of the training rows: when a row is known, when its label is, and when the oldest value was known that its features read.
    blocks
        Of every stretch of the test: its first time, and the time of its last label.
    """

    time: Times
    label_time: Times
    begins: Times
    blocks: tuple[tuple[np.datetime64, np.datetime64], ...]


def check_labels(folds: Mapping[str, Stretch]) -> AuditCheck:
    """Look for training rows whose label, or whose features, overlap what is predicted.

    Returns
    -------
    AuditCheck
        ``labels``: failed where a row before a stretch of the test has a label that is known only after the stretch has begun, and where a
        row after it begins before the stretch's last label.
    """
    for name, fold in folds.items():
        for start, end in fold.blocks:
            before = fold.time < start
            late = before & (fold.label_time > start)
            reaching = ~before & (fold.begins < end)
            wrong = late | reaching
            if wrong.any():
                row = int(np.flatnonzero(wrong)[0])
                what = "whose label is known after the test begins" if late[row] else "that lie in the test, or reach back into it"
                text = f"{name} trains on {int(wrong.sum())} rows {what}"
                return AuditCheck(name="labels", verdict="failed", detail=text, date=np.datetime_as_string(fold.time[row], unit="s"))
    return AuditCheck(name="labels", verdict="clean", detail=f"no training label overlaps its test in {len(folds)} folds")


def audit_shuffle(metric: str, ordered: float, shuffled: float, *, greater_is_better: bool) -> AuditCheck:
    """Compare the score of a split in time with that of a shuffled one of the same size.

    A shuffled split trains on the neighbours of what it predicts. When it looks much better, overlapping rows tell the model what it is
    asked: a score from a shuffled split would be believed in vain, and the one in time is the one to trust.

    Returns
    -------
    AuditCheck
        ``shuffle``: warned when the shuffled error is below 0.8 of the ordered one (for a score that is better when greater: when it closes
        more than a fifth of what is left to 1).
    """
    if not (np.isfinite(ordered) and np.isfinite(shuffled)):
        return AuditCheck(name="shuffle", verdict="not verified", detail=f"{metric} is not defined for both splits")
    if greater_is_better:
        suspicious = shuffled > ordered and (1.0 - shuffled) < _SUSPICIOUS * (1.0 - ordered)
    else:
        suspicious = shuffled < _SUSPICIOUS * ordered
    text = f"{metric} {shuffled:.6g} from a shuffled split, {ordered:.6g} in time"
    if suspicious:
        return AuditCheck(name="shuffle", verdict="warned", detail=f"{text}: neighbouring rows tell of one another; trust the one in time")
    return AuditCheck(name="shuffle", verdict="clean", detail=text)
