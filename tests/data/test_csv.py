"""CSV files as programs of many countries write them: separator, decimal sign and encoding, given or found out."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsframework.data import load_panel, preview_file
from dsframework.errors import DataError
from dsframework.spec import CsvData

AUTO = {"separator": "auto", "decimal": "auto", "encoding": "auto"}


def load(folder: Path, text: str | bytes, **more: Any) -> pl.DataFrame:
    (folder / "x.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    data = {"path": "x.csv", "time": "day", "checks": {"future": "ignore"}, **more}
    return load_panel(CsvData.model_validate(data), base=folder).frame


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.lists(st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 2)), min_size=2, max_size=8),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    decimal=st.sampled_from([".", ","]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-le"]),
    automatic=st.booleans(),
)
def test_what_was_written_is_read(
    tmp_path: Path, numbers: list[float], separator: str, decimal: str, encoding: str, automatic: bool
) -> None:
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in range(len(numbers))]
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=separator)
    writer.writerow(["day", "Größe", "count", "name"])
    for day, number in zip(days, numbers, strict=True):
        writer.writerow([day, f"{number:.2f}".replace(".", decimal), 7, "Müller"])
    given_ = {
        "separator": separator,
        "decimal": decimal,
        "encoding": "utf-16" if encoding == "utf-16-le" else encoding.removesuffix("-sig"),
    }
    content = stream.getvalue().encode(encoding)
    if encoding == "utf-16-le" and not automatic:
        content = b"\xff\xfe" + content
    frame = load(tmp_path, content, **(AUTO if automatic else given_))
    assert frame.columns == ["day", "Größe", "count", "name"]
    assert frame["Größe"].to_list() == numbers
    assert frame["count"].to_list() == [7] * len(numbers)
    assert frame["name"].unique().to_list() == ["Müller"]


def test_a_comma_that_may_be_a_thousand_is_refused_unless_the_sign_is_given(tmp_path: Path) -> None:
    text = "day;v\n2024-01-01;1,250\n2024-01-02;2,500\n"
    with pytest.raises(DataError) as caught:
        load(tmp_path, text, **AUTO)
    assert str(caught.value) == (
        "data.decimal: '1,250' of 'v' may be a thousand or a fraction in x.csv, line 2 (got 'auto');"
        " set data.decimal to ',' for fractions, or remove the commas"
    )
    assert load(tmp_path, text, separator=";", decimal=",")["v"].to_list() == [1.25, 2.5]
    assert load(tmp_path, text.replace("2,500", "2,5"), **AUTO)["v"].to_list() == [1.25, 2.5]


def test_both_signs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"^data\.decimal: 'v' has a decimal comma and 'w' a point \(got 'auto'\); write all numbers alike$"
    ):
        load(tmp_path, "day;v;w\n2024-01-01;1,5;1.5\n", **AUTO)


def test_points_are_no_numbers_where_the_sign_is_a_comma(tmp_path: Path) -> None:
    assert load(tmp_path, "day;v;w\n2024-01-01;1,5;1.500\n", separator=";", decimal=",").row(0)[1:] == (1.5, "1.500")


WRONG: dict[str, tuple[bytes, dict[str, Any], str]] = {
    "not UTF-8": (
        "day,name\n2024-01-01,a\n2024-01-02,Größe\n".encode("cp1252"),
        {},
        "data.encoding: line 3 is not UTF-8 (got 'x.csv'); save it as UTF-8, or set data.encoding: cp1252",
    ),
    "not what it says": (
        "day,name\n2024-01-01,Größe\n".encode("cp1252"),
        {"encoding": "shift_jis"},
        "data.encoding: line 2 is not shift_jis in x.csv (got 'shift_jis'); use cp1252, or save it as UTF-8",
    ),
    "a short line": (
        b"day,v,w\n2024-01-01,1,2\n2024-01-02,1\n",
        {},
        "data.path: this is not a well-formed CSV file: line 3 has 2 fields, the head has 3 (got 'x.csv'); mend the file or data.separator",
    ),
    "a long line": (
        b"day,v\n2024-01-01,1\n2024-01-02,1,9\n",
        {},
        "data.path: this is not a well-formed CSV file: line 3 has 3 fields, the head has 2 (got 'x.csv'); mend the file or data.separator",
    ),
    "another separator": (
        b"day;v\n2024-01-01;1\n",
        {},
        "data.separator: each line is one column, 'day;v' in x.csv (got ','); use ';' or auto",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_text_is_one_line(tmp_path: Path, kind: str) -> None:
    content, more, message = WRONG[kind]
    with pytest.raises(DataError) as caught:
        load(tmp_path, content, **more)
    assert str(caught.value) == message


def test_a_missing_last_value_is_no_short_line(tmp_path: Path) -> None:
    assert load(tmp_path, "day,v,w\n2024-01-01,1,2\n2024-01-02,1,\n")["w"].to_list() == [2, None]
    assert load(tmp_path, "day,v,w\n2024-01-01,1,2\n2024-01-02,1\n", columns=["v"])["v"].to_list() == [1, 1]


def test_a_preview_tells_the_encoding(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes("day;größe\n2024-01-01;1.5\n2024-01-02;2.5\n".encode("utf-16"))
    found = preview_file(tmp_path / "x.csv")
    assert found.problems[:2] == [
        "the text is not UTF-8; set data.encoding: utf-16",
        "the columns are separated by ';'; set data.separator",
    ]
    assert [column.name for column in found.columns] == ["day", "größe"]
