"""What people really have in their files: one line with the spec's line, the field, the value and the mend; exit code 1."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import polars as pl
import pytest

from tests.bad_input.conftest import DAYS, ROWS, SPEC, VALUES, Tsml


def rows(*changes: tuple[int, str]) -> str:
    changed = dict(changes)
    return "\n".join(["date,volume", *(changed.get(number, row) for number, row in enumerate(ROWS))]) + "\n"


def column(write: str) -> str:
    return "\n".join(["date,volume", *(write.format(day=day, value=value) for day, value in zip(DAYS, VALUES, strict=True))]) + "\n"


FILES: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "spec.yaml:4: data.path: the file is empty (got 'one.csv'); use a file with rows"),
    "blank lines": ("\n\n", "spec.yaml:4: data.path: there are no rows (got 'one.csv'); use data with rows"),
    "a head alone": ("date,volume\n", "spec.yaml:4: data.path: there are no rows (got 'one.csv'); use data with rows"),
    "no head": (
        "\n".join(ROWS),
        "spec.yaml:4: data.path: the first line is a row and not the columns' names in one.csv (got '2015-01-01')",
    ),
    "Excel": (
        b"PK\x03\x04\x14\x00\x06\x00",
        "data.path: this is an Excel workbook or another zip file, not a CSV file (got 'one.csv'); open it",
    ),
    "UTF-16": (rows().encode("utf-16"), "data.path: this text is UTF-16 or UTF-32, not UTF-8 (got 'one.csv'); save it as UTF-8"),
    "semicolons": (
        rows().replace(",", ";"),
        "spec.yaml:4: data.separator: each line is one column, 'date;volume' in one.csv (got ','); use ';'",
    ),
    "a ragged line": (rows((7, "2015-01-08,1,2")), "line 9 has 3 fields, the head has 2"),
    "decimal commas": (column('{day},"{value}"').replace(".", ","), "write numbers as 1234.5: with a point, and without commas"),
    "thousands": (column('{day},"{value:,}"'), "write numbers as 1234.5: with a point, and without commas"),
    "a word among numbers": (
        rows((7, "2015-01-08,abc")),
        "spec.yaml:5: target.column: 1 of 120 values of 'volume' are texts and not numbers",
    ),
    "day and month": (
        column("{day:%d/%m/%Y},{value}"),
        "data.time: 'date' is not a time: '01/01/2015' in one.csv, line 2 (got 'date'); write the year first",
    ),
    "seconds": (column("14200704{day:%m},{value}"), "looks like seconds since 1970"),
    "a day that is none": (
        rows((7, "2015-02-30,1")),
        "spec.yaml:4: data.time: 'date' is not a time: '2015-02-30' in one.csv, line 9 (got 'date')",
    ),
    "a missing day": (
        rows((7, ",1")),
        "spec.yaml:4: data.time: 1 times are missing in one.csv, line 9 (got 'date'); fill or drop those rows",
    ),
    "some offsets": (
        column("{day}T10:00:00,{value}").replace("-07T10:00:00", "-07T10:00:00+01:00"),
        (
            "some values have an offset and others have none in one.csv, line 8 (got 'date'); write every "
            "time with its offset, or none, with data.timezone"
        ),
    ),
    "the same day twice": (
        rows((7, ROWS[6])),
        "data.time: 1 rows repeat a time of their series, the first at date=2015-01-07 in one.csv, lines 8 and 9 (got 'date'); keep",
    ),
    "infinite": (rows((7, "2015-01-08,inf")), "target.column: 1 values of 'volume' are infinite (first at 2015-01-08) in one.csv"),
    "a hole": (
        rows((7, "2015-01-08,")),
        "target.column: 1 values of 'volume' are missing (first at 2015-01-08) in one.csv; fill or drop those rows",
    ),
    "no value at all": (
        column("{day},"),
        "spec.yaml:5: target.column: every value of 'volume' is missing in one.csv (got 'volume'); use another column",
    ),
    "three rows": ("\n".join(["date,volume", *ROWS[:3]]), "spec.yaml:7: split"),
    "a short line": (rows((7, "2015-01-08")), "data.path: this is not a well-formed CSV file: line 9 has 1 fields, the head has 2"),
    "Latin letters": (
        rows((7, "2015-01-08,Größe")).encode("cp1252"),
        "data.encoding: line 9 is not UTF-8 (got 'one.csv'); save it as UTF-8, or set data.encoding: cp1252",
    ),
    "the future": (
        rows((119, "2099-01-01,5")),
        (
            "data.checks.future: 1 rows lie in the future, the first at date=2099-01-01 in one.csv; "
            "remove those rows, or set data.checks.future to warn"
        ),
    ),
    "one row": (
        "\n".join(["date,volume", ROWS[0]]),
        "target.horizon: no row has a target: the longest entity has fewer than 2 rows in one.csv (got 1)",
    ),
    "days of a spreadsheet": (
        "\n".join(["date,volume", *(f"{42005 + number},{value}" for number, value in enumerate(VALUES))]),
        "'date' is not a time: '42005' in one.csv, line 2 (got 'date'); write 2015-01-01: 42005 looks like a day's number in a spreadsheet",
    ),
    "two heads": (
        "date,volume\ndate,volume\n" + "\n".join(ROWS),
        "'date' is not a time: 'date' in one.csv, line 2 (got 'date'); remove that row, or write 2024-01-31",
    ),
    "a total": (rows() + "Total,100\n", "'Total' in one.csv, line 122 (got 'date'); remove that row"),
    "a title": (
        "# exported\n# today\n" + rows(),
        "the columns' names are not in the first line, which is '# exported', but perhaps in line 3 (got 'one.csv'); remove the lines",
    ),
    "an open quote": (
        rows((7, '2015-01-08,"5')),
        "this is not a well-formed CSV file: a quote that opens in line 9 is not closed (got 'one.csv'); close it or remove it",
    ),
    "currencies": (
        column("{day},${value}"),
        "texts and not numbers, the first is '$1000.0' at 2015-01-01 in one.csv (got 'volume'); write plain",
    ),
    "lines of old Macs": (rows().replace("\n", "\r"), "data.path: its lines end with a carriage return alone in one.csv; save it with"),
    "gzip": (gzip.compress(rows().encode()), "data.path: this file is compressed (gzip, zstd, bzip2 or xz) (got 'one.csv'); unpack it"),
    "a web page": (
        "<!DOCTYPE html><html>404</html>",
        "data.path: this is HTML, XML or JSON, not a CSV file (got 'one.csv'); save it as CSV",
    ),
    "JSON": ('[{"date": "2015-01-01"}]', "data.path: this is HTML, XML or JSON, not a CSV file (got 'one.csv'); save it as CSV"),
    "a column twice": (
        rows().replace("date,volume", "date,volume,volume"),
        "data.path: two columns have the same name in one.csv (got 'volume'); rename",
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file(folder: Path, tsml: Tsml, kind: str) -> None:
    content, expected = FILES[kind]
    (folder / "one.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    code, out, err = tsml("run", "spec.yaml")
    assert (code, out, len(err)) == (1, [], 1), err
    assert expected in err[0]
    assert err[0].startswith("spec.yaml:")


OTHERS = {
    "thousands.csv": "date;volume\n2024-01-01;1,250\n2024-01-02;2,500\n",
    "spring.csv": "date,volume\n2024-03-10 02:30,1\n2024-03-11 02:30,1\n",
    "autumn.csv": "date,volume\n2024-11-03 01:30,1\n2024-11-04 02:30,1\n",
    "constant.csv": "\n".join(["date,volume", *(f"{day},5" for day in DAYS)]),
}

CHANGES = {
    "a decimal comma that may be a thousand": (
        "path: one.csv",
        "path: thousands.csv, separator: auto, decimal: auto",
        "data.decimal: '1,250' of 'volume' may be a thousand or a fraction in thousands.csv, line 2 (got 'auto'); set data.decimal to ','",
    ),
    "an hour that does not exist": (
        "path: one.csv",
        "path: spring.csv, timezone: America/New_York",
        (
            "data.timezone: 1 times are unclear where clocks change: 2024-03-10 02:30:00 does not "
            "exist in America/New_York in spring.csv, line 2"
        ),
    ),
    "an hour that comes twice": (
        "path: one.csv",
        "path: autumn.csv, timezone: America/New_York",
        (
            "data.timezone: 1 times are unclear where clocks change: 2024-11-03 01:30:00 occurs "
            "twice in America/New_York in autumn.csv, line 2"
        ),
    ),
    "half a Parquet file": (
        "loader: csv, path: one.csv",
        "loader: parquet, path: half.parquet",
        "data.path: this is not a readable Parquet file: ",
    ),
    "no file of the pattern": (
        "loader: csv, path: one.csv",
        "loader: parquet, path: 'none/*.parquet'",
        "data.path: no file fits the pattern (got 'none/*.parquet'); it is relative to ",
    ),
    "files that differ": (
        "loader: csv, path: one.csv",
        "loader: parquet, path: 'part*.parquet'",
        "data.path: 'volume' is Int64 in part1.parquet and String in part2.parquet (got 'part*.parquet')",
    ),
    "a constant target that is to be refused": (
        "path: one.csv, time: date",
        "path: constant.csv, time: date, checks: {short: error}",
        "data.checks.short: 'volume' never changes in constant.csv; leave those series out, or set data.checks.short to warn",
    ),
    "a missing file": ("path: one.csv", "path: on.csv", "spec.yaml:4: data.path: no such file (got 'on.csv'); did you mean one.csv?"),
    "a folder": ("path: one.csv", "path: .", "spec.yaml:4: data.path: this is a folder (got '.'); name a file in it"),
    "a path through a file": ("path: one.csv", "path: one.csv/x.csv", "spec.yaml:4: data.path: no such folder (got 'one.csv/x.csv')"),
    "a name too long": ("path: one.csv", f"path: {'x' * 300}.csv", "spec.yaml:4: data.path: the file can't be read: File name too long"),
    "a loop of links": ("path: one.csv", "path: loop.csv", "spec.yaml:4: data.path: "),
    "CSV as Parquet": ("loader: csv", "loader: parquet", "data.path: this is not a Parquet file (got 'one.csv'); use loader: csv"),
    "no such time": ("time: date", "time: day", "spec.yaml:4: data.time: no such column (got 'day'); there are date, volume"),
    "no such entity": ("time: date", "time: date, entity: ticker", "spec.yaml:4: data.entity: no such column (got 'ticker')"),
    "no such target": ("column: volume", "column: volum", "spec.yaml:5: target.column: no such column (got 'volum'); did you mean volume?"),
    "no such feature": ("columns: [volume]", "columns: [volum]", "spec.yaml:6: features[0].lag.columns: no such column (got 'volum')"),
    "lags too long": ("[0, 1]", "[200]", "spec.yaml:6: features: no row is left: the features need 200 rows of history"),
    "folds too many": ("folds: 2", "folds: 150", "spec.yaml:7: split.cv.folds: 150 folds need at least 151 time steps, there are 100"),
    "a gap too wide": ("folds: 2", "folds: 2, purge: 60", "spec.yaml:7: split.cv.folds: 2 folds with 60 steps left out before each"),
    "a horizon too far": ("column: volume", "column: volume, horizon: 999", "spec.yaml:5: target.horizon: no row has a target"),
    "a test after the data": (
        "split: {",
        "split: {test: 2030-01-01, ",
        "split.test: the last time step is 2015-04-29, no step is left to test",
    ),
    "a test before the data": (
        "split: {",
        "split: {test: 2001-01-01, ",
        "split.test: 118 of 118 time steps are tested, none is left to learn",
    ),
    "a start after the data": (
        "time: date",
        "time: date, start: 2030-01-01",
        "data.start: no row is left; the data goes from 2015-01-01 to",
    ),
    "a start as another country writes it": (
        "time: date",
        "time: date, start: 03/04/2015",
        "data.start: this is not a day (got '03/04/2015')",
    ),
    "no such calendar": ("time: date", "time: date, calendar: XNYZ", "data.calendar: no such exchange calendar (got 'XNYZ'); did you mean"),
    "a calendar that breaks": (
        "time: date",
        "time: date, calendar: ASEX",
        "data.calendar: the exchange calendar can't be built (got 'ASEX')",
    ),
    "no such zone": ("time: date", "time: date, timezone: America/NewYork", "data.timezone: no such time zone (got 'America/NewYork')"),
    "a rank of one": ("[lag: {columns: [volume], periods: [0, 1]}]", "[rank: {columns: [volume]}]", "compares entities, and there is one"),
    "hours of days": (
        "[lag: {columns: [volume], periods: [0, 1]}]",
        "[calendar: [hour]]",
        "'hour' needs times of day, and the data has days",
    ),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_spec_that_the_file_does_not_fit(folder: Path, tsml: Tsml, kind: str) -> None:
    old, new, expected = CHANGES[kind]
    assert old in SPEC
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    for name, text in OTHERS.items():
        (folder / name).write_text(text)
    pl.DataFrame({"date": DAYS, "volume": VALUES}).write_parquet(folder / "half.parquet")
    (folder / "half.parquet").write_bytes((folder / "half.parquet").read_bytes()[:-50])
    for number, value in enumerate((1, "one"), 1):
        pl.DataFrame({"date": DAYS[number : number + 1], "volume": [value]}).write_parquet(folder / f"part{number}.parquet")
    (folder / "spec.yaml").write_text(SPEC.replace(old, new, 1))
    code, out, err = tsml("run", "spec.yaml")
    assert (code, out, len(err)) == (1, [], 1), err
    assert expected in err[0]
    assert err[0].startswith("spec.yaml:")


def test_a_file_of_another_user(folder: Path, tsml: Tsml) -> None:
    (folder / "one.csv").chmod(0)
    code, out, err = tsml("run", "spec.yaml")
    if os.geteuid() == 0:  # root may read everything
        assert code == 0
        return
    assert (code, out) == (1, [])
    assert err == ["spec.yaml:4: data.path: the file can't be read: Permission denied (got 'one.csv'); check the path and its permissions"]


def test_entities_in_one_series_are_told_apart_by_the_column_that_does_it(folder: Path, tsml: Tsml) -> None:
    lines = [f"{day},{ticker},1.5" for day in DAYS for ticker in "AB"]
    (folder / "one.csv").write_text("\n".join(["date,ticker,volume", *lines]))
    code, _, err = tsml("run", "spec.yaml")
    assert code == 1
    assert err[0].endswith("(got 'date'); set data.entity: ticker")
