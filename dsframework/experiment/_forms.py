"""What a target is made of: the column, its change, its rank or its class, ahead of a row and as it is known at the row."""

from __future__ import annotations

import polars as pl

from dsframework.data import Panel
from dsframework.errors import DataError
from dsframework.spec import TargetSpec

__all__ = ["FLAT_CLASSES", "check_values", "measured", "naive_names"]

FLAT_CLASSES = ("down", "flat", "up")
"""The classes of a direction with a threshold."""

_NAIVE = {
    "return": ("zero", "naive"),
    "log_return": ("zero", "naive"),
    "rank": ("zero", "naive"),
    "direction": ("persistence",),
    "class": ("persistence",),
}
_POSITIVE = ("return", "log_return", "volatility", "rank")


def naive_names(target: TargetSpec) -> tuple[str, ...]:
    """Return the names of the forecasts that need no training, but for the seasonal one."""
    return _NAIVE.get(target.as_, ("naive",))


def check_values(panel: Panel, target: TargetSpec) -> None:
    """Refuse values that the target's form is not defined for.

    Raises
    ------
    DataError
        When values are missing, not positive where the form divides by them, or when the horizon is too short for the form.
    """
    values = panel.frame[target.column]
    missing = values.null_count()
    if missing:
        where = panel.place(panel.frame.filter(pl.col(target.column).is_null()))
        raise DataError(
            f"{missing} values of {target.column!r} are missing (first at {where})", field="target.column", mend="fill or drop those rows"
        )
    if target.as_ != "class" and (target.as_ in _POSITIVE or target.threshold is not None) and (values <= 0).any():
        what = "a direction with a threshold" if target.threshold is not None else f"a {target.as_}"
        wrong = panel.frame.filter(pl.col(target.column) <= 0)
        text = f"{wrong.height} values of {target.column!r} are <= 0, for which {what} is not defined (first at {panel.place(wrong)})"
        raise DataError(text, field="target.as", mend="mend those rows, or use as: value")
    if target.as_ == "volatility" and target.horizon < 2:
        raise DataError("a volatility needs at least two returns", field="target.horizon", value=target.horizon, mend="use horizon: 5")


def measured(panel: Panel, target: TargetSpec) -> pl.DataFrame:
    """Return ``y``, ``now`` and ``label_time`` of every row of the panel.

    ``y`` is null where the data ends before, ``now`` where it does not begin early enough; `target.horizon` is a number of rows, and the
    target's column holds numbers: for a class their codes.
    """
    table = panel.frame.select(
        pl.col(panel.time).alias("time"),
        (pl.col(panel.entity) if panel.entity else pl.lit("")).alias("entity"),
        pl.col(target.column).cast(pl.Float64).alias("value"),
    )
    value, horizon = pl.col("value"), target.horizon
    ahead, behind = value.shift(-horizon), value.shift(horizon)
    if target.as_ == "volatility":
        now = value.log().diff().rolling_std(horizon)
        pair = (now.shift(-horizon), now)
    elif target.as_ in ("value", "class"):
        pair = (ahead, value)
    else:
        pair = (_changed(target, value, ahead), _changed(target, behind, value))
    table = table.select(
        "time",
        "entity",
        pair[0].over("entity").alias("y"),
        pair[1].over("entity").alias("now"),
        pl.col("time").shift(-horizon).over("entity").alias("label_time"),
    )
    return _ranked(table) if target.as_ == "rank" else table.select("y", "now", "label_time")


def _changed(target: TargetSpec, before: pl.Expr, after: pl.Expr) -> pl.Expr:
    """The change from one value to another on the target's terms; null where one of the two is."""
    if target.as_ == "log_return":
        return (after / before).log()
    if target.as_ != "direction":
        return after / before - 1
    if target.threshold is None:
        found = (after > before).cast(pl.Float64)
    else:
        change = after / before - 1
        found = pl.when(change > target.threshold).then(2.0).when(change < -target.threshold).then(0.0).otherwise(1.0)
    return pl.when(before.is_null() | after.is_null()).then(None).otherwise(found)


def _ranked(table: pl.DataFrame) -> pl.DataFrame:
    """Ranks among the entities at one time, from -0.5 to 0.5, ties sharing the mean of theirs.

    A rank is known when the changes of all entities are. One entity alone has none.
    """

    def rank(name: str) -> pl.Expr:
        count = pl.col(name).count()
        place = (pl.col(name).rank("average") - 1) / (count - 1) - 0.5
        return pl.when(count > 1).then(place).otherwise(None).over("time").alias(name)

    known = pl.when(pl.col("y").is_not_null()).then(pl.col("label_time")).otherwise(None).max().over("time").alias("label_time")
    return table.select(rank("y"), rank("now"), known)
