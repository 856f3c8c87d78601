"""Loading: what comes out right, and one line for each thing that is wrong."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from dsframework.data import Panel, check_columns, load_panel, loader_names, loader_requirements
from dsframework.errors import DataError
from dsframework.spec import CsvData, FrameData, ParquetData, catalogue

TEXT = "date,ticker,close,volume\n2024-01-02,A,1.5,10\n2024-01-02,B,2.5,20\n2024-01-03,A,1.6,11\n2024-01-03,B,2.6,21\n"


def csv(folder: Path, text: str = TEXT, **settings: Any) -> Panel:
    (folder / "bars.csv").write_text(text)
    return load_panel(CsvData.model_validate({"path": "bars.csv", "time": "date", **settings}), base=folder)


def frame(rows: Any, **settings: Any) -> Panel:
    return load_panel(FrameData.model_validate({"frame": "bars", "time": "date", **settings}), frames={"bars": rows})


def test_every_loader_of_the_spec_is_there() -> None:
    assert loader_names() == catalogue.names("data")


def test_what_reads_the_rows_is_named_for_where_a_model_is_served() -> None:
    source = {"loader": "onetick", "db": "US", "symbols": ["A"], "start": "2024-01-02"}
    joined = {"source": source, "available": {"lag": "0d"}}
    assert loader_requirements(CsvData(path="x.csv")) == []
    both = CsvData.model_validate(
        {"path": "x.csv", "joins": {"a": joined, "b": joined | {"source": {"loader": "duckdb", "path": "x", "table": "t"}}}}
    )
    assert loader_requirements(both) == ["duckdb", "onetick-py", "onetick-query-webapi"]


def test_fifty_thousand_columns_are_read_and_one_is_picked_out(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(50_000)]
    rows = [f"2024-01-0{day}," + ",".join(["1"] * len(names)) for day in range(1, 4)]
    (tmp_path / "wide.csv").write_text("\n".join(["date," + ",".join(names), *rows]))
    panel = load_panel(CsvData(path="wide.csv", time="date", columns=["c49999"]), base=tmp_path)
    assert panel.frame.columns == ["date", "c49999"]
    with pytest.raises(DataError, match=r"^data\.columns: no such column \(got 'c50000'\)"):
        load_panel(CsvData(path="wide.csv", time="date", columns=["c50000"]), base=tmp_path)


def test_real_bars_are_sorted_by_day_then_ticker(market_data: Path) -> None:
    panel = load_panel(ParquetData(path="sp500_60.parquet", time="date", entity="ticker", calendar="XNYS"), base=market_data)
    assert (panel.n_rows, len(panel.entities), panel.first, panel.last) == (72918, 60, dt.date(2013, 2, 8), dt.date(2018, 2, 7))
    rows = panel.frame.select("date", "ticker").rows()
    assert rows == sorted(rows)
    assert panel.frame.schema["date"] == pl.Date


def test_rows_out_of_order_are_sorted_and_noted(tmp_path: Path) -> None:
    panel = csv(tmp_path, "date,v\n2024-01-03,2\n2024-01-02,1\n")
    assert panel.frame["v"].to_list() == [1, 2]
    assert panel.notes == ("rows were not in time order; sorted",)


def test_series_one_below_the_other_are_in_order(tmp_path: Path) -> None:
    panel = csv(tmp_path, "date,t,v\n2024-01-02,A,1\n2024-01-03,A,2\n2024-01-02,B,3\n", entity="t")
    assert panel.frame["v"].to_list() == [1, 3, 2]
    assert panel.notes == ()


def test_columns_and_days_are_cut(tmp_path: Path) -> None:
    text = "date,v,w\n" + "".join(f"2024-01-{day:02},{day},{day}\n" for day in range(1, 10))
    panel = csv(tmp_path, text, columns=["v"], start="2024-01-03", end="2024-01-05")
    assert panel.frame.columns == ["date", "v"]
    assert panel.frame["v"].to_list() == [3, 4, 5]
    timed = csv(tmp_path, "date,v\n2024-01-03 09:00,1\n2024-01-03 16:00,2\n2024-01-04 00:00,3\n", end="2024-01-03")
    assert timed.frame["v"].to_list() == [1, 2]
    assert csv(tmp_path, "date,v\n2024-01-03 09:00,1\n2024-01-03 16:00,2\n", start="2024-01-03 10:00").frame["v"].to_list() == [2]


def test_marks_of_missing_values_leave_a_column_numeric(tmp_path: Path) -> None:
    panel = csv(tmp_path, "date,t,v\n2024-01-02,NA,1\n2024-01-03,NA,NA\n2024-01-04,NA,\n", entity="t")
    assert panel.frame["v"].to_list() == [1.0, None, None]
    assert panel.entities == ["NA"]
    assert csv(tmp_path, "date,t\n2024-01-02,0042\n", entity="t").entities == ["0042"]


def test_a_byte_order_mark_and_spaces_around_names_are_no_part_of_them(tmp_path: Path) -> None:
    (tmp_path / "bars.csv").write_bytes("\ufeffdate , v\n2024-01-02, 1\n".encode())
    panel = load_panel(CsvData(path="bars.csv", time="date"), base=tmp_path)
    assert panel.frame.to_dict(as_series=False) == {"date": [dt.date(2024, 1, 2)], "v": [1.0]}


def test_a_pandas_index_of_times_is_the_time() -> None:
    index = pd.date_range("2024-01-02", periods=3, freq="B")
    expected = [dt.date(2024, 1, 2), dt.date(2024, 1, 3), dt.date(2024, 1, 4)]
    panel = frame(pd.DataFrame({"v": [1.0, float("nan"), 3.0]}, index=index))
    assert panel.frame["date"].to_list() == expected
    assert panel.frame["v"].to_list() == [1.0, None, 3.0]
    named = pd.DataFrame({"t": ["A"] * 3, "v": [1, 2, 3]}, index=index.rename("date")).set_index("t", append=True)
    assert frame(named, entity="t").frame["date"].to_list() == expected
    lazy = pl.LazyFrame({"date": expected, "v": pl.Series(["a", "b", "a"], dtype=pl.Categorical)})
    assert frame(lazy).frame["v"].to_list() == ["a", "b", "a"]


WRONG_FILES = [
    ("bars.csw", "data.path: no such file (got 'bars.csw'); did you mean bars.csv?"),
    ("none/bars.csv", "data.path: no such folder (got 'none/bars.csv'); the path is relative to the spec's file: {base}/none"),
    (".", "data.path: this is a folder (got '.'); name a file in it"),
    ("empty.csv", "data.path: the file is empty (got 'empty.csv'); use a file with rows"),
    ("bars.parquet", "data.path: this is not a CSV file (got 'bars.parquet'); use loader: parquet"),
    ("noise.bin", "data.path: this is not a CSV file (got 'noise.bin'); use a text file with one row a line"),
    ("header.csv", "data.path: there are no rows (got 'header.csv'); use data with rows"),
    (
        "ragged.csv",
        (
            "data.path: this is not a well-formed CSV file: line 2 has 3 fields, the head has 2 (got 'ragged.csv');"
            " mend the file or data.separator"
        ),
    ),
    ("blank.csv", "data.path: there are no rows (got 'blank.csv'); use data with rows"),
    ("latin.csv", "data.encoding: line 2 is not UTF-8 (got 'latin.csv'); save it as UTF-8, or set data.encoding: cp1252"),
    ("utf16.csv", "data.path: this text is UTF-16 or UTF-32, not UTF-8 (got 'utf16.csv'); save it as UTF-8, or set data.encoding: utf-16"),
    (
        "excel.csv",
        "data.path: this is an Excel workbook or another zip file, not a CSV file (got 'excel.csv'); open it and save it as CSV",
    ),
    (
        "headless.csv",
        (
            "data.path: the first line is a row and not the columns' names in headless.csv (got "
            "'2024-01-02'); add a first line such as date,volume"
        ),
    ),
    ("twins.csv", "data.path: two columns have the same name in twins.csv (got 'v'); rename one of them"),
    ("spaced.csv", "data.path: two columns have the same name in spaced.csv (got 'v'); rename one of them"),
    ("semicolon.csv", "data.separator: each line is one column, 'date;v' in semicolon.csv (got ','); use ';' or auto"),
]


@pytest.mark.parametrize(("name", "message"), WRONG_FILES, ids=[name for name, _ in WRONG_FILES])
def test_a_wrong_file_is_one_line(tmp_path: Path, name: str, message: str) -> None:
    texts = {"bars.csv": TEXT, "empty.csv": "", "header.csv": "date,v\n", "semicolon.csv": "date;v\n2024-01-02;1\n"}
    texts["ragged.csv"] = "date,v\n2024-01-02,1,5\n"
    texts |= {"blank.csv": "\n\n", "headless.csv": "2024-01-02,1\n2024-01-03,2\n"}
    texts |= {"twins.csv": "date,v,v\n2024-01-02,1,5\n", "spaced.csv": "date,v, v\n2024-01-02,1,5\n"}
    for other, text in texts.items():
        (tmp_path / other).write_text(text)
    (tmp_path / "latin.csv").write_bytes("date,v,name\n2024-01-02,1,Größe\n".encode("latin-1"))
    (tmp_path / "utf16.csv").write_bytes(TEXT.encode("utf-16"))
    (tmp_path / "excel.csv").write_bytes(b"PK\x03\x04\x14\x00\x06\x00")
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)))
    pl.DataFrame({"v": [1]}).write_parquet(tmp_path / "bars.parquet")
    with pytest.raises(DataError) as caught:
        load_panel(CsvData(path=name, time="date"), base=tmp_path)
    assert str(caught.value) == message.format(base=tmp_path)


def test_a_broken_parquet_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "bars.csv").write_text(TEXT)
    with pytest.raises(DataError, match=r"^data\.path: this is not a Parquet file \(got 'bars\.csv'\); use loader: csv$"):
        load_panel(ParquetData(path="bars.csv", time="date"), base=tmp_path)
    pl.DataFrame({"date": [dt.date(2024, 1, 2)] * 500}).write_parquet(tmp_path / "good.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "good.parquet").read_bytes()[:-40])
    with pytest.raises(
        DataError, match=r"^data\.path: this is not a readable Parquet file: .+ \(got 'cut\.parquet'\); write the file again$"
    ):
        load_panel(ParquetData(path="cut.parquet", time="date"), base=tmp_path)


WRONG_ROWS: list[tuple[str, dict[str, Any], str]] = [
    (TEXT, {"time": "dat"}, "data.time: no such column (got 'dat'); did you mean date?"),
    (TEXT, {"time": "zzz"}, "data.time: no such column (got 'zzz'); there are date, ticker, close, volume"),
    (TEXT, {"entity": "Ticker"}, "data.entity: no such column (got 'Ticker'); did you mean ticker?"),
    (TEXT, {"entity": "date"}, "data.entity: the time column can't be the entity in bars.csv (got 'date'); name another column"),
    (TEXT, {"entity": "ticker", "columns": ["volumn"]}, "data.columns: no such column (got 'volumn'); did you mean volume?"),
    (
        TEXT,
        {},
        (
            "data.time: 2 rows repeat a time of their series, the first at date=2024-01-02 in bars.csv, "
            "lines 2 and 3 (got 'date'); set data.entity: ticker"
        ),
    ),
    (
        TEXT + "2024-01-03,B,9,9\n",
        {"entity": "ticker"},
        (
            "data.time: 1 rows repeat a time of their series, the first at date=2024-01-03, "
            "ticker=B in bars.csv, lines 5 and 6 (got 'date');"
            " keep one row each, or set data.checks.duplicates"
        ),
    ),
    (
        "date,v\n2024-01-02,1\nyesterday,2\n",
        {},
        (
            "data.time: 'date' is not a time: 'yesterday' in bars.csv, line 3 (got 'date');"
            " remove that row, or write 2024-01-31 or 2024-01-31 16:00"
        ),
    ),
    (
        "date,v\n03/04/2015,1\n",
        {},
        (
            "data.time: 'date' is not a time: '03/04/2015' in bars.csv, line 2 (got 'date');"
            " write the year first, as 2024-01-31: 03/04/2015 may be read as day and month or as month and day"
        ),
    ),
    (
        "date,v\n2024-01-02T10:00:00Z,1\n2024-01-03 10:00,2\n",
        {},
        (
            "data.time: 'date' is not a time: some values have an offset and others have none in bars.csv, line 3 (got 'date');"
            " write every time with its offset, or none, with data.timezone"
        ),
    ),
    (
        "date,v\n1420070400,1\n",
        {},
        (
            "data.time: 'date' is not a time: '1420070400' in bars.csv, line 2 (got 'date'); write "
            "2024-01-31 16:00; 1420070400 looks like seconds since 1970"
        ),
    ),
    (
        "date,v\n2024-02-30,1\n",
        {},
        "data.time: 'date' is not a time: '2024-02-30' in bars.csv, line 2 (got 'date'); write 2024-01-31 or 2024-01-31 16:00",
    ),
    ("date,v\n2024-01-02,1\n,2\n", {}, "data.time: 1 times are missing in bars.csv, line 3 (got 'date'); fill or drop those rows"),
    (
        "date,v\n,1\n,2\n",
        {},
        "data.time: 'date' is not a time: every value is missing in bars.csv (got 'date'); name the column with dates or datetimes",
    ),
    (
        "date,t,v\n2024-01-02,A,1\n2024-01-02,,1\n",
        {"entity": "t"},
        "data.entity: 1 rows have no entity in bars.csv, line 3 (got 't'); fill or drop those rows",
    ),
    (
        TEXT,
        {"entity": "ticker", "start": "2025-01-01"},
        "data.start: no row is left; the data goes from 2024-01-02 to 2024-01-03 (got '2025-01-01'); widen data.start and data.end",
    ),
    (TEXT, {"entity": "ticker", "end": "soon"}, "data.end: this is not a day (got 'soon'); write 2024-01-31"),
    (TEXT, {"timezone": "America/NewYork"}, "data.timezone: no such time zone (got 'America/NewYork'); did you mean America/New_York?"),
    (TEXT, {"calendar": "XNYZ"}, "data.calendar: no such exchange calendar (got 'XNYZ'); did you mean XNZE or XNYS?"),
    (
        "date,v\n2024-03-10 02:30,1\n2024-03-11 02:30,1\n",
        {"timezone": "America/New_York"},
        (
            "data.timezone: 1 times are unclear where clocks change: 2024-03-10 02:30:00 does not "
            "exist in America/New_York in bars.csv, line 2"
            " (got 'America/New_York'); write the times with their offset, or name the zone that they are from"
        ),
    ),
    (
        "date,v\n2024-03-10 02:30,1\n",
        {"start": "2024-03-10T00:00+00:00"},
        (
            "data.start: this has a time zone, but the times of the data have none (got '2024-03-10T00:00+00:00');"
            " write it without, or set data.timezone"
        ),
    ),
]


@pytest.mark.parametrize(("text", "settings", "message"), WRONG_ROWS, ids=[message.split("(got")[0][:60] for *_, message in WRONG_ROWS])
def test_wrong_rows_are_one_line(tmp_path: Path, text: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as caught:
        csv(tmp_path, text, **settings)
    assert str(caught.value) == message


def test_a_frame_that_is_not_there_is_one_line() -> None:
    with pytest.raises(
        DataError, match=r"^data\.frame: no data frame was handed over \(got 'bars'\); assign a polars or pandas data frame"
    ):
        load_panel(FrameData(frame="bars"))
    with pytest.raises(DataError, match=r"^data\.frame: data frame 'bar' is not available, try bars"):
        load_panel(FrameData(frame="bar"), frames={"bars": pl.DataFrame()})
    with pytest.raises(DataError, match=r"^data\.frame: this is not a data frame \(got 'list'\)"):
        frame([1, 2])
    with pytest.raises(DataError, match=r"^data\.frame: two columns have the same name \(got 'v'\)"):
        frame(pd.DataFrame([[1, 2, 3]], columns=["date", "v", "v"]))
    with pytest.raises(DataError, match=r"^data\.time: 'date' is not a time but Int64"):
        frame(pl.DataFrame({"date": [20240102]}))
    with pytest.raises(DataError, match=r"^data\.frame: there are no rows"):
        frame(pl.DataFrame({"date": []}, schema={"date": pl.Date}))


def test_columns_to_calculate_with_are_checked() -> None:
    day = [dt.date(2024, 1, 2), dt.date(2024, 1, 3)]
    panel = frame(
        pl.DataFrame(
            {
                "date": day,
                "v": [1.0, None],
                "n": [None, float("nan")],
                "t": ["a", "b"],
                "c": ["1,5", "2,5"],
                "m": ["1.5", "abc"],
                "i": [1.0, float("inf")],
                "b": [True, False],
            }
        )
    )
    check_columns(panel, ["v", "b"])
    for name, message in {
        "V": "target.column: no such column (got 'V'); did you mean v?",
        "date": "target.column: no such column (got 'date'); there are v, n, t, c, m, i, b",
        "n": "target.column: every value of 'n' is missing (got 'n'); use another column",
        "t": (
            "target.column: 2 of 2 values of 't' are texts and not numbers, the first is 'a' at 2024-01-02 (got 't'); use a numeric column"
        ),
        "c": (
            "target.column: 2 of 2 values of 'c' are texts and not numbers, the first is '1,5' at 2024-01-02 (got 'c');"
            " write numbers as 1234.5: with a point, and without commas, or set data.decimal"
        ),
        "m": (
            "target.column: 1 of 2 values of 'm' are texts and not numbers, the first is 'abc' at 2024-01-03 (got 'm');"
            " use a numeric column, or mend the values"
        ),
        "i": "target.column: 1 values of 'i' are infinite (first at 2024-01-03) (got 'i'); remove them or leave them empty",
    }.items():
        with pytest.raises(DataError) as caught:
            check_columns(panel, ["v", name], field="target.column")
        assert str(caught.value) == message
