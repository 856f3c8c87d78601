"""The season and the time of day of a target: right against loops, blind to the future, and the same where a model serves."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from dsframework.data import Panel, load_panel
from dsframework.experiment import Dataset, build_dataset, resolve_target
from dsframework.experiment._bars_of_day import BarsOfDay
from dsframework.experiment._target import known_values
from dsframework.spec import FrameData, TargetSpec, spec_from_dict

HALF_DAY = dt.date(2024, 7, 3)
HOLIDAY = dt.date(2024, 7, 4)


def market(days: int = 12, minutes: int = 30, ends: bool = True, entities: tuple[str, ...] = ("a", "b")) -> pl.DataFrame:
    """Bars of XNYS around the half day of 3 July 2024, carrying the time of their end, or of their beginning."""
    random = np.random.default_rng(0)
    rows = []
    day = dt.date(2024, 6, 24)
    seen = 0
    while seen < days:
        if day.weekday() < 5 and day != HOLIDAY:
            seen += 1
            close = dt.time(13) if day == HALF_DAY else dt.time(16)
            moment = dt.datetime.combine(day, dt.time(9, 30))
            while moment < dt.datetime.combine(day, close):
                following = moment + dt.timedelta(minutes=minutes)
                for entity in entities:
                    rows.append({"time": following if ends else moment, "who": entity, "v": float(random.lognormal())})
                moment = following
        day += dt.timedelta(days=1)
    return pl.DataFrame(rows).with_columns(pl.col("time").dt.replace_time_zone("America/New_York"))


def panel_of(frame: pl.DataFrame, calendar: str | None = "XNYS") -> Panel:
    return load_panel(FrameData(frame="f", time="time", entity="who", calendar=calendar), frames={"f": frame})


def dataset_of(panel: Panel, target: TargetSpec) -> Dataset:
    document = {
        "version": 1,
        "name": "n",
        "task": "regression",
        "data": {"loader": "frame", "frame": "f", "time": "time", "entity": "who"},
        "target": target.model_dump(mode="json", by_alias=True, exclude_unset=True),
        "features": [{"lag": {"columns": ["v"], "periods": [0]}}],
        "models": ["ridge"],
    }
    return build_dataset(panel, target, spec_from_dict(document).features or [])


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize("horizon", [1, 3, 13, 20])
def test_the_time_of_day_of_a_target_is_that_of_the_row_ahead_also_over_a_half_day(horizon: int, ends: bool) -> None:
    panel = panel_of(market(ends=ends))
    found = dataset_of(panel, TargetSpec(column="v", horizon=horizon)).where
    assert found.label_slot is not None
    assert found.label_time is not None
    local = pl.Series(found.label_time).dt.replace_time_zone("UTC").dt.convert_time_zone("America/New_York")
    expected = local.dt.hour().cast(pl.Int32) * 60 + local.dt.minute().cast(pl.Int32)
    assert found.label_slot.tolist() == expected.to_list()


def test_without_a_calendar_every_day_is_taken_to_be_full() -> None:
    frame = market(days=5)
    found = dataset_of(panel_of(frame, calendar=None), TargetSpec(column="v", horizon=2)).where
    assert found.label_slot is not None
    times = pl.Series(found.time).dt.replace_time_zone("UTC").dt.convert_time_zone("America/New_York")
    grid = [600 + 30 * bar for bar in range(13)]
    slots = (times.dt.hour().cast(pl.Int32) * 60 + times.dt.minute().cast(pl.Int32)).to_list()
    assert found.label_slot.tolist() == [grid[(grid.index(slot) + 2) % 13] for slot in slots]


def test_a_bar_that_will_be_missing_is_not_foreseen() -> None:
    whole = market()
    gone = dt.datetime(2024, 7, 2, 12, 0)
    holed = whole.filter(pl.col("time").dt.replace_time_zone(None) != gone)
    slots = []
    for frame in (whole, holed):
        panel = panel_of(frame)
        bars = BarsOfDay.of(panel, 1)
        assert bars is not None
        before = panel.frame.filter(pl.col("time").dt.replace_time_zone(None) == gone - dt.timedelta(minutes=30))
        slots.append(bars.label_slot(before["time"]).tolist())
    assert slots[0] == slots[1] == [720, 720]


def test_daily_rows_have_no_time_of_day() -> None:
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=day) for day in range(30)]
    frame = pl.DataFrame({"time": days, "who": ["a"] * 30, "v": np.arange(1.0, 31)})
    found = dataset_of(panel_of(frame, None), TargetSpec(column="v"))
    assert found.where.label_slot is None
    assert found.bars is None


@pytest.mark.parametrize("form", ["value", "return", "volatility"])
@pytest.mark.parametrize(("horizon", "season"), [(2, 5), (5, 5), (7, 5), (3, 13)])
def test_a_season_is_the_targets_last_known_value_whole_seasons_before(form: str, horizon: int, season: int) -> None:
    frame = market(days=6)
    target = TargetSpec.model_validate(
        {"column": "v", "horizon": horizon, "as": form, "transform": {"seasonal_difference": {"season": season}}}
    )
    found = dataset_of(panel_of(frame), target)
    assert found.where.season is not None
    values = {who: part.sort("time")["v"].to_numpy() for (who,), part in frame.group_by("who")}
    times = {
        who: part.sort("time")["time"].dt.convert_time_zone("UTC").dt.replace_time_zone(None).to_list()
        for (who,), part in frame.group_by("who")
    }

    def known_at(who: str, row: int) -> float:
        own = values[who]
        if row < (0 if form == "value" else horizon):
            return np.nan
        if form == "value":
            return float(own[row])
        if form == "return":
            return float(own[row] / own[row - horizon] - 1)
        return float(np.std(np.diff(np.log(own[row - horizon : row + 1])), ddof=1))

    seen = 0
    for row in range(found.n_rows):
        who = found.entities[found.entity[row]]
        here = times[who].index(found.time[row].astype("datetime64[us]").astype(object))
        back = next(k * season - horizon for k in range(1, 99) if k * season >= horizon)
        assert found.where.season[row] == pytest.approx(known_at(who, here - back), rel=1e-9)
        seen += 1
    assert seen == found.n_rows > 20
    first = (0 if form == "value" else horizon) + back
    assert found.dropped["history"] == 2 * first


def test_what_is_known_is_the_same_from_the_last_rows_alone() -> None:
    panel = panel_of(market())
    for form in ("value", "return", "rank"):
        target = resolve_target(
            panel, TargetSpec.model_validate({"column": "v", "horizon": 3, "as": form, "transform": "seasonal_difference"})
        )
        whole = known_values(panel, target)
        tail = panel_of(panel.frame.tail(2 * 20))
        assert whole.tail(2).equals(known_values(tail, target).tail(2))


def test_the_default_season_is_a_session_and_is_settled_with_the_data_at_hand() -> None:
    panel = panel_of(market())
    target = resolve_target(panel, TargetSpec(column="v", transform="seasonal_difference"))
    assert [component.to_plain() for component in target.transforms] == [{"seasonal_difference": {"season": 13}}]
    assert resolve_target(panel_of(panel.frame.tail(4)), target) == target
