"""Recorded predictions and the rows that they are of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from dsframework.experiment import Dataset, Forecast
from dsframework.splitting import Fold

__all__ = ["fold_positions", "positions_of", "prediction_frame", "recorded_forecast"]

Positions = np.ndarray[Any, np.dtype[np.int64]]


def positions_of(chosen: slice | Positions) -> Positions:
    """Return rows as positions."""
    return np.arange(chosen.start, chosen.stop) if isinstance(chosen, slice) else chosen


def fold_positions(dataset: Dataset, folds: Sequence[Fold]) -> Positions:
    """Return the rows that the folds predict, one fold after the other, as out-of-fold predictions are recorded."""
    return np.concatenate([positions_of(dataset.test_rows(fold)) for fold in folds])


def recorded_forecast(frame: pl.DataFrame, classes: Sequence[str], levels: Sequence[float] = ()) -> Forecast:
    """Return the forecast that recorded predictions are of."""

    def table(names: list[str]) -> Any:
        return frame.select(names).to_numpy() if names and names[0] in frame.columns else None

    return Forecast(
        frame["predicted"].to_numpy(),
        probabilities=table([f"probability_{name}" for name in classes]),
        quantiles=table([f"quantile_{level:g}" for level in levels]),
        flagged=frame["flagged"].to_numpy() if "flagged" in frame.columns else None,
    )


def prediction_frame(
    dataset: Dataset, fold: Fold, forecast: Forecast, levels: Sequence[float] = (), baselines: dict[str, Any] | None = None
) -> pl.DataFrame:
    """Return predictions with what they are of: time, label_time, entity, fold, actual, predicted, path, and what else there is of them.

    A combinatorial fold says which path each of its predictions belongs to.
    """
    rows = dataset.test_rows(fold)
    columns: dict[str, Any] = {"time": dataset.time[rows], "label_time": dataset.label_time[rows]}
    if dataset.entities[0]:
        columns["entity"] = pl.Series([dataset.entities[code] for code in dataset.entity[rows]])
    actual = dataset.y[rows]
    columns |= {"fold": np.full(len(actual), fold.number, dtype=np.int32), "actual": actual, "predicted": forecast.point}
    if fold.paths:
        columns["path"] = dataset.test_paths(fold)
    columns |= forecast.columns(dataset.classes, levels)
    columns |= {f"baseline_{name}": values for name, values in (baselines or {}).items()}
    return pl.DataFrame(columns)
