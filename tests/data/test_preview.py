"""A look at a file: what it tells, and that bad content is told and not raised."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from dsframework.data import load_panel, preview_file, sessions_between
from dsframework.errors import DataError
from dsframework.records import DataPreview, Gap
from dsframework.spec import ParquetData


def look(folder: Path, text: str, **settings: str | None) -> DataPreview:
    (folder / "bars.csv").write_text(text)
    return preview_file(folder / "bars.csv", **settings)  # type: ignore[arg-type]


def test_a_panel_of_real_bars(market_data: Path) -> None:
    preview = preview_file(market_data / "sp500_60.parquet", calendar="XNYS", head=3)
    assert (preview.rows, preview.time, preview.entity, preview.n_entities) == (72918, "date", "ticker", 60)
    assert (preview.first, preview.last, preview.n_gaps) == ("2013-02-08", "2018-02-07", 0)
    assert preview.problems == [f"1 of 72918 values of {name!r} are missing" for name in ("open", "high", "low")]
    assert preview.head[0] == ["2013-02-08", "AEP", 44.55, 44.63, 44.25, 44.57, 2312792]
    assert len(preview.head) == 3
    by_name = {column.name: column for column in preview.columns}
    assert by_name["volume"].model_dump() == {
        "name": "volume", "dtype": "Int64", "nulls": 0, "distinct": None, "minimum": "34352", "maximum": "375088650", "numeric": True,
    }  # fmt: skip
    assert by_name["ticker"].distinct == 60
    assert DataPreview.model_validate_json(preview.model_dump_json()) == preview


def test_one_series_has_no_entity_but_a_candidate(market_data: Path) -> None:
    preview = preview_file(market_data / "one_stock.csv")
    assert (preview.time, preview.entity, preview.entity_candidates, preview.problems) == ("date", None, ["ticker"], [])
    assert preview.columns[0].dtype == "Date"


def test_missing_sessions_are_gaps(tmp_path: Path) -> None:
    def rows(ticker: str, days: list[int]) -> str:
        return "".join(f"2018-12-{day:02},{ticker},1\n" for day in days)

    text = "date,ticker,v\n" + rows("A", [3, 4, 6, 7, 10, 14, 24, 26]) + rows("B", [3, 4])
    with_calendar = look(tmp_path, text, calendar="XNYS")
    assert with_calendar.entity == "ticker"
    assert with_calendar.gaps == [
        Gap(entity="A", first="2018-12-17", last="2018-12-21", sessions=5),
        Gap(entity="A", first="2018-12-11", last="2018-12-13", sessions=3),
    ]  # the 5th was a day of mourning, the 25th is Christmas
    without = look(tmp_path, text)
    assert [(gap.first, gap.last) for gap in without.gaps] == [("2018-12-17", "2018-12-21"), ("2018-12-11", "2018-12-13")]


def test_sessions_of_intraday_bars_are_days_at_the_exchange(tmp_path: Path) -> None:
    times = [dt.datetime(2024, 1, day, hour) for day in (2, 3, 5) for hour in (15, 21)]
    pl.DataFrame({"t": times}).with_columns(pl.col("t").dt.replace_time_zone("UTC")).write_parquet(tmp_path / "b.parquet")
    preview = preview_file(tmp_path / "b.parquet", calendar="XNYS")
    assert preview.gaps == [Gap(first="2024-01-04", last="2024-01-04", sessions=1)]
    assert preview.first == "2024-01-02T15:00:00+00:00"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("date,v\n2024-01-03,1\n2024-01-02,2\n", "rows are not in time order; they will be sorted"),
        ("date,v\n2024-01-02,1\n2024-01-02,2\n", "1 rows repeat a time of their series, the first at date=2024-01-02"),
        ("date,v\n2024-01-02,1\n,2\n", "1 times are missing"),
        ("date,v\n2024-01-02,\n2024-01-03,\n", "every value of 'v' is missing"),
        ("date,v\n2024-01-02,1\nsoon,2\n", "'date' is not a time: 'soon'"),
        ("date,v\n2024-01-02,1\n2024-01-03,inf\n", "1 values of 'v' are infinite"),
        ("date;v\n2024-01-02;1\n", "the columns are separated by ';'; set data.separator"),
        ("a,v\nx,1\ny,2\n", "no column looks like a time"),
        ("date,v\n", "there are no rows"),
        ("date,v\n1,2,3\n", "this is not a well-formed CSV file: line 2 has 3 fields, the head has 2"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, problem: str) -> None:
    assert problem in look(tmp_path, text).problems


def test_a_wrong_key_is_told(tmp_path: Path) -> None:
    preview = look(tmp_path, "date,v\n2024-01-02,1\n", time="dat", entity="w")
    assert preview.problems == [
        "data.time: no such column (got 'dat'); did you mean date?",
        "data.entity: no such column (got 'w'); there are date, v",
    ]
    assert preview.time_candidates == ["date"]


def test_files_of_no_known_kind_are_told(tmp_path: Path) -> None:
    (tmp_path / "noise.csv").write_bytes(bytes(range(256)) * 9)
    assert preview_file(tmp_path / "noise.csv").problems == ["this is not a CSV file"]
    (tmp_path / "cut.parquet").write_bytes(b"PAR1" + bytes(100))
    [problem] = preview_file(tmp_path / "cut.parquet").problems
    assert problem.startswith("the file can't be read: ")


def test_the_time_called_time_comes_first(tmp_path: Path) -> None:
    text = "updated,settled_date,time,id,v\n2024-02-01,2024-01-03,2024-01-02,7,1\n2024-02-01,2024-01-03,2024-01-02,8,1\n"
    preview = look(tmp_path, text + "2024-02-01,2024-01-04,2024-01-03,7,1\n2024-02-01,2024-01-04,2024-01-03,8,1\n")
    assert preview.time_candidates == ["time", "settled_date", "updated"]
    assert (preview.entity, preview.entities, preview.problems) == ("id", ["7", "8"], [])


def test_what_the_caller_got_wrong_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        preview_file(tmp_path / "none.csv")
    (tmp_path / "a.csv").write_text("date\n2024-01-02\n")
    with pytest.raises(DataError, match="no such exchange calendar"):
        preview_file(tmp_path / "a.csv", calendar="XXXX")
    with pytest.raises(DataError, match="no such time zone"):
        preview_file(tmp_path / "a.csv", timezone="Mars")


def test_what_the_data_checks_find_is_told_before_a_run(tmp_path: Path) -> None:
    days = sessions_between("XNYS", dt.date(2024, 1, 2), dt.date(2024, 4, 30))
    close = [100 + 0.1 * (number % 7) for number in range(len(days))]
    close[30] = 300.0
    rows = pl.DataFrame({"date": days, "close": close, "high": [1000.0] * len(days), "low": [1.0] * len(days)})
    holiday = rows[:1].with_columns(pl.lit(dt.date(2024, 2, 19)).alias("date"))
    both = pl.concat([rows, holiday, rows[5:6]])
    both.write_parquet(tmp_path / "a.parquet")
    preview = preview_file(tmp_path / "a.parquet", calendar="XNYS")
    assert preview.checked_rows == both.height
    said = " ".join(preview.findings)
    for text in (
        "1 rows lie outside the sessions of XNYS, the first at date=2024-02-19 (there is no session on that day)",
        f"'close' changes like a split 2 times, the first at date={days[30]}",
        "'high', 'low' stand still",
        "'high' never changes, and 1 more columns",
    ):
        assert text in said.replace("'low', 'high' stand", "'high', 'low' stand")
    assert any("repeat a time" in problem for problem in preview.problems)


def test_findings_are_those_of_a_run(market_data: Path) -> None:
    preview = preview_file(market_data / "sp500_60.parquet", calendar="XNYS")
    panel = load_panel(ParquetData(path="sp500_60.parquet", time="date", entity="ticker", calendar="XNYS"), base=market_data)
    assert (tuple(preview.findings), preview.checked_rows) == (panel.notes, panel.n_rows)


def test_of_a_long_file_the_first_rows_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsframework.data._preview_checks._MOST_ROWS", 40)
    lines = [f"2024-{month:02}-{day:02},{ticker},{10 + day % 2}" for ticker in "AB" for month in (1, 2, 3) for day in range(1, 29)]
    preview = look(tmp_path, "date,ticker,v\n" + "\n".join(lines))
    assert (preview.rows, preview.checked_rows, preview.findings) == (168, 40, [])


def test_a_file_of_very_many_columns_is_looked_at_in_part(tmp_path: Path) -> None:
    wide = pl.DataFrame({"date": [dt.date(2024, 1, 2)]}).with_columns(pl.lit(1).alias(f"c{number}") for number in range(1500))
    for name, write in (("w.csv", wide.write_csv), ("w.parquet", wide.write_parquet)):
        write(tmp_path / name)
        preview = preview_file(tmp_path / name)
        assert (len(preview.columns), len(preview.head[0])) == (1000, 1000)
        assert "there are 1501 columns; the first 1000 are looked at" in preview.problems


def test_symbols_and_days_that_are_named_keep_their_zeros(tmp_path: Path) -> None:
    text = "date,t,v\n20240102,0005,1\n20240102,5,2\n20240103,0005,3\n20240103,5,4\n"
    preview = look(tmp_path, text, time="date", entity="t")
    assert (preview.entities, preview.first, preview.last, preview.problems) == (["0005", "5"], "2024-01-02", "2024-01-03", [])
