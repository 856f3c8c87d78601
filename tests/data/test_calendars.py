"""Sessions of exchanges, and loaders of other packages."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import numpy as np
import polars as pl
import pytest

from dsframework.calendars import trading_calendar
from dsframework.data import LoadRequest, is_session, last_session, load_panel, next_sessions, register_loader, sessions_between
from dsframework.errors import DataError
from dsframework.spec import DataSpec, catalogue


@pytest.mark.parametrize(
    ("moment", "session"),
    [
        (dt.date(2024, 7, 3), dt.date(2024, 7, 3)),
        (dt.date(2024, 7, 4), dt.date(2024, 7, 3)),
        (dt.date(2024, 7, 7), dt.date(2024, 7, 5)),
        (dt.datetime(2024, 7, 5, 1), dt.date(2024, 7, 5)),
        (dt.datetime(2024, 7, 5, 1, tzinfo=dt.UTC), dt.date(2024, 7, 3)),  # still the 4th in New York
        (dt.date(2001, 9, 14), dt.date(2001, 9, 10)),
        (dt.date(1991, 1, 1), dt.date(1990, 12, 31)),
        (dt.date(1972, 7, 4), dt.date(1972, 7, 3)),
    ],
)
def test_the_last_session(moment: dt.date, session: dt.date) -> None:
    assert last_session("XNYS", moment) == session


def test_sessions() -> None:
    assert not is_session("XNYS", dt.date(2024, 7, 4))
    assert is_session("XLON", dt.date(2024, 7, 4))
    assert sessions_between("XNYS", dt.date(2024, 7, 3), dt.date(2024, 7, 8)) == [dt.date(2024, 7, day) for day in (3, 5, 8)]
    assert next_sessions("NYSE", dt.date(2024, 7, 3), 2) == [dt.date(2024, 7, 5), dt.date(2024, 7, 8)]
    assert next_sessions("24/7", dt.date(2024, 7, 5), 2) == [dt.date(2024, 7, 6), dt.date(2024, 7, 7)]


@pytest.mark.parametrize("name", ["XNYS", "XLON", "XTKS", "XHKG", "XSHG", "24/7", "CMES"])
def test_a_calendar_reaches_from_the_past_into_the_next_year(name: str) -> None:
    calendar = trading_calendar(name)
    assert calendar.days[0] < np.datetime64("2000-02-01")
    today = np.datetime64(dt.datetime.now(tz=dt.UTC).date(), "D")
    assert calendar.days[-1] > today
    assert (np.diff(calendar.days) > np.timedelta64(0, "D")).all()
    assert (calendar.opens < calendar.closes).all()
    assert not np.isin(calendar.holidays, calendar.planned).any()
    assert trading_calendar(name) is calendar


def test_days_out_of_reach_are_one_line() -> None:
    with pytest.raises(DataError, match=r"^data\.calendar: XNYS knows sessions from 1990-01-02 to \S+ only \(got '2150-01-01'\)"):
        last_session("XNYS", dt.date(2150, 1, 1))
    with pytest.raises(DataError, match=r"^data\.calendar: XNYS knows sessions until \S+ only \(got 5000\)"):
        next_sessions("XNYS", dt.date(2024, 1, 1), 5000)
    with pytest.raises(DataError, match=r"^data\.calendar: XTKS knows sessions from 2000-01-04"):
        is_session("XTKS", dt.date(1980, 1, 1))


def test_a_loader_of_another_package_is_a_loader(monkeypatch: pytest.MonkeyPatch) -> None:
    from dsframework.data import _registry

    class LadderData(DataSpec):
        loader: Literal["ladder"] = "ladder"
        steps: int = 3

    def load(data: DataSpec, request: LoadRequest) -> pl.DataFrame:
        assert isinstance(data, LadderData)
        return pl.DataFrame({"time": [dt.date(2024, 1, 1 + step) for step in range(data.steps)], "v": range(data.steps)})

    monkeypatch.setattr(_registry, "_loaders", dict(_registry._loaders))
    monkeypatch.setitem(catalogue._stages, "data", dict(catalogue._stages["data"]))
    with pytest.raises(DataError, match=r"^data\.loader: loader 'ladder' is not available, try csv, duckdb, frame, onetick,"):
        load_panel(LadderData())
    register_loader("ladder", load, LadderData)
    assert load_panel(LadderData()).n_rows == 3
    assert "ladder" in catalogue.names("data")
