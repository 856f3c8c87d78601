"""Scores of parts of the rows: where a model is good and where it is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl

from dsframework.errors import EvaluationError
from dsframework.evaluation._regimes import REGIMES
from dsframework.metrics import Groups, Sample, get_metric
from dsframework.spec import BREAKDOWN_KEYS, not_available

__all__ = ["breakdown", "breakdown_keys"]

Array = np.ndarray[Any, Any]
_DAYS_TO_MONDAY = 3
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_JOINED = ", "


def breakdown(sample: Sample, metrics: Sequence[str], by: Sequence[str | Sequence[str]]) -> pl.DataFrame:
    """Score every part of the rows by itself, all parts in one pass.

    Parameters
    ----------
    sample
        What is scored; it must carry what `by` names.
    metrics
        Names of metrics.
    by
        ``fold``, ``entity``, ``session`` (the time of day), ``weekday``, ``month``, ``quarter``, ``year`` or ``regime``; a list of several
        in the list combines them.

    Returns
    -------
    pl.DataFrame
        One row a part: ``by``, ``part``, ``rows``, one column a metric (null where the part can't tell), and ``why`` it can't.

    Raises
    ------
    EvaluationError
        When the sample does not carry a key.
    """
    frames = [_one(sample, metrics, [item] if isinstance(item, str) else list(item)) for item in by]
    return pl.concat(frames) if frames else _one(sample, metrics, []).clear()


def breakdown_keys(sample: Sample) -> list[str]:
    """Return the keys that divide the sample into at least two parts."""
    found = []
    for name in BREAKDOWN_KEYS:
        codes = _KEYS[name](sample)
        if codes is not None and len(np.unique(codes)) > 1:
            found.append(name)
    return found


def _one(sample: Sample, metrics: Sequence[str], names: list[str]) -> pl.DataFrame:
    joint, labels = np.zeros(sample.n_rows, dtype=np.int64), [""]
    for name in names:
        codes, own = _coded(sample, name)
        joint = joint * len(own) + codes
        present, joint = np.unique(joint, return_inverse=True)
        labels = [_JOINED.join(filter(None, (labels[code // len(own)], own[code % len(own)]))) for code in present.tolist()]
    groups = Groups.of(joint)
    table: dict[str, Any] = {"by": [" x ".join(names)] * len(groups), "part": labels, "rows": groups.sizes}
    why: list[list[str]] = [[] for _ in range(len(groups))]
    for metric in metrics:
        values, reasons = get_metric(metric).grouped(sample, groups)
        table[metric] = [None if reason else float(value) for value, reason in zip(values, reasons, strict=True)]
        for said, reason in zip(why, reasons, strict=True):
            said.extend([f"{metric}: {reason}"] if reason else [])
    schema = {"by": pl.String, "part": pl.String, "rows": pl.Int64, **dict.fromkeys(metrics, pl.Float64), "why": pl.String}
    return pl.DataFrame({**table, "why": ["; ".join(said) or None for said in why]}, schema=schema)


def _coded(sample: Sample, name: str) -> tuple[Array, list[str]]:
    """Return the position of each row's part and the names of the parts, in order."""
    if name not in _KEYS:
        raise EvaluationError(f"by: {not_available(name, BREAKDOWN_KEYS)}", field="evaluation.breakdown")
    values = _KEYS[name](sample)
    if values is None:
        raise EvaluationError(f"by: there is no {name} here", field="evaluation.breakdown", mend=f"leave out {name}")
    present, codes = np.unique(values, return_inverse=True)
    label = _LABELS.get(name)
    named = [str(value) for value in present.tolist()] if label is None else [label(value, sample) for value in present.tolist()]
    return codes, named


def _calendar(unit: str, name: str) -> Callable[[Sample], Array | None]:
    """A calendar period of the local day, or of the time where no day is given."""

    def key(sample: Sample) -> Array | None:
        if sample.day is not None:
            days = sample.day.astype("datetime64[D]")
        elif sample.time is not None:
            days = sample.time.astype("datetime64[D]")
        else:
            return None
        if name == "weekday":
            return (days.astype(np.int64) + _DAYS_TO_MONDAY) % 7
        months = days.astype("datetime64[M]").astype(np.int64)
        return months // 3 if name == "quarter" else days.astype(f"datetime64[{unit}]").astype(np.int64)

    return key


def _clock(value: int, sample: Sample) -> str:
    return f"{value // 60:02d}:{value % 60:02d}"


def _entity(value: Any, sample: Sample) -> str:
    return str(value) if sample.entities is None else sample.entities[value]


_KEYS: dict[str, Callable[[Sample], Array | None]] = {
    "fold": lambda sample: sample.fold,
    "entity": lambda sample: sample.entity,
    "session": lambda sample: sample.slot,
    "weekday": _calendar("D", "weekday"),
    "month": _calendar("M", "month"),
    "quarter": _calendar("M", "quarter"),
    "year": _calendar("Y", "year"),
    "regime": lambda sample: sample.regime,
}
_LABELS: dict[str, Callable[[Any, Sample], str]] = {
    "entity": _entity,
    "session": _clock,
    "weekday": lambda value, sample: _WEEKDAYS[value],
    "month": lambda value, sample: f"{1970 + value // 12}-{value % 12 + 1:02d}",
    "quarter": lambda value, sample: f"{1970 + value // 4} Q{value % 4 + 1}",
    "year": lambda value, sample: str(1970 + value),
    "regime": lambda value, sample: str(value) if not isinstance(value, int) else (REGIMES[value] if 0 <= value < 3 else "not known"),
}
