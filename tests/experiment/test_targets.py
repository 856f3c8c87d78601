"""What a target is, against loops written by hand: durations, ranks, classes, three directions, and when a label is known."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dsframework.data import Panel, load_panel
from dsframework.errors import DataError, SplitError
from dsframework.experiment import Dataset, build_dataset, expand, resolve_target
from dsframework.spec import FrameData, parse_spec
from dsframework.study._prepare import Preparer

START = dt.date(2024, 1, 1)


def panel_of(frame: pl.DataFrame, entity: str | None = "who", calendar: str | None = None) -> Panel:
    return load_panel(FrameData(frame="f", time="time", entity=entity, calendar=calendar), frames={"f": frame})


def dataset_of(panel: Panel, target: str, task: str = "regression", model: str = "ridge") -> Dataset:
    entity = f", entity: {panel.entity}" if panel.entity else ""
    text = (
        f"{{version: 1, name: by-hand, task: {task}, data: {{loader: frame, frame: f, time: time{entity}}}, target: {target}, "
        f"features: [lag: {{columns: [v], periods: [0]}}], models: [{model}]}}"
    )
    plan = expand(parse_spec(text))[0]
    return build_dataset(panel, plan.target, plan.features, task=task)


def walks(n_days: int = 40, skipped: dict[str, tuple[int, ...]] | None = None, seed: int = 0) -> pl.DataFrame:
    """Three entities with a price each day, of which some miss days."""
    random = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for who in "abc":
        price = np.exp(np.cumsum(random.normal(0, 0.02, n_days)))
        rows += [
            {"time": START + dt.timedelta(days=day), "who": who, "v": price[day]}
            for day in range(n_days)
            if day not in (skipped or {}).get(who, ())
        ]
    return pl.DataFrame(rows)


def bars(minutes: int = 30, days: int = 4, per_day: int = 13) -> pl.DataFrame:
    times = [dt.datetime(2024, 1, 1 + day, 10, 0) + dt.timedelta(minutes=minutes * bar) for day in range(days) for bar in range(per_day)]
    return pl.DataFrame({"time": times, "v": np.arange(1.0, len(times) + 1)})


@pytest.mark.parametrize(("minutes", "text", "rows"), [(30, "30min", 1), (30, "1h", 2), (15, "2h", 8), (60, "3h", 3)])
def test_a_duration_is_so_many_rows_of_intraday_bars(minutes: int, text: str, rows: int) -> None:
    panel = panel_of(bars(minutes), entity=None)
    found, counted = (dataset_of(panel, f"{{column: v, horizon: {horizon}}}") for horizon in (text, rows))
    assert found.y.tolist() == counted.y.tolist()
    assert (found.label_time == counted.label_time).all()
    assert found.y.tolist() == (found.x[:, 0] + rows).tolist()


def test_days_are_rows_of_daily_data_whatever_is_closed_between() -> None:
    days = [START + dt.timedelta(days=number) for number in range(30) if (START + dt.timedelta(days=number)).weekday() < 5]
    panel = panel_of(pl.DataFrame({"time": days, "v": np.arange(1.0, len(days) + 1)}), entity=None)
    found = dataset_of(panel, "{column: v, horizon: 5d}")
    assert found.y.tolist() == (found.x[:, 0] + 5).tolist()


def test_purge_follows_from_a_duration_as_from_rows() -> None:
    frame = walks(60)
    for horizon in ("4d", "4"):
        text = (
            "{version: 1, name: by-hand, task: regression, data: {loader: frame, frame: f, time: time, entity: who}, "
            f"target: {{column: v, horizon: {horizon}}}, features: [lag: {{columns: [v], periods: [0]}}], models: [ridge]}}"
        )
        prepared = Preparer(Path(), {"f": frame}).prepare(expand(parse_spec(text))[0])
        assert prepared.plan.horizon == 4
        assert sum(span.n_steps for span in prepared.folds[0].purged) == 3


@pytest.mark.parametrize(
    ("frame", "text", "says"),
    [
        (bars(30), "45min", "not a whole number of the data's steps, which are 30min long (got '45min'); write 1h"),
        (bars(30), "1d", "longer than a session, which has 13 rows of 30min (got '1d'); write a number of rows: 13 is"),
        (walks(), "12h", "not a whole number of the data's steps, which are 1d long (got '12h'); write 1d"),
    ],
)
def test_a_duration_that_is_no_number_of_rows_is_refused(frame: pl.DataFrame, text: str, says: str) -> None:
    with pytest.raises(DataError) as caught:
        dataset_of(panel_of(frame, entity="who" if "who" in frame.columns else None), f"{{column: v, horizon: {text}}}")
    assert str(caught.value).startswith("target.horizon")
    assert says in str(caught.value)


def test_a_duration_is_refused_where_entities_have_different_steps() -> None:
    frame = pl.concat([bars(30).with_columns(who=pl.lit("a")), bars(15).with_columns(who=pl.lit("b"))])
    with pytest.raises(DataError, match=r"not the same number of rows for all: 'a' has steps of 30min, 'b' of 15min"):
        dataset_of(panel_of(frame), "{column: v, horizon: 1h}")


def test_a_day_is_24_rows_where_hours_never_end() -> None:
    times = [dt.datetime(2024, 1, 1) + dt.timedelta(hours=hour) for hour in range(24 * 5)]
    panel = panel_of(pl.DataFrame({"time": times, "v": np.arange(1.0, 121)}), entity=None)
    plan = expand(
        parse_spec(
            "{version: 1, name: n, task: regression, data: {loader: frame, frame: f, time: time}, target: {column: v, horizon: 1d}, "
            "features: [lag: {columns: [v], periods: [0]}], models: [ridge]}"
        )
    )[0]
    assert plan.target is not None
    assert resolve_target(panel, plan.target).horizon == 24


def ranks_by_hand(frame: pl.DataFrame, horizon: int) -> dict[tuple[Any, str], tuple[float, Any]]:
    """The rank of the change and when it is known, by (time, entity)."""
    own = {who: part.sort("time") for (who,), part in frame.group_by("who")}
    changes: dict[Any, dict[str, tuple[float, Any]]] = {}
    for who, part in own.items():
        times, values = part["time"].to_list(), part["v"].to_list()
        for row in range(len(times) - horizon):
            changes.setdefault(times[row], {})[who] = (values[row + horizon] / values[row] - 1, times[row + horizon])
    found = {}
    for time, here in changes.items():
        if len(here) < 2:
            continue
        known = max(when for _, when in here.values())
        for who, (change, _) in here.items():
            below = sum(other < change for other, _ in here.values())
            found[time, who] = (below / (len(here) - 1) - 0.5, known)
    return found


@pytest.mark.parametrize("skipped", [{}, {"b": (7, 8, 20)}, {"c": tuple(range(25, 40))}])
@pytest.mark.parametrize("horizon", [1, 3])
def test_a_rank_is_taken_among_the_entities_and_known_when_all_are(skipped: dict[str, tuple[int, ...]], horizon: int) -> None:
    frame = walks(skipped=skipped)
    found = dataset_of(panel_of(frame), f"{{column: v, as: rank, horizon: {horizon}}}")
    expected = ranks_by_hand(frame, horizon)
    assert found.n_rows == len(expected)
    for row in range(found.n_rows):
        time = found.time[row].astype("datetime64[D]").astype(object)
        rank, known = expected[time, found.entities[found.entity[row]]]
        assert found.y[row] == pytest.approx(rank, abs=1e-12)
        assert found.label_time[row].astype("datetime64[D]").astype(object) == known


def test_the_baselines_of_a_rank_are_the_middle_and_the_last_rank() -> None:
    frame = walks()
    found = dataset_of(panel_of(frame), "{column: v, as: rank, horizon: 2}")
    expected = ranks_by_hand(frame, 2)
    assert set(found.naive) == {"zero", "naive"}
    assert (found.naive["zero"] == 0).all()
    for row in range(found.n_rows):
        time = found.time[row].astype("datetime64[D]").astype(object)
        earlier = expected.get((time - dt.timedelta(days=2), found.entities[found.entity[row]]))
        last = found.naive["naive"][row]
        assert np.isnan(last) if earlier is None else last == pytest.approx(earlier[0], abs=1e-12)


def test_equal_changes_share_the_mean_of_their_ranks() -> None:
    frame = pl.DataFrame({"time": [START, START + dt.timedelta(days=1)] * 3, "who": list("aabbcc"), "v": [1.0, 2.0, 3.0, 6.0, 1.0, 1.0]})
    assert sorted(dataset_of(panel_of(frame), "{column: v, as: rank}").y.tolist()) == [-0.5, 0.25, 0.25]


def test_one_entity_has_no_rank() -> None:
    frame = walks().filter(pl.col("who") == "a")
    with pytest.raises(SplitError, match="at no time are there two entities"):
        dataset_of(panel_of(frame), "{column: v, as: rank}")


def shown(value: Any) -> str:
    """A class as it is written in a file."""
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["up", "down", "flat"], ("down", "flat", "up")),
        ([10, 2, 3], ("2", "3", "10")),
        ([2.0, 0.0, 1.0], ("0", "1", "2")),
        ([True, False, True], ("false", "true")),
    ],
)
def test_a_class_is_that_of_the_row_ahead(values: list[Any], names: tuple[str, ...]) -> None:
    said = values * 8
    frame = pl.DataFrame({"time": [START + dt.timedelta(days=day) for day in range(24)], "v": np.arange(24.0), "kind": said})
    found = dataset_of(panel_of(frame, entity=None), "{column: kind, as: class, horizon: 2}", "classification", "logistic_regression")
    assert found.classes == names
    codes = [names.index(shown(value)) for value in said]
    assert found.y.tolist() == codes[2:]
    assert found.naive["persistence"].tolist() == codes[:22]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            [0.5, 1.0] * 12,
            ("12 of 24 values of 'kind' are no whole numbers, the first is 0.5 in data frame f (got 'kind'); use task: regression"),
        ),
        (["a"] * 24, "'kind' has one value only, 'a', and a classification is for 2 to 100 classes in data frame f (got 'kind')"),
    ],
)
def test_a_column_that_names_no_classes_is_refused(values: list[Any], says: str) -> None:
    frame = pl.DataFrame({"time": [START + dt.timedelta(days=day) for day in range(24)], "v": np.arange(24.0), "kind": values})
    with pytest.raises(DataError) as caught:
        dataset_of(panel_of(frame, entity=None), "{column: kind, as: class}", "classification", "logistic_regression")
    assert says in str(caught.value)


def test_a_direction_with_a_threshold_has_three_classes() -> None:
    frame = walks(80)
    found = dataset_of(panel_of(frame), "{column: v, as: direction, threshold: 0.015, horizon: 2}", "classification", "logistic_regression")
    assert found.classes == ("down", "flat", "up")
    prices = {who: part.sort("time")["v"].to_list() for (who,), part in frame.group_by("who")}

    def side(change: float) -> float:
        return 2.0 if change > 0.015 else 0.0 if change < -0.015 else 1.0

    for row in range(found.n_rows):
        day = (found.time[row].astype("datetime64[D]").astype(object) - START).days
        own = prices[found.entities[found.entity[row]]]
        assert found.y[row] == side(own[day + 2] / own[day] - 1)
        last = found.naive["persistence"][row]
        assert np.isnan(last) if day < 2 else last == side(own[day] / own[day - 2] - 1)
    assert set(found.y.tolist()) == {0.0, 1.0, 2.0}
