"""The loader ``sample``: a synthetic market.

Sessions are those of the exchange. Prices are geometric random walks that share a market factor. The logarithm of a stock's volume is its
own level, plus an AR(1) of the stock, an AR(1) of the market, a season of the week, a month-end effect, what a large move brings, and noise
that tomorrow does not remember. Intraday bars share a day's volume out along a U. The numbers of one entity depend on the
seed, the number of days and the bar length only, not on how many entities there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from dsframework.calendars import Days, TradingCalendar, trading_calendar
from dsframework.data._base import LoadRequest
from dsframework.errors import DataError
from dsframework.spec import DataSpec, SampleData

__all__ = ["load_sample"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
_MINUTES = {"1d": 0, "1h": 60, "30m": 30, "15m": 15, "5m": 5, "1m": 1}
_FIRST = np.datetime64("2015-01-02", "D")
_LAST = np.datetime64("2026-12-31", "D")
_MOST_ROWS = 50_000_000
_WEEK = np.array([-0.10, 0.02, 0.06, 0.03, 0.12, 0.0, 0.0])
_MONTH_END = 0.25
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class _Bars:
    """The time axis: sessions, and the bars that each one has; `end` is None for daily bars."""

    days: Days
    day_of_bar: np.ndarray[Any, np.dtype[np.int64]]
    end: Days | None
    share: Floats


def load_sample(data: DataSpec, request: LoadRequest) -> pl.DataFrame:
    """Make the bars; see `Loader`. Intraday bars carry the time of their end, in the exchange's time zone."""
    assert isinstance(data, SampleData)
    calendar = trading_calendar(data.calendar or "XNYS")
    bars = _axis(calendar, data)
    names = _names(data)
    n = len(bars.day_of_bar)
    if n * len(names) > _MOST_ROWS:
        text = f"that would make {n * len(names):,} rows"
        raise DataError(
            text, field="data.n_days", value=data.n_days, mend=f"ask for at most {_MOST_ROWS:,}: fewer days or entities, or longer bars"
        )
    market = _market(data.seed, bars)
    columns = [_series(np.random.default_rng([data.seed, 1 + number]), market, bars) for number in range(len(names))]
    frame = pl.DataFrame({name: np.concatenate([one[name] for one in columns]) for name in columns[0]})
    time = _times(bars, calendar.timezone).alias(data.time)
    frame = frame.with_columns(pl.concat([time] * len(names)))
    keys = [data.time]
    if data.entity is not None:
        frame = frame.with_columns(pl.Series(data.entity, np.repeat(names, n)))
        keys.append(data.entity)
    return frame.select(*keys, "open", "high", "low", "close", "volume").sort(keys)


