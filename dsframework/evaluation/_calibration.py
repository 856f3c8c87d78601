"""How often what is predicted with a probability, a quantile or an interval comes true."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from dsframework.errors import EvaluationError
from dsframework.evaluation._base import Evaluation, Predictions
from dsframework.metrics import Sample
from dsframework.spec import CalibrationArguments

__all__ = ["calibration", "reliability"]

Floats = np.ndarray[Any, np.dtype[np.float64]]


def calibration(arguments: CalibrationArguments, predictions: Predictions) -> Evaluation:
    """Compare what was said with how often it came true.

    Returns
    -------
    Evaluation
        For a classification the table ``probabilities`` with a row a bin (for more than two classes of the most probable class), and the
        figures ``calibration_error`` (mean distance, weighted by rows), ``brier`` and its parts ``reliability``, ``resolution`` and
        ``uncertainty`` over the bins (Murphy, 1973). For a regression the tables ``quantiles`` and ``intervals``, as far as there are any,
        and the figures ``quantile_error`` and ``interval_error``: the mean distance of the shares from the nominal ones.

    Raises
    ------
    EvaluationError
        When nothing was predicted with a probability, a quantile or an interval.
    """
    sample = predictions.sample
    if predictions.task == "classification":
        return _of_classes(*_said(sample), arguments.bins)
    figures: dict[str, float | None] = {}
    tables: dict[str, pl.DataFrame] = {}
    if sample.quantiles is not None and sample.levels is not None:
        shares = np.mean(sample.truth[:, None] <= sample.quantiles, axis=0)
        tables["quantiles"] = pl.DataFrame({"nominal": sample.levels, "share": shares})
        figures["quantile_error"] = float(np.mean(np.abs(shares - sample.levels)))
    if sample.interval is not None:
        tables["intervals"], figures["interval_error"] = _of_intervals(sample)
    if not tables:
        raise EvaluationError(
            "nothing is predicted with a probability, a quantile or an interval", field="evaluation.calibration", mend="add intervals"
        )
    return Evaluation(figures, tables)


def reliability(said: Floats, came_true: Floats, bins: int) -> pl.DataFrame:
    """Return one row a bin of as many rows each: rows, the mean of what was said, and the share that came true.

    Equal probabilities stay together, so there may be fewer bins than were asked for.
    """
    order = np.argsort(said, kind="stable")
    levels, first = np.unique(said[order], return_index=True)
    wanted = np.searchsorted(first, np.arange(1, bins) * len(said) / bins)
    starts = np.unique(np.concatenate([[0], first[np.minimum(wanted, len(levels) - 1)]]))
    sizes = np.diff(np.append(starts, len(said)))
    return pl.DataFrame(
        {
            "rows": sizes.astype(np.int64),
            "said": np.add.reduceat(said[order], starts) / sizes,
            "came_true": np.add.reduceat(came_true[order], starts) / sizes,
        }
    )


def _said(sample: Sample) -> tuple[Floats, Floats]:
    """The probability of each row that was said, and whether it came true."""
    if sample.probabilities is None:
        return sample.predicted, sample.truth
    most = sample.probabilities[np.arange(sample.n_rows), sample.predicted.astype(np.int64)]
    return most, (sample.predicted == sample.truth).astype(np.float64)


def _of_classes(said: Floats, came_true: Floats, bins: int) -> Evaluation:
    table = reliability(said, came_true, bins)
    weight, mean, share = (table[name].to_numpy() for name in ("rows", "said", "came_true"))
    weight = weight / weight.sum()
    base = float(came_true.mean())
    figures: dict[str, float | None] = {
        "calibration_error": float(np.sum(weight * np.abs(mean - share))),
        "brier": float(np.mean(np.square(said - came_true))),
        "reliability": float(np.sum(weight * np.square(mean - share))),
        "resolution": float(np.sum(weight * np.square(share - base))),
        "uncertainty": base * (1.0 - base),
    }
    return Evaluation(figures, {"probabilities": table})


def _of_intervals(sample: Sample) -> tuple[pl.DataFrame, float | None]:
    interval = sample.interval
    assert interval is not None
    known = np.isfinite(interval.lower).all(axis=1)
    actual = sample.truth[known, None]
    lower, upper = interval.lower[known], interval.upper[known]
    n = int(known.sum())
    inside, below = ((lower <= actual) & (actual <= upper)).sum(axis=0), (actual < lower).sum(axis=0)
    table = pl.DataFrame(
        {
            "nominal": list(interval.coverage),
            "share": [float(count) / n if n else None for count in inside],
            "below": [float(count) / n if n else None for count in below],
            "above": [float(n - one - other) / n if n else None for one, other in zip(inside, below, strict=True)],
            "width": [float(width) if n else None for width in (upper - lower).mean(axis=0)] if n else [None] * len(interval.coverage),
        },
        schema=dict.fromkeys(("nominal", "share", "below", "above", "width"), pl.Float64),
    )
    return table, float(np.mean(np.abs(inside / n - np.array(interval.coverage)))) if n else None
