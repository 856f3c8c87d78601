"""The target of every row, and the forecasts that need no model."""

from __future__ import annotations

import polars as pl

from dsframework.data import Panel
from dsframework.errors import DataError, SplitError
from dsframework.spec import TargetSpec

__all__ = ["add_labels", "add_target", "season_length", "value_now"]

_WEEK = 5


def add_target(panel: Panel, target: TargetSpec) -> pl.DataFrame:
    """Return the panel's rows with ``__y``, ``__time``, ``__label_time`` and one ``__naive_<name>`` column a baseline.

    The target of a row lies `horizon` rows ahead within its entity; it is null where the data ends before.

    Raises
    ------
    DataError
        When the target's column has missing values, or values that its form is not defined for.
    SplitError
        When an entity has no row that far ahead.
    """
    column, horizon = pl.col(target.column).cast(pl.Float64), target.horizon
    frame = panel.frame
    missing = frame[target.column].null_count()
    if missing:
        where = frame.filter(pl.col(target.column).is_null())[panel.time][0]
        raise DataError(
            f"{missing} values of {target.column!r} are missing (first at {where})", field="target.column", mend="fill or drop those rows"
        )
    if target.as_ in ("log_return", "volatility", "return") and frame.select((column <= 0).any()).item():
        raise DataError(
            f"{target.column!r} has values <= 0, for which a {target.as_} is not defined", field="target.as", mend="use as: value"
        )
    if target.as_ == "volatility" and horizon < 2:
        raise DataError("a volatility needs at least two returns", field="target.horizon", value=horizon, mend="use horizon: 5")
    future, now, naive = _forms(target, column)

    def over(expression: pl.Expr) -> pl.Expr:
        return expression.over(panel.entity) if panel.entity else expression

    season = season_length(panel)
    back = -(-horizon // season) * season - horizon
    expressions = [
        over(future).alias("__y"),
        pl.col(panel.time).alias("__time"),
        over(pl.col(panel.time).shift(-horizon)).alias("__label_time"),
        *(over(expression).cast(pl.Float64).alias(f"__naive_{name}") for name, expression in naive.items()),
    ]
    if target.as_ in ("value", "volatility"):
        expressions.append(over(now.shift(back)).alias("__naive_seasonal_naive"))
    result = frame.with_columns(expressions)
    if result["__y"].null_count() == result.height:
        raise SplitError(
            f"no row has a target: the longest entity has fewer than {horizon + 1} rows",
            field="target.horizon",
            value=horizon,
            mend="use a shorter horizon or more data",
        )
    return result


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


def value_now(panel: Panel, target: TargetSpec) -> pl.Series:
    """Return the target's own value as far as it is known at each row, on the target's terms; NaN where there is none."""
    _, _, naive = _forms(target, pl.col(target.column).cast(pl.Float64))
    now = naive.get("naive", pl.lit(None, dtype=pl.Float64))
    values = panel.frame.select((now.over(panel.entity) if panel.entity else now).cast(pl.Float64).alias("now"))["now"]
    return values.fill_null(float("nan"))


def _forms(target: TargetSpec, column: pl.Expr) -> tuple[pl.Expr, pl.Expr, dict[str, pl.Expr]]:
    """The future value, the value of today on the same terms, and the untrained forecasts."""
    horizon = target.horizon
    ahead, behind = column.shift(-horizon), column.shift(horizon)
    if target.as_ == "return":
        now = column / behind - 1
        return ahead / column - 1, now, {"zero": pl.lit(0.0) + column * 0, "naive": now}
    if target.as_ == "log_return":
        now = (column / behind).log()
        return (ahead / column).log(), now, {"zero": pl.lit(0.0) + column * 0, "naive": now}
    if target.as_ == "direction":
        future = pl.when(ahead.is_null()).then(None).otherwise((ahead > column).cast(pl.Float64))
        now = pl.when(behind.is_null()).then(None).otherwise((column > behind).cast(pl.Float64))
        return future, now, {"persistence": now}
    if target.as_ == "volatility":
        now = column.log().diff().rolling_std(horizon)
        return now.shift(-horizon), now, {"naive": now}
    return ahead, column, {"naive": column}


def season_length(panel: Panel) -> int:
    """Return how many rows of an entity make a season: five for daily bars, a session's bars for shorter ones."""
    times = panel.frame[panel.time].unique().sort()
    if times.dtype == pl.Date:
        return _WEEK
    per_day = times.dt.date().value_counts()["count"].mode()[0]
    return int(per_day) if per_day > 1 else _WEEK
