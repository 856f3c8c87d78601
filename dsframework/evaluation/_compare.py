"""Is one run better than another, or was it luck: tests and intervals from recorded predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from dsframework.errors import EvaluationError
from dsframework.evaluation._bootstrap import Confidence, block_length, confidence
from dsframework.evaluation._diebold_mariano import DieboldMariano, diebold_mariano, holm
from dsframework.evaluation._model_confidence_set import ConfidenceSet, model_confidence_set
from dsframework.metrics import Metric, Sample, get_metric, row_means

__all__ = ["AgainstBest", "RunComparison", "compare_forecasts", "losses_over_time"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
_DIFFERENT = 1e-9


@dataclass(frozen=True)
class AgainstBest:
    """A forecast beside the best one.

    Attributes
    ----------
    difference
        Its mean loss minus that of the best one, with a bootstrap interval; above 0 it is worse.
    test
        Of Diebold & Mariano.
    p_value
        Of that test, corrected for how many forecasts are compared with the best one (Holm).
    worse
        Whether the corrected p-value is below 1 - the level.
    """

    difference: Confidence
    test: DieboldMariano
    p_value: float
    worse: bool


@dataclass(frozen=True)
class RunComparison:
    """Several forecasts of the same rows.

    Attributes
    ----------
    loss
        The metric whose loss is compared.
    means
        Its mean by name: over the entities at each time, then over the times.
    best
        The name of the one with the least loss, the first of several.
    against
        By name, all others beside the best one.
    not_worse
        The names that can't be told from the best one, itself included: the model confidence set.
    n_times, n_rows
        How much they have in common.
    notes
        What a reader should know.
    """

    loss: str
    means: dict[str, float]
    best: str
    against: dict[str, AgainstBest]
    not_worse: ConfidenceSet
    n_times: int
    n_rows: int
    notes: tuple[str, ...]


def compare_forecasts(
    frames: Mapping[str, pl.DataFrame], *, loss: str = "mae", horizon: int = 1, level: float = 0.95, n: int = 2000, seed: int = 0
) -> RunComparison:
    """Compare forecasts that were recorded of the same rows.

    Parameters
    ----------
    frames
        By name: columns time, actual, predicted and, for a panel, entity. Rows that are not in all of them are left out.
    loss
        A metric that is a mean over rows, such as mae, rmse (its squares), mape, brier or log_loss.
    horizon
        Time steps ahead.
    level
        Confidence of the intervals and of the tests.
    n, seed
        Of the moving-block bootstrap.

    Returns
    -------
    RunComparison
        With the Diebold-Mariano test and a block bootstrap interval of each against the best, and the model confidence set of all.

    Raises
    ------
    EvaluationError
        When there are fewer than two forecasts, no common row, other actual values of the same row, or too few times.
    """
    if len(frames) < 2:
        raise EvaluationError("there are not two forecasts to compare", field="run", value=len(frames))
    metric = get_metric(loss)
    times, losses, rows = losses_over_time(frames, metric)
    sign = -1.0 if metric.greater_is_better else 1.0
    losses = {name: sign * values for name, values in losses.items()}
    best = min(losses, key=lambda name: float(losses[name].mean()))
    gaps = {name: values - losses[best] for name, values in losses.items() if name != best}
    tests = {name: diebold_mariano(gap, horizon=horizon) for name, gap in gaps.items()}
    corrected = holm({name: test.p_value for name, test in tests.items()})
    against = {
        name: AgainstBest(_interval(gap, horizon, level, n, seed), tests[name], corrected[name], corrected[name] < 1.0 - level)
        for name, gap in gaps.items()
    }
    table = np.column_stack(list(losses.values()))
    block = max(horizon, block_length(table - table.mean(axis=1, keepdims=True)))
    members = model_confidence_set(losses, level=level, n=n, seed=seed, block=block, kind="moving")
    means = {name: sign * float(values.mean()) for name, values in losses.items()}
    return RunComparison(loss, means, best, against, members, len(times), rows, tuple(_notes(frames, rows, len(times), tests)))


def losses_over_time(frames: Mapping[str, pl.DataFrame], metric: Metric) -> tuple[pl.Series, dict[str, Floats], int]:
    """Return the times that all frames share, the mean loss of each at each time, and how many rows that is.

    Raises
    ------
    EvaluationError
        When there is no common row, when actual values differ, or when the metric is not a mean over rows.
    """
    common, actual = _common(frames)
    losses = {}
    for name in frames:
        terms = row_means(metric, Sample(actual, common[_column(name, frames)].to_numpy()))
        if terms is None:
            raise EvaluationError(f"{metric.name} is not a mean over rows", field="metrics", mend="compare by mae, rmse, brier or log_loss")
        losses[name] = terms
    table = pl.DataFrame({"time": common["time"], **{str(k): losses[name] for k, name in enumerate(frames)}})
    known = table.filter(pl.all_horizontal(pl.exclude("time").is_not_nan()))
    if known.is_empty():
        raise EvaluationError(f"{metric.name} has no value in any common row", field="metrics", mend="compare by mae")
    at = known.group_by("time", maintain_order=True).agg(pl.exclude("time").mean()).sort("time")
    return at["time"], {name: at[str(k)].to_numpy() for k, name in enumerate(frames)}, known.height


def _interval(difference: Floats, horizon: int, level: float, n: int, seed: int) -> Confidence:
    block = max(horizon, block_length(difference))
    return confidence(difference, level=level, n=n, seed=seed, block=min(block, max(1, len(difference) // 2)))


def _column(name: str, frames: Mapping[str, pl.DataFrame]) -> str:
    return f"predicted_{list(frames).index(name)}"


def _common(frames: Mapping[str, pl.DataFrame]) -> tuple[pl.DataFrame, Floats]:
    """Return the rows that all frames have, with the predictions of each, and the actual values."""
    keys = ["time", "entity"] if all("entity" in frame.columns for frame in frames.values()) else ["time"]
    merged: pl.DataFrame | None = None
    for name, frame in frames.items():
        missing = [column for column in (*keys, "actual", "predicted") if column not in frame.columns]
        if missing:
            raise EvaluationError(f"the predictions of {name!r} have no column {missing[0]!r}", field="run")
        if frame.select(keys).is_duplicated().any():
            raise EvaluationError(f"the predictions of {name!r} have two rows for one {' and '.join(keys)}", field="run")
        one = frame.select(*keys, pl.col("actual").alias("other"), pl.col("predicted").cast(pl.Float64).alias(_column(name, frames)))
        if merged is None:
            merged = one.rename({"other": "actual"})
            continue
        merged = merged.join(one, on=keys, how="inner")
        if merged.is_empty():
            raise EvaluationError("the forecasts have no row in common", field="run", mend="compare runs of the same data and split")
        off = merged.filter((pl.col("actual") - pl.col("other")).abs() > _DIFFERENT * pl.col("actual").abs())
        if off.height:
            where = f"{off['time'][0]}{' ' + str(off['entity'][0]) if 'entity' in keys else ''}"
            raise EvaluationError(
                f"{off.height} actual values differ (first at {where})", field="run", mend="compare runs of the same target"
            )
        merged = merged.drop("other")
    assert merged is not None
    ordered = merged.sort(keys)
    return ordered, ordered["actual"].cast(pl.Float64).to_numpy()


def _notes(frames: Mapping[str, pl.DataFrame], rows: int, times: int, tests: Mapping[Any, DieboldMariano]) -> list[str]:
    notes = []
    most = max(frame.height for frame in frames.values())
    if rows < most:
        notes.append(f"{most - rows} rows that are not in all of them were left out")
    if times < 30:
        notes.append(f"{times} times are few for a test")
    return notes + sorted({test.note for test in tests.values() if test.note})
