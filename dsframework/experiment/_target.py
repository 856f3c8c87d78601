"""The target of every row, and the forecasts that need no model."""

from __future__ import annotations

import polars as pl

from dsframework.data import Panel
from dsframework.errors import SplitError
from dsframework.experiment._forms import check_values, measured, naive_names
from dsframework.experiment._resolve import season_length, season_of
from dsframework.spec import TargetSpec

__all__ = ["add_labels", "add_target", "has_now", "known_values", "seasons_back"]


def add_target(panel: Panel, target: TargetSpec) -> pl.DataFrame:
    """Return the panel's rows with ``__y``, ``__time``, ``__label_time``, ``__season`` and one ``__naive_<name>`` column a baseline.

    The target of a row lies `horizon` rows ahead within its entity; it is null where the data ends before. ``__season`` is the target's
    own value whole seasons before the target's time.

    Raises
    ------
    DataError
        When the target's column has missing values, or values that its form is not defined for.
    SplitError
        When an entity has no row that far ahead.
    """
    check_values(panel, target)
    found = measured(panel, target)
    if found["y"].null_count() == found.height:
        _refuse_no_target(panel, target)
    now = pl.col("now")
    naive = {name: now.fill_null(0.0) * 0 if name == "zero" else now for name in naive_names(target)}
    if target.as_ in ("value", "volatility"):
        naive["seasonal_naive"] = _seasonal(target, season_length(panel))
    columns = _with_entity(panel, found).select(
        pl.col("y").alias("__y"),
        pl.col("label_time").alias("__label_time"),
        _seasonal(target, season_of(panel, target)).alias("__season"),
        *(expression.alias(f"__naive_{name}") for name, expression in naive.items()),
    )
    return panel.frame.with_columns(pl.col(panel.time).alias("__time"), *columns)


def _with_entity(panel: Panel, table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(panel.frame[panel.entity].alias("entity") if panel.entity else pl.lit("").alias("entity"))


def _seasonal(target: TargetSpec, season: int) -> pl.Expr:
    return pl.col("now").shift(seasons_back(target, season)).over("entity")


def seasons_back(target: TargetSpec, season: int) -> int:
    """Return how many rows before a row the last value lies that is known and whole seasons before the row's target."""
    horizon: int = target.horizon
    return -(-horizon // season) * season - horizon


def _refuse_no_target(panel: Panel, target: TargetSpec) -> None:
    if target.as_ == "rank" and panel.frame[panel.time].n_unique() == panel.frame.height:
        raise SplitError(
            "no row has a target: at no time are there two entities, whose changes could be ranked",
            field="target.as",
            value="rank",
            mend="use as: return",
        )
    raise SplitError(
        f"no row has a target: the longest entity has fewer than {target.horizon + 1} rows",
        field="target.horizon",
        value=target.horizon,
        mend="use a shorter horizon or more data",
    )


def add_labels(panel: Panel, column: str | None) -> pl.DataFrame:
    """Return the panel's rows with ``__y``, ``__time`` and ``__label_time`` for a task that predicts nothing.

    Parameters
    ----------
    column
        What is true of a row, as numbers, where a column says so; it is used to score, never to learn.
    """
    known = pl.lit(None, dtype=pl.Float64) if column is None else pl.col(column).cast(pl.Float64)
    time = pl.col(panel.time)
    return panel.frame.with_columns(known.alias("__y"), time.alias("__time"), time.alias("__label_time"))


def has_now(target: TargetSpec) -> bool:
    """Whether the target has a value of its own that is known at a row: a number, and no class."""
    return "naive" in naive_names(target)


def known_values(panel: Panel, target: TargetSpec) -> pl.DataFrame:
    """Return ``now`` and ``season``, the target's own value as far as it is known at each row, and whole seasons before; NaN where unknown.

    They are what `add_target` says of the same rows, without the rows ahead.
    """
    found = _with_entity(panel, measured(panel, target)).select("now", _seasonal(target, season_of(panel, target)).alias("season"))
    if not has_now(target):
        found = found.select(pl.lit(None, dtype=pl.Float64).alias(name) for name in found.columns)
    return found.fill_null(float("nan"))
