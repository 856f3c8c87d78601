"""Whether runs differ by more than luck: their recorded predictions of the same rows, against the best of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from dsframework.errors import MetricError
from dsframework.evaluation import RunComparison, compare_forecasts
from dsframework.metrics import get_metric
from dsframework.records import Significance

__all__ = ["Tested", "significance", "steps_ahead"]


@dataclass(frozen=True)
class Tested:
    """What the tests say, by run; empty where the predictions can't be compared, and `notes` say why."""

    loss: str | None = None
    by_run: Mapping[str, Significance] = field(default_factory=dict)
    n_rows: int = 0
    n_times: int = 0
    notes: tuple[str, ...] = ()


def significance(frames: Mapping[str, pl.DataFrame], *, metric: str, task: str) -> Tested:
    """Test every run's predictions against the best one's.

    Parameters
    ----------
    frames
        Recorded predictions by run.
    metric
        The metric that decided; where it is no mean over rows, absolute errors are compared, of probabilities the Brier score.
    task
        As in the spec.
    """
    if len(frames) < 2 or task not in ("regression", "classification"):
        return Tested()
    several = any(name.startswith("probability_") for frame in frames.values() for name in frame.columns)
    loss, rows = ("mae", {run: _wrong(frame) for run, frame in frames.items()}) if several else (_loss(metric, task), frames)
    try:
        found = compare_forecasts(rows, loss=loss, horizon=steps_ahead(frames))
    except MetricError as error:
        return Tested(notes=(f"the runs can't be tested against each other: {error}",))
    return Tested("error rate" if several else loss, _by_run(found), found.n_rows, found.n_times, found.notes)


def steps_ahead(frames: Mapping[str, pl.DataFrame]) -> int:
    """Return how many time steps lie between most predictions and their targets, at least 1."""
    most = 1
    for frame in frames.values():
        axis = frame["time"].unique().sort().to_numpy()
        ahead = np.searchsorted(axis, frame["label_time"].to_numpy()) - np.searchsorted(axis, frame["time"].to_numpy())
        most = max(most, int(np.median(ahead)))
    return most


def _loss(metric: str, task: str) -> str:
    """The metric itself where it is a mean over rows of what is recorded."""
    found = get_metric(metric)
    if found.of_rows and found.info.needs in ("point", "probability"):
        return metric
    return "mae" if task == "regression" else "brier"


def _wrong(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows whose absolute error is 1 where the class is not the predicted one."""
    wrong = (pl.col("predicted") != pl.col("actual")).cast(pl.Float64)
    return frame.with_columns(wrong.alias("predicted"), pl.lit(0.0).alias("actual"))


def _by_run(found: RunComparison) -> dict[str, Significance]:
    told = {found.best: Significance(verdict="best", loss=found.means[found.best])}
    for name, one in found.against.items():
        told[name] = Significance(
            verdict="worse" if one.worse else "not different",
            loss=found.means[name],
            difference=one.difference.estimate,
            lower=one.difference.lower,
            upper=one.difference.upper,
            statistic=one.test.statistic if np.isfinite(one.test.statistic) else None,
            p_value=one.p_value,
        )
    return told
