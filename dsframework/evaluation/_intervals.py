"""Prediction intervals by the spec's ``intervals``."""

from __future__ import annotations

from typing import Any, Protocol, Self

import numpy as np
import polars as pl

from dsframework.errors import EvaluationError
from dsframework.evaluation._adaptive import AdaptiveConformal
from dsframework.evaluation._conformal import SplitConformal, TooFewError
from dsframework.metrics import Interval, Sample, score
from dsframework.rows import Rows
from dsframework.spec import IntervalSpec

__all__ = [
    "IntervalMaker",
    "interval_columns",
    "interval_from_quantiles",
    "interval_scores",
    "intervals_over_folds",
    "make_interval",
    "quantile_levels",
]

Floats = np.ndarray[Any, np.dtype[np.float64]]
_METRICS = ("coverage", "mean_width", "winkler")
_NEAR = 1e-9


class IntervalMaker(Protocol):
    """From forecasts to intervals: calibrated on rows that the model had not learned from and whose targets are known. Can be pickled."""

    coverage: tuple[float, ...]
    known_until_: np.datetime64

    def fit(self, actual: Floats, predicted: Floats, rows: Rows, *, base: Interval | None = None) -> Self:
        """Calibrate on out-of-fold forecasts; `base` are the model's own intervals, for ``method: quantile``."""
        ...

    def predict(self, predicted: Floats, rows: Rows, *, base: Interval | None = None) -> Interval:
        """Return the intervals of new rows; nothing is learned."""
        ...

    def update(
        self, actual: Floats, predicted: Floats, rows: Rows, *, base: Interval | None = None, issued: Interval | None = None
    ) -> None:
        """Learn from rows whose targets have become known."""
        ...

    def walk(self, actual: Floats, predicted: Floats, rows: Rows, *, base: Interval | None = None) -> Interval:
        """Return the intervals of a stretch of rows as they would have been given at each row's own time."""
        ...


def make_interval(spec: IntervalSpec) -> IntervalMaker:
    """Return what makes the intervals that a spec asks for, not calibrated yet."""
    return AdaptiveConformal(spec) if spec.method == "adaptive_conformal" else SplitConformal(spec)


def quantile_levels(spec: IntervalSpec) -> tuple[float, ...]:
    """Return the levels that a model must give quantiles of for ``method: quantile``, rising.

    >>> quantile_levels(IntervalSpec(method="quantile", coverage=[0.8, 0.9]))
    (0.05, 0.1, 0.9, 0.95)
    """
    levels = {round(level, 9) for one in spec.coverages for level in ((1 - one) / 2, (1 + one) / 2)}
    return tuple(sorted(levels))


def interval_from_quantiles(quantiles: Floats, levels: Floats, coverage: tuple[float, ...]) -> Interval:
    """Return the model's own intervals; where its quantiles cross, both ends are in their middle.

    Parameters
    ----------
    quantiles, levels
        Shapes (rows, levels) and (levels,).
    coverage
        The nominal coverages.

    Raises
    ------
    EvaluationError
        When a level is lacking.
    """
    ends = []
    for one in coverage:
        for level in ((1 - one) / 2, (1 + one) / 2):
            near = np.flatnonzero(np.abs(levels - level) < _NEAR)
            if not len(near):
                raise EvaluationError(
                    f"an interval of coverage {one:g} needs the quantile {level:g}, there are {', '.join(f'{x:g}' for x in levels)}",
                    field="intervals.coverage",
                )
            ends.append(quantiles[:, near[0]])
    lower, upper = np.stack(ends[::2], axis=1), np.stack(ends[1::2], axis=1)
    middle, crossed = (lower + upper) / 2, lower > upper
    return Interval(np.where(crossed, middle, lower), np.where(crossed, middle, upper), coverage)


def intervals_over_folds(
    spec: IntervalSpec,
    actual: Floats,
    predicted: Floats,
    fold: np.ndarray[Any, Any],
    rows: Rows,
    *,
    base: Interval | None = None,
) -> Interval:
    """Return the intervals of out-of-fold forecasts, each fold's calibrated on the folds before it.

    Parameters
    ----------
    spec
        The spec's ``intervals``.
    actual, predicted, fold, rows, base
        Of all out-of-fold rows; folds are numbered in the order of time.

    Returns
    -------
    Interval
        NaN in the rows of folds before which there is too little to calibrate on.
    """
    n, k = len(rows), len(spec.coverages)
    lower, upper = np.full((n, k), np.nan), np.full((n, k), np.nan)
    for number in np.unique(fold).tolist():
        test = np.flatnonzero(fold == number)
        begin = rows.time[test].min()
        earlier = np.flatnonzero((fold < number) & (_label_time(rows) <= begin))
        if not len(earlier):
            continue
        try:
            maker = make_interval(spec).fit(actual[earlier], predicted[earlier], rows[earlier], base=_of(base, earlier))
        except TooFewError:
            continue  # too few errors before this fold: its rows have no interval, and no score counts them
        found = maker.walk(actual[test], predicted[test], rows[test], base=_of(base, test))
        lower[test], upper[test] = found.lower, found.upper
    return Interval(lower, upper, spec.coverages)


def interval_scores(actual: Floats, predicted: Floats, interval: Interval, scale: Floats | None = None) -> pl.DataFrame:
    """Return the scores of each nominal coverage: coverage, mean_width, winkler and, with a scale, msis.

    Returns
    -------
    pl.DataFrame
        One row a nominal coverage; null where no row has an interval.
    """
    names = (*_METRICS, "msis") if scale is not None else _METRICS
    rows = []
    for nominal in interval.coverage:
        found = score(names, Sample(actual, predicted, scale=scale, interval=interval.level(nominal)))
        rows.append({"nominal": nominal, **found.plain()})
    return pl.DataFrame(rows, schema={"nominal": pl.Float64, **dict.fromkeys(names, pl.Float64)})


def interval_columns(interval: Interval | None) -> dict[str, Any]:
    """Return the ends as columns: ``lower`` and ``upper``, with the nominal coverage behind the name where there are several."""
    if interval is None:
        return {}
    several = len(interval.coverage) > 1
    found = {}
    for number, coverage in enumerate(interval.coverage):
        end = f"_{coverage:g}" if several else ""
        found[f"lower{end}"] = pl.Series(interval.lower[:, number]).fill_nan(None)
        found[f"upper{end}"] = pl.Series(interval.upper[:, number]).fill_nan(None)
    return found


def _of(base: Interval | None, chosen: Any) -> Interval | None:
    return None if base is None else base.take(chosen)


def _label_time(rows: Rows) -> np.ndarray[Any, Any]:
    if rows.label_time is None:
        raise EvaluationError("a calibration needs to know when each target became known", field="intervals")
    return rows.label_time
