"""The ordinary accidents, by every loader that can have them: one typed error that names the source, the column, the row and the mend."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from dsframework.data import load_panel
from dsframework.errors import DataError, SplitError, TsmlError
from dsframework.spec import ExperimentSpec, spec_from_dict
from dsframework.study import run_study
from tests.bad_input.conftest import DAYS, VALUES

LOADERS = ("csv", "parquet", "duckdb", "sql", "frame")
NAMES = {"csv": "rows.csv", "parquet": "rows.parquet", "duckdb": "rows.duckdb", "sql": "table rows", "frame": "data frame rows"}
ROWS = pl.DataFrame({"date": DAYS, "volume": VALUES})
HOURS = [dt.datetime(2024, 3, 9, 2, 30) + dt.timedelta(days=day) for day in range(120)]


def put(row: int, column: str, value: Any, rows: pl.DataFrame = ROWS) -> pl.DataFrame:
    values = rows[column].to_list()
    values[row] = value
    return rows.with_columns(pl.Series(column, values))


def repeated() -> pl.DataFrame:
    return pl.concat([ROWS[:40], ROWS[10:11], ROWS[40:]])


def panel(rows: pl.DataFrame = ROWS) -> pl.DataFrame:
    return pl.concat([rows.with_columns(pl.lit(name).alias("ticker")) for name in ("A", "B")])


FAR = dt.date(2099, 1, 1)
PANEL = {"entity": "ticker"}
ACCIDENTS: dict[str, tuple[pl.DataFrame, dict[str, Any], type[TsmlError], str, str, int | tuple[int, int] | None]] = {
    "no rows": (ROWS[:0], {}, DataError, "there are no rows", "use data with rows", None),
    "repeated times": (
        repeated(),
        {},
        DataError,
        "data.time: 1 rows repeat a time of their series, the first at date=2015-01-11",
        "keep one row each, or set data.checks.duplicates",
        (11, 41),
    ),
    "repeated times of an entity": (
        pl.concat([panel(), panel()[130:131]]),
        PANEL,
        DataError,
        "data.time: 1 rows repeat a time of their series, the first at date=2015-01-11, ticker=B",
        "keep one row each",
        (131, 241),
    ),
    "entities without a name": (
        panel().with_columns(pl.when(pl.int_range(pl.len()) == 150).then(None).otherwise("ticker").alias("ticker")),
        PANEL,
        DataError,
        "data.entity: 1 rows have no entity",
        "fill or drop those rows",
        151,
    ),
    "rows out of order": (
        pl.concat([ROWS[:50], ROWS[60:], ROWS[50:60]]),
        {"checks": {"order": "error"}},
        DataError,
        "data.checks.order: rows are not in time order: 2015-02-20 lies before the one above it",
        "sort the rows, or set it to sort",
        111,
    ),
    "the future": (
        put(119, "date", FAR),
        {},
        DataError,
        "data.checks.future: 1 rows lie in the future, the first at date=2099-01-01",
        "remove those rows, or set data.checks.future to warn",
        None,
    ),
    "missing times": (put(7, "date", None), {}, DataError, "data.time: 1 times are missing", "fill or drop those rows", 8),
    "mixed zones": (
        put(5, "date", "2015-01-06T10:00:00+01:00", ROWS.with_columns(pl.col("date").dt.strftime("%FT10:00:00"))),
        {},
        DataError,
        "data.time: 'date' is not a time: some values have an offset and others have none",
        "write every time with its offset, or none, with data.timezone",
        6,
    ),
    "an hour that does not exist": (
        ROWS.with_columns(pl.Series("date", HOURS)),
        {"timezone": "America/New_York"},
        DataError,
        "data.timezone: 1 times are unclear where clocks change: 2024-03-10 02:30:00 does not exist in America/New_York",
        "write the times with their offset, or name the zone that they are from",
        2,
    ),
    "an infinite target": (
        put(20, "volume", float("inf")),
        {},
        DataError,
        "target.column: 1 values of 'volume' are infinite (first at 2015-01-21)",
        "remove them or leave them empty",
        None,
    ),
    "an infinite target of an entity": (
        put(140, "volume", float("-inf"), panel()),
        PANEL,
        DataError,
        "target.column: 1 values of 'volume' are infinite (first at 2015-01-21, ticker=B)",
        "remove them or leave them empty",
        None,
    ),
    "a hole in the target": (
        put(20, "volume", None),
        {},
        DataError,
        "target.column: 1 values of 'volume' are missing (first at 2015-01-21)",
        "fill or drop those rows",
        None,
    ),
    "texts among numbers": (
        put(20, "volume", "#REF!", ROWS.with_columns(pl.col("volume").cast(pl.String))),
        {},
        DataError,
        "target.column: 1 of 120 values of 'volume' are texts and not numbers, the first is '#REF!' at 2015-01-21",
        "use a numeric column, or mend the values",
        None,
    ),
    "a constant target": (
        ROWS.with_columns(volume=5.0),
        {},
        DataError,
        "target.column: 'volume' is 5 in every row",
        "use another column, or set data.checks.constant to ignore",
        None,
    ),
    "one row": (
        ROWS[:1],
        {},
        SplitError,
        "target.horizon: no row has a target: the longest entity has fewer than 2 rows",
        "use a shorter horizon or more data",
        None,
    ),
    "fewer rows than lags": (
        ROWS[:3],
        {},
        DataError,
        "features: no row is left: the features need 3 rows of history and the target 1 ahead, but there are 3 rows",
        "use shorter lags or windows, or more data",
        None,
    ),
    "fewer rows than lags and folds": (
        ROWS[:7],
        {},
        SplitError,
        "split.cv.folds: 3 folds need at least 4 time steps, there are 2",
        "",
        None,
    ),
}


def stored(rows: pl.DataFrame, loader: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Keep rows where a loader finds them; return its settings."""
    if loader == "csv":
        rows.write_csv(folder / "rows.csv")
    elif loader == "parquet":
        rows.write_parquet(folder / "rows.parquet")
    elif loader == "duckdb":
        with duckdb.connect(str(folder / "rows.duckdb")) as base:
            base.execute("CREATE TABLE rows AS SELECT * FROM rows")
        return {"path": "rows.duckdb", "table": "rows"}
    elif loader == "sql":
        texts = rows.with_columns(pl.col(pl.Date, pl.Datetime).cast(pl.String))
        with sqlite3.connect(folder / "rows.sqlite") as base:
            base.execute(f"CREATE TABLE rows ({', '.join(texts.columns)})")
            base.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * texts.width)})", texts.rows())
        monkeypatch.setenv("ROWS", f"sqlite:///{folder}/rows.sqlite")
        return {"connection": "ROWS", "table": "rows"}
    else:
        return {"frame": "rows"}
    return {"path": f"rows.{loader}"}


