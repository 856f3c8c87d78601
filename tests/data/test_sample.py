"""The synthetic market: real sessions, the same numbers each time, and a volume that can be predicted."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from dsframework.calendars import trading_calendar
from dsframework.data import load_panel, sessions_between
from dsframework.errors import DataError
from dsframework.spec import SampleData

FREQUENCIES = {"1d": 1, "1h": 7, "30m": 13, "15m": 26, "5m": 78, "1m": 390}


def test_days_are_the_sessions_since_2015() -> None:
    panel = load_panel(SampleData(n_days=300, n_entities=2))
    days = panel.frame["time"].unique().sort().to_list()
    assert days == sessions_between("XNYS", dt.date(2015, 1, 1), days[-1])
    assert len(days) == 300
    assert panel.frame.columns == ["time", "ticker", "open", "high", "low", "close", "volume"]


@pytest.mark.parametrize(("frequency", "bars"), FREQUENCIES.items())
def test_a_session_has_its_bars(frequency: str, bars: int) -> None:
    frame = load_panel(SampleData.model_validate({"n_days": 3, "n_entities": 1, "frequency": frequency, "entity": None})).frame
    assert frame.height == 3 * bars
    if frequency != "1d":
        assert frame["time"][-1] == dt.datetime(2015, 1, 6, 21, tzinfo=dt.UTC)


def test_bars_end_at_an_early_close() -> None:
    frame = load_panel(SampleData(n_days=240, n_entities=1, frequency="1h")).frame
    ends = frame.group_by(pl.col("time").dt.date().alias("day")).agg(pl.col("time").max().dt.hour()).sort("day")
    early = [dt.date(2015, 11, 27)]
    assert ends.filter(pl.col("time") == 13)["day"].to_list() == early
    assert set(ends.filter(~pl.col("day").is_in(early))["time"]) == {16}


def test_the_same_seed_gives_the_same_rows_whatever_else_is_asked_for() -> None:
    one = load_panel(SampleData(seed=3, n_days=50))
    assert load_panel(SampleData(seed=3, n_days=50)).fingerprint == one.fingerprint
    assert load_panel(SampleData(seed=4, n_days=50)).fingerprint != one.fingerprint
    more = load_panel(SampleData(seed=3, n_days=50, n_entities=9)).frame
    assert more.filter(pl.col("ticker").is_in(one.entities)).equals(one.frame)


def test_bars_hold_together() -> None:
    for frequency in ("1d", "15m"):
        frame = load_panel(SampleData.model_validate({"n_days": 100, "frequency": frequency})).frame
        prices = pl.min_horizontal("open", "close")
        assert frame.select((pl.col("low") <= prices).all(), (pl.col("high") >= pl.max_horizontal("open", "close")).all()).row(0) == (
            True,
            True,
        )
        assert frame["volume"].min() >= 1  # type: ignore[operator]
        assert frame["low"].min() > 0  # type: ignore[operator]


def test_names_are_those_of_the_spec() -> None:
    panel = load_panel(SampleData(time="when", entity="who", n_days=2, n_entities=30))
    assert panel.frame.columns[:2] == ["when", "who"]
    assert panel.entities[:2] + panel.entities[-1:] == ["AAA", "AAB", "ABD"]


def test_many_days_begin_earlier() -> None:
    panel = load_panel(SampleData(n_days=9000, n_entities=1))
    assert panel.n_rows == 9000
    assert panel.last < dt.date(2027, 1, 1)


def test_what_can_not_be_made_is_one_line() -> None:
    with pytest.raises(DataError, match=r"^data\.n_days: that would make 10,000,000,\d+ rows|^data\.n_days: that would make"):
        load_panel(SampleData(n_days=3000, n_entities=5000, frequency="1m"))
    with pytest.raises(DataError, match=r"^data\.entity: several entities need a column; set data\.entity: ticker"):
        load_panel(SampleData(entity=None, n_entities=3))


def log_volume(n_days: int = 1500) -> tuple[np.ndarray, np.ndarray]:
    """Log volume, shape (days, entities), and the day of the week."""
    frame = load_panel(SampleData(n_days=n_days, n_entities=4, seed=1)).frame
    wide = frame.pivot(on="ticker", index="time", values="volume").sort("time")
    return np.log(wide.drop("time").to_numpy()), wide["time"].dt.weekday().to_numpy() - 1


def test_ridge_on_lags_beats_the_last_value() -> None:
    from sklearn.linear_model import Ridge

    volume, weekday = log_volume()
    for column in volume.T:
        lags = np.column_stack([column[20 - lag : -1 - lag] for lag in range(10)] + [np.eye(5)[weekday[21:]]])
        target = column[21:]
        cut = len(target) * 2 // 3
        predicted = Ridge().fit(lags[:cut], target[:cut]).predict(lags[cut:])
        error = np.abs(np.exp(predicted) - np.exp(target[cut:])).mean()
        naive = np.abs(np.exp(column[20:-1][cut:]) - np.exp(target[cut:])).mean()
        week_ago = np.abs(np.exp(column[16:-5][cut:]) - np.exp(target[cut:])).mean()
        assert error < 0.9 * min(naive, week_ago)


def test_volume_has_the_seasons_of_the_week_the_month_and_the_day() -> None:
    volume, weekday = log_volume()
    by_day = [volume[weekday == day].mean() for day in range(5)]
    assert by_day[0] == min(by_day)
    assert by_day[4] == max(by_day)
    days = trading_calendar("XNYS").days
    months = days.astype("datetime64[M]")
    ends = set(days[:-1][months[1:] != months[:-1]].tolist())
    daily = load_panel(SampleData(n_days=1500, n_entities=4, seed=1)).frame.with_columns(end=pl.col("time").is_in(list(ends)))
    means = daily.group_by("end").agg(pl.col("volume").log().mean()).sort("end")["volume"]
    assert means[1] - means[0] > 0.1
    bars = load_panel(SampleData(n_days=60, frequency="30m")).frame
    shape = bars.group_by(pl.col("time").dt.time().alias("at")).agg(pl.col("volume").mean()).sort("at")["volume"].to_numpy()
    assert shape[0] > 1.5 * shape[6] < shape[-1]
