"""As-of joins: against a plain loop, and nothing that was not known yet."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsframework.data import Panel, load_panel
from dsframework.errors import DataError
from dsframework.spec import FrameData

UTC = dt.UTC
START = dt.datetime(2024, 1, 1, tzinfo=UTC)
HOUR = dt.timedelta(hours=1)
QUIET = dict.fromkeys(("outliers", "short", "jumps", "frozen", "gaps", "sessions", "bars", "zero_volume"), "ignore")


def load(rows: pl.DataFrame, other: pl.DataFrame, join: dict[str, Any], source: dict[str, Any] | None = None, **more: Any) -> Panel:
    joins = {"news": {"source": {"loader": "frame", "frame": "other", **(source or {})}, **join}}
    data = {"frame": "f", "joins": joins, "checks": QUIET, **more}
    return load_panel(FrameData.model_validate(data), frames={"f": rows, "other": other})


def at(hours: int) -> dt.datetime:
    return START + hours * HOUR


def loop(
    rows: list[tuple[int, str]], source: list[tuple[int, int, str]], lag: int, tolerance: int | None, *, per_entity: bool
) -> list[int | None]:
    """For each (now, entity) the number of the row of (time, published, entity) that counts."""
    found: list[int | None] = []
    for now, entity in rows:
        known = [(t, p + lag, n) for n, (t, p, e) in enumerate(source) if p + lag <= now and (e == entity or not per_entity)]
        best = max(known, default=None)
        fresh = best is not None and (tolerance is None or now - best[1] <= tolerance)
        found.append(best[2] if best is not None and fresh else None)
    return found


@settings(max_examples=120, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 30), st.sampled_from("ABC")), min_size=1, max_size=25, unique=True),
    source=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 25), st.sampled_from("AB")), min_size=1, max_size=20, unique=True),
    lag=st.sampled_from([None, 0, 3]),
    tolerance=st.sampled_from([None, 0, 4]),
    per_entity=st.booleans(),
    published=st.booleans(),
)
def test_each_row_has_the_newest_that_was_known(
    rows: Any, source: Any, lag: int | None, tolerance: int | None, per_entity: bool, published: bool
) -> None:
    if not published:
        lag = lag or 0
        source = [(t, t, e) for t, _, e in source]
    unique = {(t, p, e if per_entity else ""): (t, p, e) for t, p, e in source}
    source = list(unique.values())
    rows = sorted(rows)
    main = pl.DataFrame({"time": [at(now) for now, _ in rows], "ticker": [e for _, e in rows]})
    other = pl.DataFrame({"time": [at(t) for t, _, _ in source], "who": [e for *_, e in source], "n": range(len(source))})
    available: dict[str, Any] = {} if lag is None else {"lag": f"{lag}h"}
    if published:
        other = other.with_columns(out=pl.Series([at(p) for _, p, _ in source]))
        available["column"] = "out"
    join = {"available": available, **({} if tolerance is None else {"tolerance": f"{tolerance}h"})}
    panel = load(main, other, join, {"columns": ["n"], **({"entity": "who"} if per_entity else {})}, entity="ticker")
    assert panel.frame["news_n"].to_list() == loop(rows, source, lag or 0, tolerance, per_entity=per_entity)
    assert panel.frame.select("time", "ticker").rows() == [(at(now), e) for now, e in rows]


def test_what_becomes_known_later_changes_no_earlier_row() -> None:
    rows = pl.DataFrame({"time": [at(hour) for hour in range(10)]})
    other = pl.DataFrame({"time": [at(0), at(4), at(6)], "v": [1, 2, 3]})
    before = load(rows, other[:2], {"available": {"lag": "1h"}})
    after = load(rows, other, {"available": {"lag": "1h"}})
    assert after.frame["news_v"].to_list() == [None, 1, 1, 1, 1, 2, 2, 3, 3, 3]
    assert after.frame["news_v"].to_list()[:7] == before.frame["news_v"].to_list()[:7]
    assert after.fingerprint != before.fingerprint


def test_a_revised_figure_counts_from_its_own_publication() -> None:
    rows = pl.DataFrame({"time": [dt.date(2024, month, 1) for month in (5, 6, 8, 9, 10)]})
    other = pl.DataFrame(
        {
            "time": [dt.date(2024, 3, 31), dt.date(2024, 3, 31), dt.date(2024, 6, 30), dt.date(2024, 3, 31)],
            "out": [dt.date(2024, 4, 20), dt.date(2024, 6, 1), dt.date(2024, 7, 20), dt.date(2024, 8, 20)],
            "eps": [1.0, 1.1, 2.0, 1.2],
        }
    )
    panel = load(rows, other, {"available": {"column": "out"}, "prefix": ""}, {"columns": ["eps"]})
    assert panel.frame["eps"].to_list() == [1.0, 1.1, 2.0, 2.0, 2.0]


def test_days_and_moments_meet_at_the_end_of_the_day() -> None:
    zone = "America/New_York"
    days = [dt.date(2024, 7, 2), dt.date(2024, 7, 3), dt.date(2024, 7, 4)]
    noons = pl.DataFrame({"time": [dt.datetime(2024, 7, day, hour) for day in (2, 3, 4) for hour in (0, 12)]})
    daily = pl.DataFrame({"time": days, "v": [2, 3, 4]})
    panel = load(noons, daily, {"available": {"lag": "0d"}}, timezone=zone)
    assert panel.frame["news_v"].to_list() == [None, None, 2, 2, 3, 3]
    half_day = [dt.datetime(2024, 7, 2, 16), dt.datetime(2024, 7, 3, 13), dt.datetime(2024, 7, 3, 14), dt.datetime(2024, 7, 4, 9)]
    moments = pl.DataFrame({"time": half_day, "v": [1, 2, 3, 4]})
    join = {"available": {"lag": "0d"}}
    with_close = load(daily.drop("v"), moments, join, {"timezone": zone}, calendar="XNYS")
    assert with_close.frame["news_v"].to_list() == [1, 2, 4]
    without = load(daily.drop("v"), moments, join, {"timezone": zone})
    assert without.frame["news_v"].to_list() == [1, 3, 4]
    assert load(daily.drop("v"), daily, {"available": {"lag": "1h"}}).frame["news_v"].to_list() == [None, 2, 3]


def test_a_source_is_looked_up_by_another_column_and_joined_columns_may_be_asked_for(tmp_path: Path) -> None:
    day = [dt.date(2024, 1, 2), dt.date(2024, 1, 3)]
    rows = pl.DataFrame({"time": day * 2, "ticker": ["A", "A", "B", "B"], "sector": ["x", "x", "y", "y"], "v": [1, 2, 3, 4]})
    other = pl.DataFrame({"time": [day[0]] * 2, "sector": ["x", "y"], "w": [10, 20]})
    join = {"available": {"lag": "0d"}, "by": "sector"}
    panel = load(rows, other, join, {"entity": "sector"}, entity="ticker", columns=["sector", "news_w"])
    assert panel.frame.columns == ["time", "ticker", "sector", "news_w"]
    assert panel.frame["news_w"].to_list() == [10, 20, 10, 20]


MAIN = pl.DataFrame({"time": [at(0), at(1)], "ticker": ["A", "A"], "news_v": [1.0, 2.0]})
OTHER = pl.DataFrame({"time": [at(0), at(1)], "who": [1, 1], "v": [1.0, 2.0], "out": ["soon", "late"]})
WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a name that is taken": ({}, {}, "data.joins.news.prefix: there is a column of that name already (got 'news_v'); set another prefix"),
    "no such column": ({}, {"columns": ["z"]}, "data.joins.news.source.columns: no such column (got 'z'); there are time, who, v, out"),
    "no such time": ({}, {"time": "tim"}, "data.joins.news.source.time: no such column (got 'tim'); did you mean time?"),
    "no such publication": (
        {"available": {"column": "ot"}},
        {},
        "data.joins.news.available.column: no such column (got 'ot'); did you mean out?",
    ),
    "a publication that is no time": (
        {"available": {"column": "out"}},
        {},
        "data.joins.news.available.column: 'out' is not a time: 'soon'",
    ),
    "no such match": ({"by": "sector"}, {"entity": "who"}, "data.joins.news.by: no such column (got 'sector')"),
    "another type": ({}, {"entity": "who"}, "data.joins.news.by: 'ticker' is String, and 'who' of the source is Int64 (got 'ticker')"),
    "nothing to match": ({"by": "ticker"}, {}, "data.joins.news.by: the source has no entity to match (got 'ticker')"),
    "no frame": ({}, {"frame": "oter"}, "data.joins.news.source.frame: data frame 'oter' is not available, try other"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_join_that_can_not_be_made_is_one_line(kind: str) -> None:
    join, source, message = WRONG[kind]
    with pytest.raises(DataError) as caught:
        load(MAIN if "taken" in kind else MAIN.drop("news_v"), OTHER, {"available": {"lag": "0d"}, **join}, source, entity="ticker")
    assert str(caught.value).startswith(message)


def test_times_with_and_without_a_zone_do_not_meet() -> None:
    naive = OTHER.with_columns(pl.col("time").dt.replace_time_zone(None))
    with pytest.raises(DataError, match=r"^data\.joins\.news\.source\.timezone: the source's times have no time zone; set the time zone"):
        load(MAIN.drop("news_v"), naive.with_columns(pl.col("time") + HOUR), {"available": {"lag": "0d"}}, entity="ticker")


def test_what_is_wrong_with_a_source_is_a_note_with_its_name() -> None:
    other = pl.DataFrame({"time": [at(1), at(0)], "v": [1.0, 2.0]})
    assert load(MAIN.drop("news_v"), other, {"available": {"lag": "0d"}}).notes == ("news: rows were not in time order; sorted",)