def _names(data: SampleData) -> list[str]:
    if data.entity is None and "n_entities" in data.model_fields_set and data.n_entities > 1:
        raise DataError("several entities need a column", field="data.entity", value=None, mend="set data.entity: ticker, or n_entities: 1")
    count = 1 if data.entity is None else data.n_entities
    return [_LETTERS[n // 676] + _LETTERS[n // 26 % 26] + _LETTERS[n % 26] for n in range(count)]


def _axis(calendar: TradingCalendar, data: SampleData) -> _Bars:
    first = _FIRST
    if int(((calendar.days >= _FIRST) & (calendar.days <= _LAST)).sum()) < data.n_days:
        year = 2026 - data.n_days // 240
        calendar = trading_calendar(calendar.name, np.datetime64(f"{year}-01-01", "D").astype(object))
        first = np.datetime64(f"{year}-01-01", "D")
    start = int(np.searchsorted(calendar.days, first))
    chosen = slice(start, start + data.n_days)
    days = calendar.days[chosen]
    if len(days) < data.n_days:
        text = f"{calendar.name} knows {len(days)} sessions from {first} on"
        raise DataError(text, field="data.n_days", value=data.n_days, mend="ask for fewer days")
    minutes = _MINUTES[data.frequency]
    if minutes == 0:
        return _Bars(days, np.arange(len(days)), None, np.ones(len(days)))
    return _intraday(days, calendar.opens[chosen], calendar.closes[chosen], minutes)


def _intraday(days: Days, opens: Days, closes: Days, minutes: int) -> _Bars:
    step = np.timedelta64(minutes, "m")
    counts = -(-(closes - opens) // step)
    day = np.repeat(np.arange(len(days)), counts)
    number = np.arange(len(day)) - np.repeat(np.cumsum(counts) - counts, counts)
    end = np.minimum(opens[day] + (number + 1) * step, closes[day])
    middle = (number + 0.5) / counts[day]
    weight = 1.0 + 6.0 * (middle - 0.5) ** 2
    return _Bars(days, day, end, weight / np.bincount(day, weight)[day])


def _times(bars: _Bars, timezone: str) -> pl.Series:
    if bars.end is None:
        return pl.Series("time", bars.days)
    return pl.Series("time", bars.end).cast(pl.Datetime("us")).dt.replace_time_zone("UTC").dt.convert_time_zone(timezone)


@dataclass(frozen=True)
class _Market:
    """What all entities share: the return of each bar, and the log volume of each day."""

    returns: Floats
    volume: Floats


def _market(seed: int, bars: _Bars) -> _Market:
    rng = np.random.default_rng([seed, 0])
    weekday = (bars.days.astype(np.int64) + 3) % 7
    months = bars.days.astype("datetime64[M]")
    last = np.append(months[1:] != months[:-1], False)
    season = _WEEK[weekday] + _MONTH_END * last
    returns = rng.standard_normal(len(bars.share)) * 0.009 * np.sqrt(bars.share) + 0.0002 * bars.share
    return _Market(returns, season + _ar1(rng.standard_normal(len(bars.days)) * 0.07, 0.9))


def _ar1(shocks: Floats, phi: float) -> Floats:
    """Return x[t] = phi x[t-1] + shocks[t], begun in its stationary spread."""
    values = np.empty_like(shocks)
    state = 0.0
    for position, shock in enumerate(shocks):
        state = phi * state + shock / np.sqrt(1 - phi**2) if position == 0 else phi * state + shock
        values[position] = state
    return values


def _series(rng: np.random.Generator, market: _Market, bars: _Bars) -> dict[str, Any]:
    n, n_days = len(bars.share), len(bars.days)
    beta, deviation, start, level = rng.uniform(0.6, 1.4), rng.uniform(0.008, 0.018), rng.uniform(20, 200), rng.uniform(12.5, 16.0)
    spread = np.sqrt(bars.share)
    moves = beta * market.returns + rng.standard_normal(n) * deviation * spread
    jumps = rng.standard_normal(n) * 0.15 * deviation * spread
    close = start * np.exp(np.cumsum(moves))
    opened = np.append(start, close[:-1]) * np.exp(jumps)
    high = np.maximum(opened, close) * np.exp(np.abs(rng.standard_normal(n)) * 0.4 * deviation * spread)
    low = np.minimum(opened, close) * np.exp(-np.abs(rng.standard_normal(n)) * 0.4 * deviation * spread)
    own = _ar1(rng.standard_normal(n_days) * 0.14, 0.85) + rng.standard_normal(n_days) * 0.12
    daily = level + market.volume + own
    move = np.abs(moves) / (deviation * spread) - np.sqrt(2 / np.pi)
    noise = rng.standard_normal(n) * (0.0 if bars.end is None else 0.15)
    volume = np.maximum(1, np.round(np.exp(daily[bars.day_of_bar] + 0.05 * move + noise) * bars.share)).astype(np.int64)
    prices = {"open": opened, "high": high, "low": low, "close": close}
    return {name: np.round(values, 4) for name, values in prices.items()} | {"volume": volume}