def spec_of(loader: str, settings: dict[str, Any]) -> ExperimentSpec:
    return spec_from_dict(
        {
            "version": 1,
            "name": "accidents",
            "task": "regression",
            "data": {"loader": loader, "time": "date", **settings},
            "target": {"column": "volume"},
            "features": [{"lag": {"columns": ["volume"], "periods": [3]}}],
            "split": {"cv": {"folds": 3}},
            "models": ["ridge"],
            "metrics": ["mae"],
        }
    )


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("accident", ACCIDENTS)
def test_an_accident_is_one_error_with_its_place(accident: str, loader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, settings, kind, says, mend, place = ACCIDENTS[accident]
    spec = spec_of(loader, stored(rows, loader, tmp_path, monkeypatch) | settings)
    with pytest.raises(kind) as caught:
        run_study(spec, base=tmp_path, frames={"rows": rows})
    found = str(caught.value)
    assert "\n" not in found
    assert says in found
    assert mend in found
    assert NAMES[loader] in found or "(got 'rows')" in found
    places = [] if place is None else list(place) if isinstance(place, tuple) else [place]
    if places and loader == "csv":
        assert f"rows.csv, line{'s' if len(places) > 1 else ''} {' and '.join(str(row + 1) for row in places)}" in found
    elif places:
        assert f"{NAMES[loader]}, row{'s' if len(places) > 1 else ''} {' and '.join(str(row) for row in places)}" in found


@pytest.mark.parametrize("loader", LOADERS)
def test_rows_out_of_order_are_sorted_and_said(loader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = stored(ROWS[::-1], loader, tmp_path, monkeypatch)
    found = load_panel(spec_of(loader, settings).data, base=tmp_path, frames={"rows": ROWS[::-1]})
    assert found.frame.rows() == ROWS.rows()
    assert found.notes == ("rows were not in time order; sorted",)


TEXTS: dict[str, tuple[Callable[[str], bytes], dict[str, str]]] = {
    "semicolons": (lambda text: text.replace(",", ";").encode(), {"separator": ";"}),
    "tabs found out": (lambda text: text.replace(",", "\t").encode(), {"separator": "auto"}),
    "decimal commas": (lambda text: text.replace(",", ";").replace(".", ",").encode(), {"separator": ";", "decimal": ","}),
    "decimal commas found out": (lambda text: text.replace(",", ";").replace(".", ",").encode(), {"separator": "auto", "decimal": "auto"}),
    "quoted decimal commas": (lambda text: re.sub(r",([\d.]+)", r',"\1"', text).replace(".", ",").encode(), {"decimal": ","}),
    "UTF-16": (lambda text: text.encode("utf-16"), {"encoding": "utf-16"}),
    "a mark before the text": (lambda text: b"\xef\xbb\xbf" + text.encode(), {}),
    "Windows' ends of lines": (lambda text: text.replace("\n", "\r\n").encode(), {}),
    "quotes": (lambda text: re.sub(r"([^,\n]+)", r'"\1"', text).encode(), {}),
    "blank lines": (lambda text: text.replace("2015-02-01", "\n\n2015-02-01").encode() + b"\n\n", {}),
    "blank lines of Windows": (lambda text: text.replace("2015-02-01", "\n2015-02-01").replace("\n", "\r\n").encode() + b"\r\n", {}),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_written_otherwise_has_the_same_numbers(kind: str, tmp_path: Path) -> None:
    change, settings = TEXTS[kind]
    (tmp_path / "rows.csv").write_bytes(change(ROWS.write_csv()))
    found = load_panel(spec_of("csv", {"path": "rows.csv", **settings}).data, base=tmp_path)
    assert found.frame.rows() == ROWS.rows()


def test_lines_are_those_that_an_editor_shows(tmp_path: Path) -> None:
    text = 'date,name,volume\n2015-01-01,"a\nb",1\n\n2015-01-02,"c",2\nsoon,d,3\n'
    (tmp_path / "rows.csv").write_text(text)
    with pytest.raises(DataError, match=r"'soon' in rows\.csv, line 6 "):
        run_study(spec_of("csv", {"path": "rows.csv"}), base=tmp_path)


@pytest.mark.parametrize("loader", ["csv", "parquet", "duckdb"])
def test_a_file_that_changes_while_it_is_read(loader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dsframework.data import _registry

    settings = stored(ROWS, loader, tmp_path, monkeypatch)
    read = _registry._loaders[loader]

    def slow(*asked: Any) -> pl.DataFrame:
        found = read(*asked)
        with (tmp_path / settings["path"]).open("ab") as stream:
            stream.write(b"2015-06-01,7\n")
        return found

    monkeypatch.setitem(_registry._loaders, loader, slow)
    with pytest.raises(DataError) as caught:
        run_study(spec_of(loader, settings), base=tmp_path)
    assert str(caught.value) == (
        f"data.path: {settings['path']} changed while it was read (got '{settings['path']}'); load it again when it is written to its end"
    )


@pytest.mark.parametrize("size", [0.05, 0.5, 0.97])
def test_a_truncated_parquet_file(size: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = stored(ROWS, "parquet", tmp_path, monkeypatch)
    file = tmp_path / "rows.parquet"
    file.write_bytes(file.read_bytes()[: int(size * file.stat().st_size)])
    with pytest.raises(DataError) as caught:
        run_study(spec_of("parquet", settings), base=tmp_path)
    assert re.match(
        r"data\.path: this is not a readable Parquet file: .* \(got 'rows\.parquet'\); write the file again$", str(caught.value)
    )


@pytest.mark.slow
@pytest.mark.parametrize("loader", ["csv", "parquet", "frame"])
def test_fifty_thousand_columns_are_refused_at_once_unless_some_are_named(
    loader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = ROWS.with_columns(pl.lit(number).alias(f"c{number}") for number in range(50_000))
    settings = stored(wide, loader, tmp_path, monkeypatch)
    with pytest.raises(DataError) as caught:
        run_study(spec_of(loader, settings), base=tmp_path, frames={"rows": wide})
    assert re.match(
        r"data\.columns: there are 50002 columns, more than 5000 are not read without being asked for.*; name those", str(caught.value)
    )
    panel = load_panel(spec_of(loader, settings | {"columns": ["volume", "c49999"]}).data, base=tmp_path, frames={"rows": wide})
    assert panel.frame.columns == ["date", "volume", "c49999"]
    assert panel.frame["c49999"].unique().to_list() == [49_999]


def test_a_constant_target_is_allowed_where_the_spec_says_so(tmp_path: Path) -> None:
    rows = ROWS.with_columns(volume=5.0)
    outcome = run_study(spec_of("frame", {"frame": "rows", "checks": {"constant": "ignore"}}), base=tmp_path, frames={"rows": rows})
    assert outcome.result.experiments[0].status == "finished"


@pytest.mark.parametrize("target", [{"as": "return"}, {"as": "direction"}])
def test_a_target_whose_changes_are_all_alike_is_constant(target: dict[str, Any], tmp_path: Path) -> None:
    spec = spec_of("frame", {"frame": "rows"}).model_dump(mode="json", by_alias=True, exclude_unset=True)
    spec |= {"target": {"column": "volume", **target}}
    if target["as"] == "direction":
        spec |= {"task": "classification", "models": ["logistic_regression"], "metrics": ["accuracy"]}
    rows = ROWS.with_columns(volume=2.0 ** pl.int_range(120).cast(pl.Float64))
    with pytest.raises(DataError, match=rf"^target\.column: the {target['as']} of 'volume' is .* in every row in data frame rows "):
        run_study(spec_from_dict(spec), base=tmp_path, frames={"rows": rows})


TYPES: dict[str, tuple[pl.DataFrame, dict[str, Any], str]] = {
    "numbers as texts": (
        ROWS.with_columns(pl.col("volume").cast(pl.String)),
        {},
        "target.column: 'volume' holds numbers as texts, such as '1000.0' in rows.parquet (got 'volume'); store the column as numbers",
    ),
    "numbers as categories": (
        ROWS.with_columns(pl.col("volume").cast(pl.String).cast(pl.Categorical)),
        {},
        "target.column: 'volume' holds numbers as texts, such as '1000.0' in rows.parquet (got 'volume'); store the column as numbers",
    ),
    "lists as entities": (
        ROWS.with_columns(pl.concat_list("volume").alias("id")),
        {"entity": "id"},
        "data.entity: 'id' can't name entities: it is List(Float64) in rows.parquet (got 'id'); name a column with texts or whole numbers",
    ),
    "a zero that a return divides by": (
        put(9, "volume", 0.0),
        {"as": "return"},
        (
            "target.as: 1 values of 'volume' are <= 0, for which a return is not defined (first at 2015-01-10) in rows.parquet;"
            " mend those rows, or use as: value"
        ),
    ),
}


@pytest.mark.parametrize("kind", TYPES)
def test_a_column_of_another_type(kind: str, tmp_path: Path) -> None:
    rows, settings, says = TYPES[kind]
    rows.write_parquet(tmp_path / "rows.parquet")
    document = spec_of("parquet", {"path": "rows.parquet"}).model_dump(mode="json", by_alias=True, exclude_unset=True)
    document["target" if "as" in settings else "data"] |= settings
    with pytest.raises(DataError) as caught:
        run_study(spec_from_dict(document), base=tmp_path)
    assert str(caught.value) == says


@pytest.mark.parametrize("dtype", [pl.Int128, pl.Decimal(38, 2), pl.UInt8, pl.Float32])
def test_numbers_of_every_type_are_read(dtype: Any, tmp_path: Path) -> None:
    rows = ROWS.with_columns(pl.Series("volume", [number % 7 for number in range(120)]).cast(dtype))
    rows.write_parquet(tmp_path / "rows.parquet")
    found = load_panel(spec_of("parquet", {"path": "rows.parquet"}).data, base=tmp_path)
    assert found.frame["volume"].to_list() == [number % 7 for number in range(120)]
    assert len(found.fingerprint) == 64


def test_milliseconds_that_were_taken_for_microseconds_are_told(tmp_path: Path) -> None:
    wrong = ROWS.with_columns((pl.int_range(120) * 86_400_000 + 1_420_070_400_000).cast(pl.Datetime("us")).alias("date"))
    found = load_panel(spec_of("frame", {"frame": "rows"}).data, base=tmp_path, frames={"rows": wrong})
    assert "every time of 'date' lies in the first weeks of 1970; were seconds taken for smaller parts of them?" in found.notes


def test_a_frame_that_no_library_can_convert(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"date": DAYS, "volume": [complex(value) for value in VALUES]})
    with pytest.raises(DataError, match=r"^data\.frame: the data frame can't be read: .*; give every column one type$"):
        run_study(spec_of("frame", {"frame": "rows"}), base=tmp_path, frames={"rows": frame})
