"""Was anything fitted on what it must not know, and would a careless split have looked better?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dsframework.records import AuditCheck

__all__ = ["audit_shuffle", "check_labels", "check_outside"]

Times = np.ndarray[Any, np.dtype[np.datetime64]]
_SUSPICIOUS = 0.8


def check_labels(folds: Mapping[str, tuple[Times, Times, Times, Times, Times]]) -> AuditCheck:
    """Look for training rows whose label, or whose features, overlap what is predicted.

    Parameters
    ----------
    folds
        By the fold's name: the training rows' times and label times, the times at which their features begin (the row's own time where
        they reach back to no later than the test), and the test rows' times and label times.

    Returns
    -------
    AuditCheck
        ``labels``: failed where a training label is known only after the test has begun, for rows before it, or where a row after it has
        features that reach back to a label of the test.
    """
    worst = 0
    for name, (time, label, begins, test_time, test_label) in folds.items():
        start, end = test_time.min(), test_label.max()
        before = time < start
        late = before & (label > start)
        early = ~before & (time <= test_time.max())
        reaching = ~before & ~early & (begins < end)
        wrong = late | early | reaching
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            what = "whose label is known after the test begins" if late[row] else "that lie in the test, or reach back into it"
            text = f"{name} trains on {int(wrong.sum())} rows {what}"
            return AuditCheck(name="labels", verdict="failed", detail=text, date=np.datetime_as_string(time[row], unit="s"))
        worst = max(worst, len(time))
    return AuditCheck(name="labels", verdict="clean", detail=f"no training label overlaps its test in {len(folds)} folds")


def check_outside(names: tuple[str, ...], fitted: Mapping[str, Any], again: Mapping[str, Any], rows: Times) -> AuditCheck:
    """Compare what was fitted in a fold with what is fitted when every value outside it is another.

    Parameters
    ----------
    names
        Names of the features.
    fitted, again
        The same quantities, first from the real rows and then with other values after the fold: ``features``, ``target``, ``transformed``,
        ``predicted``; arrays whose rows are those of `rows`.
    rows
        Times of the rows, for the place of a difference.

    Returns
    -------
    AuditCheck
        ``fold``: failed at the first quantity that is not the same to the last bit.
    """
    for what, left in fitted.items():
        one, other = np.asarray(left, dtype=np.float64), np.asarray(again[what], dtype=np.float64)
        if one.shape != other.shape:
            return AuditCheck(name="fold", verdict="failed", detail=f"{what}: the values outside the fold change its shape")
        wrong = (one != other) & ~(np.isnan(one) & np.isnan(other))
        if not wrong.any():
            continue
        row = int(np.flatnonzero(wrong.reshape(len(one), -1).any(axis=1))[0])
        feature = names[int(np.flatnonzero(wrong[row])[0])] if what == "features" and wrong.ndim == 2 else None
        date = np.datetime_as_string(rows[row], unit="s") if row < len(rows) else None
        text = f"{what}: {int(wrong.sum())} values of the fold change when values outside it do"
        return AuditCheck(name="fold", verdict="failed", detail=text, feature=feature, date=date)
    return AuditCheck(name="fold", verdict="clean", detail=f"{', '.join(fitted)} do not depend on values outside the fold")


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
