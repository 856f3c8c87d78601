"""How well the entities are ordered at each time."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from dsframework.errors import EvaluationError
from dsframework.evaluation._base import Evaluation, Predictions
from dsframework.metrics import Groups, Sample, Undefined, cross_sections, get_metric, standing
from dsframework.spec import RankingArguments

__all__ = ["quantile_of", "ranking"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
_FIELD = "evaluation.ranking"


def ranking(arguments: RankingArguments, predictions: Predictions) -> Evaluation:
    """Tell how the order of the predictions at a time agrees with that of the actual values.

    Returns
    -------
    Evaluation
        Figures ``ic``, ``rank_ic``, ``icir``, ``rank_icir`` and ``share_right`` (of the times whose rank coefficient is above 0); tables
        ``times`` with both coefficients at each time, and ``quantiles`` with the mean actual value, over the times, of the entities that
        are predicted lowest (1) to highest.

    Raises
    ------
    EvaluationError
        For one series, for classes that have no order, or when no time has two entities with different actual values.
    """
    sample = predictions.sample
    if sample.probabilities is not None:
        raise EvaluationError("several classes have no order", field=_FIELD)
    try:
        plain, ranked = (cross_sections(sample, ranks=ranks) for ranks in (False, True))
    except Undefined as error:
        raise EvaluationError(str(error), field=_FIELD, mend="leave out ranking") from error
    figures: dict[str, float | None] = {}
    notes = []
    for name in ("ic", "rank_ic", "icir", "rank_icir"):
        found = get_metric(name).score(sample)
        figures[name] = None if found.reason else found.value
        notes += [f"{name}: {found.reason}"] if found.reason else []
    figures["share_right"] = float(np.mean(ranked.values > 0))
    tables = {
        "times": pl.DataFrame({"time": plain.times, "ic": plain.values, "rank_ic": ranked.values}),
        "quantiles": _by_quantile(sample, arguments.quantiles),
    }
    return Evaluation(figures, tables, tuple(notes))


def quantile_of(sample: Sample, quantiles: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the quantile of each prediction among those of its time, 1 being the lowest; equal predictions share the middle one.

    Times with fewer entities than quantiles leave some of them empty.
    """
    groups = Groups.of(sample.need("time", "there is no time"))
    codes = groups.spread(np.arange(len(groups)))
    place = standing(sample.predicted, codes)
    sizes = groups.spread(groups.sizes.astype(np.float64))
    found: np.ndarray[Any, np.dtype[np.int64]] = np.floor((place.ranks - 0.5) / sizes * quantiles).astype(np.int64) + 1
    return found


def _by_quantile(sample: Sample, quantiles: int) -> pl.DataFrame:
    frame = pl.DataFrame({"time": sample.time, "quantile": quantile_of(sample, quantiles), "actual": sample.truth})
    counts = frame.group_by("time").len().filter(pl.col("len") > 1)["time"]
    frame = frame.filter(pl.col("time").is_in(counts.implode()))
    at = frame.group_by("time", "quantile").agg(pl.col("actual").mean(), pl.len().alias("rows"))
    mean = at.group_by("quantile").agg(pl.col("actual").mean().alias("mean_actual"), pl.len().alias("times"), pl.col("rows").sum())
    return mean.sort("quantile").select("quantile", "rows", "times", "mean_actual")
