"""From the data's own columns to what a portfolio can trade: returns, prices, volumes, at each time and for each entity."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from dsframework.errors import EvaluationError
from dsframework.evaluation._base import Predictions
from dsframework.evaluation._portfolio import Market
from dsframework.spec import BacktestArguments

__all__ = ["FIELD", "market_from_prices", "market_from_target", "matrix"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Times = np.ndarray[Any, Any]
FIELD = "evaluation.backtest"
_WINDOW = 21
_LEAST = 5


def market_from_prices(
    arguments: BacktestArguments, predictions: Predictions, decided: Times, entities: list[str], holding: int
) -> tuple[Times, Market]:
    """Return the market from the first decision to the end of the last position, and its times.

    Raises
    ------
    EvaluationError
        When a column is lacking, a price is not above 0, or the predictions' times are not among the prices'.
    """
    assert arguments.price is not None
    prices = _column(predictions, arguments.price, "price", decided)
    axis = prices["time"].unique().sort().to_numpy()
    wrong = prices.filter(pl.col("entity").is_in(entities) & (pl.col("value") <= 0))
    if wrong.height:
        where = f"{wrong['entity'][0]} {wrong['time'][0]}".strip()
        raise EvaluationError(f"{wrong.height} prices are not above 0 (first: {where})", field=f"{FIELD}.price")
    if not np.isin(decided, axis).all():
        raise EvaluationError("the predictions' times are not among those of the prices", field=f"{FIELD}.price")
    first, last = (int(np.searchsorted(axis, time)) for time in (decided[0], decided[-1]))
    before = max(0, first - _WINDOW - 1)
    times = axis[before : last + holding + arguments.delay + 1]
    table = matrix(prices, "value", times, entities)
    value = None
    if arguments.volume is not None:
        value = np.nan_to_num(matrix(_column(predictions, arguments.volume, "volume", decided), "value", times, entities) * table)
    return times[first - before :], _priced(table, value, first - before)


def market_from_target(predictions: Predictions, table: pl.DataFrame, decided: Times, entities: list[str]) -> tuple[Times, Market]:
    """Return a market whose returns are the actual values of a target that is a return over one row, and its times."""
    moves = matrix(table, "actual", decided, entities)
    returns = np.nan_to_num(np.expm1(moves) if predictions.form == "log_return" else moves)
    known = np.isfinite(moves)
    end = predictions.rows.label_time
    last = decided[-1] + np.timedelta64(1, "D") if end is None else end.max()
    idle = np.zeros((1, len(entities)))
    return np.append(decided, last), Market(np.vstack([returns, idle]), np.vstack([known, known[-1:]]))


def matrix(table: pl.DataFrame, column: str, times: Times, entities: list[str]) -> Floats:
    """Put a column of a table with ``time`` and ``entity`` into the shape (times, entities), NaN where there is no row."""
    result = np.full((len(times), len(entities)), np.nan)
    chosen = table.filter(pl.col("time").is_between(times[0], times[-1]) & pl.col("entity").is_in(entities))
    row = np.searchsorted(times, chosen["time"].to_numpy())
    codes = {name: position for position, name in enumerate(entities)}
    who = chosen["entity"].replace_strict(codes, return_dtype=pl.Int64).to_numpy()
    on = times[row] == chosen["time"].to_numpy()
    result[row[on], who[on]] = chosen[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()[on]
    return result


def _column(predictions: Predictions, name: str, field: str, decided: Times) -> pl.DataFrame:
    kind = pl.Series(decided).dtype
    return predictions.column(name, f"{FIELD}.{field}").with_columns(pl.col("time").cast(kind))


def _priced(prices: Floats, value: Floats | None, cut: int) -> Market:
    """Returns from each time to the next, from position `cut` on.

    The last price stands where there is none; an entity whose prices have ended is closed at it.
    """
    known = np.isfinite(prices)
    at = np.arange(len(prices))[:, None]
    last = np.maximum.accumulate(np.where(known, at, -1), axis=0)
    filled = np.where(last >= 0, np.take_along_axis(prices, np.maximum(last, 0), axis=0), np.nan)
    returns = np.zeros(prices.shape)
    returns[:-1] = np.nan_to_num(filled[1:] / filled[:-1] - 1.0)
    ended = at > last[-1]
    if value is not None:
        value = np.where(ended, np.take_along_axis(value, np.maximum(last, 0), axis=0), value)[cut:]
    return Market(returns[cut:], (known | ended)[cut:], value, _volatility(returns)[cut:])


def _volatility(returns: Floats) -> Floats:
    """Deviation of the last 21 returns that were known at each time; the mean of the others' where there are fewer than 5."""
    known = pl.DataFrame(np.vstack([np.zeros(returns.shape[1]), returns[:-1]]))
    rolled = known.select(pl.all().rolling_std(_WINDOW, min_samples=_LEAST)).to_numpy()
    measured = np.isfinite(rolled)
    counts = measured.sum(axis=1, keepdims=True)
    others = np.divide(np.where(measured, rolled, 0.0).sum(axis=1, keepdims=True), counts, out=np.zeros((len(rolled), 1)), where=counts > 0)
    return np.where(measured, rolled, others)
