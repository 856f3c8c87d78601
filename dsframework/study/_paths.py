"""The scores of each path that combinatorial folds make through the time before the test."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from dsframework.evaluation import Evaluation
from dsframework.metrics import Sample, score

__all__ = ["score_paths"]


def score_paths(metrics: Sequence[str], sample: Sample, out_of_fold: pl.DataFrame) -> Evaluation:
    """Return the scores of every path, each of which predicts every step once, and their mean and population deviation.

    Parameters
    ----------
    metrics
        Which scores.
    sample
        The out-of-fold predictions of all folds.
    out_of_fold
        The same rows as they are recorded, with the column ``path``.
    """
    path = out_of_fold["path"].to_numpy()
    numbers = np.unique(path)
    rows = [dict(score(metrics, sample.take(np.flatnonzero(path == number)))) for number in numbers]
    figures: dict[str, float | None] = {}
    for name in metrics:
        known = [row[name] for row in rows if np.isfinite(row[name])]
        figures[f"{name}_mean"] = float(np.mean(known)) if known else None
        figures[f"{name}_std"] = float(np.std(known)) if known else None
    columns = {name: [row[name] for row in rows] for name in metrics}
    return Evaluation(figures, {"scores": pl.DataFrame({"path": numbers, **columns})})
