"""The ends of intervals are posted beside the predictions, also where earlier sessions had none."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path

import polars as pl
import pytest

from dsframework.deployment._publish import publish_parquet, publish_table
from dsframework.errors import ScheduleError

DAYS = dt.date(2024, 3, 5), dt.date(2024, 3, 6)


def predictions(day: dt.date, **ends: list[float]) -> pl.DataFrame:
    plain = pl.DataFrame({"time": [day] * 2, "entity": ["A", "B"], "target_time": [day] * 2, "prediction": [1.0, 2.0]})
    about = (pl.lit("run").alias("run_id"), pl.lit(day).alias("as_of"), pl.lit("ridge").alias("model"))
    return plain.with_columns(*about, **{name: pl.Series(values) for name, values in ends.items()})


def test_one_file_takes_sessions_with_and_without_intervals(tmp_path: Path) -> None:
    file = tmp_path / "all.parquet"
    publish_parquet(predictions(DAYS[0]), file, schedule="s", day=DAYS[0])
    publish_parquet(predictions(DAYS[1], lower=[0.5, 1.5], upper=[1.5, 2.5]), file, schedule="s", day=DAYS[1])
    publish_parquet(predictions(DAYS[0]), file, schedule="s", day=DAYS[0])
    found = pl.read_parquet(file).sort("as_of", "entity")
    assert found["lower"].to_list() == [None, None, 0.5, 1.5]
    assert found["upper"].to_list() == [None, None, 1.5, 2.5]
    assert found["prediction"].to_list() == [1.0, 2.0, 1.0, 2.0]


def test_a_file_with_other_columns_is_still_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.parquet"
    predictions(DAYS[0]).with_columns(pl.lit(1).alias("lower_case")).write_parquet(file)
    with pytest.raises(ScheduleError, match="holds other columns than predictions have"):
        publish_parquet(predictions(DAYS[0]), file, schedule="s", day=DAYS[0])


def test_a_table_has_columns_for_the_ends(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'posted.db'}"
    rows = predictions(DAYS[0], **{"lower_0.9": [0.5, 1.5], "upper_0.9": [1.5, 2.5]})
    assert publish_table(rows, address, "posted", schedule="s", day=DAYS[0]) == 2
    assert publish_table(predictions(DAYS[1]), address, "posted", schedule="s", day=DAYS[1]) == 2
    connection = sqlite3.connect(tmp_path / "posted.db")
    try:
        found = connection.execute('select "lower_0.9", "upper_0.9" from posted order by as_of, entity').fetchall()
    finally:
        connection.close()
    assert found == [(0.5, 1.5), (1.5, 2.5), (None, None), (None, None)]
