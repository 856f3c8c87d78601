"""A look at a file from the command line: what it says of a good file, of a bad one, and of no file."""

from __future__ import annotations

import json
from pathlib import Path

from tests.bad_input.conftest import ROWS, Tsml


def test_a_good_file(folder: Path, tsml: Tsml) -> None:
    code, out, err = tsml("data", "one.csv")
    assert (code, err) == (0, [])
    assert out[:2] == ["one.csv: 120 rows, 2015-01-01 to 2015-04-30", "time: date"]
    assert [line.split() for line in out[3:6]] == [
        ["column", "type", "missing", "least", "most"],
        ["date", "Date", "0", "2015-01-01", "2015-04-30"],
        ["volume", "Float64", "0", *out[5].split()[3:]],
    ]
    assert not any("wrong" in line or "find" in line for line in out)


def test_a_file_with_mistakes(folder: Path, tsml: Tsml) -> None:
    (folder / "one.csv").write_text("\n".join(["date,close", *ROWS[:60], *(f"{row.split(',')[0]},7" for row in ROWS[60:])]))
    code, out, _ = tsml("data", "one.csv", "--calendar", "XNYS")
    assert code == 0
    place = out.index("what the data checks find:")
    assert any(line.startswith("  60 values of 'close' stand still") for line in out[place:])
    assert any("rows lie outside the sessions of XNYS" in line for line in out[place:])
    document = json.loads("\n".join(tsml("data", "one.csv", "--calendar", "XNYS", "--json")[1]))
    assert [f"  {line}" for line in document["findings"]] == out[place + 1 :]


def test_no_file(folder: Path, tsml: Tsml) -> None:
    assert tsml("data", "on.csv") == (1, [], ["tsml: data.path: no such file (got 'on.csv'); did you mean one.csv?"])
    code, _, err = tsml("data", "one.csv", "--calendar", "XNYZ")
    assert (code, len(err)) == (1, 1)
    assert err[0].startswith("tsml: data.calendar: no such exchange calendar (got 'XNYZ')")
