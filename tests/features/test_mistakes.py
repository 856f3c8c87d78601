"""Features that can't be computed: one line that names the field and the mend."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from dsframework.errors import FeatureError
from dsframework.features import build_features
from dsframework.spec import spec_from_dict

FRAME = pl.DataFrame(
    {"date": [dt.date(2024, 1, 2), dt.date(2024, 1, 3)], "name": ["a", "a"], "volume": [1.0, 2.0], "close": [1.0, 2.0], "month": [1, 1]}
)


def lag(column: str, period: int = 1) -> dict[str, Any]:
    return {"lag": {"columns": [column], "periods": [period]}}


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ([lag("volum")], "features[0].lag.columns: no such column (got 'volum'); did you mean volume?"),
        ([lag("q")], "features[0].lag.columns: no such column (got 'q'); there are name, volume, close, month"),
        ([lag("date")], "features[0].lag.columns: no such column (got 'date'); there are name, volume, close, month"),
        ([lag("name")], "features[0].lag.columns: 'name' is not numeric but String (got 'name'); use a numeric column"),
        (
            [lag("volume"), lag("volume")],
            "features[1].lag: two features make a column 'volume_lag_1': this one and features[0].lag; remove one of them",
        ),
        (
            [lag("volume_mean_2"), {"rolling": {"columns": ["volume"], "windows": [2], "stats": ["mean"]}}],
            "features[0].lag.columns: this column is made by the same or a later feature (got 'volume_mean_2'); move that feature up",
        ),
        ([{"range": {}}], "features[0].range.high: no such column (got 'high'); there are name, volume, close, month"),
        (
            [{"rolling": {"columns": ["volume"], "windows": [1], "stats": ["zscore"]}}],
            "features[0].rolling.windows: one row has no zscore (got 1); use a window of at least 2",
        ),
        (
            [{"rank": {"columns": ["close"]}}],
            "features[0].rank: 'close_rank' compares entities, and there is one series only; set data.entity",
        ),
        (
            [{"calendar": ["day_of_week", "days_to_holiday"]}],
            "features[0].calendar: 'days_to_holiday' needs an exchange calendar; set data.calendar, such as XNYS",
        ),
        ([{"calendar": ["hour"]}], "features[0].calendar: 'hour' needs times of day, and the data has days only; remove it"),
        (
            [{"calendar": ["month"]}],
            "features[0].calendar: the data has a column 'month' already; rename it, or leave it out of data.columns",
        ),
    ],
)
def test_a_mistake_is_one_line_with_field_and_mend(features: list[Any], message: str) -> None:
    spec = {"name": "t", "task": "regression", "data": {"loader": "sample"}, "target": {"column": "volume"}, "models": ["ridge"]}
    built = spec_from_dict({**spec, "features": features}).features
    assert built is not None
    with pytest.raises(FeatureError) as caught:
        build_features(FRAME, built, time="date", entity=None, calendar=None)
    assert str(caught.value) == message
