"""Features that can't be computed: one line that names the field and the mend."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from dsframework.errors import FeatureError, SpecError
from dsframework.features import build_features, check_entities
from dsframework.spec import spec_from_dict

FRAME = pl.DataFrame(
    {
        "date": [dt.date(2024, 1, 2), dt.date(2024, 1, 3)],
        "name": ["a", "a"],
        "volume": [1.0, 2.0],
        "close": [1.0, 2.0],
        "month": [1, 1],
    }
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
        (
            [{"lag": {"columns": ["volume"], "sessions": [1]}}],
            "features[0].lag: 'volume_session_lag_1' needs times of day, and the data has days only; remove it",
        ),
        (
            [{"volume_profile": {}}],
            "features[0].volume_profile: 'volume_profile_share_20' needs times of day, and the data has days only; remove it",
        ),
        (
            [{"cross_asset": {"columns": ["close"], "entities": ["SPY"]}}],
            "features[0].cross_asset: 'close_of_SPY' compares entities, and there is one series only; set data.entity",
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


def refused(feature: dict[str, Any]) -> str:
    spec = {"name": "t", "task": "regression", "data": {"loader": "sample"}, "target": {"column": "volume"}, "models": ["ridge"]}
    built = spec_from_dict({**spec, "features": [feature]}).features
    assert built is not None
    with pytest.raises(FeatureError) as caught:
        build_features(FRAME.with_columns(v="volume"), built, time="date", entity=None, calendar=None)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("close +", "it is no SQL expression: "),
        ("clos + 1", "no such column (got 'clos'); did you mean close?"),
        ("date + 1", "no such column (got 'date')"),
        ("name", "'name' is not numeric but String (got 'name'); use a numeric column"),
        ("1 + 1", "it reads no column (got '1 + 1'); name a column, or leave it out"),
        ("AVG(close)", "Agg.Mean is not allowed: it reads all rows, the later ones too (got "),
        ("COUNT(*) + close", "Len is not allowed: it reads all rows, the later ones too (got "),
        ("close / SUM(close) OVER (PARTITION BY name)", "this window may read later rows (got "),
        ("LEAD(close) OVER (ORDER BY date)", "it reads later rows (got "),
        ("LAG(close, -1) OVER (ORDER BY date)", "it reads later rows (got "),
        ("LAG(close) OVER (ORDER BY date DESC)", "ORDER BY … DESC: it reads later rows (got "),
        ("LAG(close) OVER ()", "it is no SQL expression: LAG requires an ORDER BY"),
        ("LAG(close) OVER (ORDER BY close)", "a window is over the rows of one series in the order of time (got 'ORDER BY close'); write"),
        ("LAG(close) OVER (ORDER BY date, close)", "ORDER BY takes one column here (got "),
        ("LAG(close) OVER (PARTITION BY name ORDER BY date)", "there is one series only (got 'PARTITION BY name'); remove it"),
        ("FIRST_VALUE(close) OVER (ORDER BY date)", "this window may read later rows (got "),
        ("LAST_VALUE(close) OVER (ORDER BY date)", "this window may read later rows (got "),
        ("SUM(close) OVER (ORDER BY date)", "this window may read later rows (got "),
        ("close + ROW_NUMBER() OVER (ORDER BY date)", "this window may read later rows (got "),
        ("SUM(close) OVER (ORDER BY date ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING)", "it is no SQL expression: "),
        ("RANK() OVER (ORDER BY close)", "Rank is not allowed: it reads all rows, the later ones too (got "),
        ("RANK(close)", "it is no SQL expression: "),
        ("close + (SELECT 1)", "SubPlan is not allowed: it reads another table (got "),
        ("UNNEST(close)", "Explode is not allowed: it does more than compute with the values of a row (got "),
        ("close AS c", "Alias is not allowed: it does more than compute with the values of a row (got "),
    ],
)
def test_an_expression_that_may_look_ahead_is_refused(text: str, says: str) -> None:
    assert refused({"sql": {"expressions": {"x": text}}}).startswith(f"features[0].sql.expressions.x: {says}")


@pytest.mark.parametrize(
    ("name", "field", "says"),
    [
        ("centre", "function", "the module 'features_of_tests' has no 'centre'; did you mean features_of_tests.centred?"),
        ("np", "function", "'features_of_tests.np' is a module, not a function; name a function of a frame"),
        ("Learner", "function", "'features_of_tests.Learner' has no method transform; give the class transform(frame), or name a function"),
        ("broken", "function", "features_of_tests.broken raised KeyError: 'no such thing'"),
        (
            "short",
            "function",
            "features_of_tests.short gave shape (1, 1) for 2 rows and 1 names; give one row a row, and one column a name",
        ),
        ("words", "function", "features_of_tests.words gave what are no numbers: could not convert string to float: 'a'"),
        ("Scaled", "arguments", "features_of_tests.Scaled raised TypeError: "),
        ("table", "names", "features_of_tests.table gave no column 'w'; name what it gives: v"),
    ],
)
def test_an_own_function_that_fails_is_named(name: str, field: str, says: str) -> None:
    feature = {"function": f"features_of_tests.{name}", "columns": ["v"], "lookback": 0, "names": ["w"]}
    assert refused({"python": feature}).startswith(f"features[0].python.{field}: {says}")


def test_a_module_that_is_not_there_is_named() -> None:
    message = refused({"python": {"function": "nowhere.at.all", "columns": ["v"], "lookback": 0}})
    assert message.startswith("features[0].python.function: there is no module 'nowhere' for 'nowhere.at.all'; install it, or put the file")


def spec_of(feature: dict[str, Any]) -> None:
    spec = {"name": "t", "task": "regression", "data": {"loader": "sample"}, "target": {"column": "volume"}, "models": ["ridge"]}
    spec_from_dict({**spec, "features": [feature]})


@pytest.mark.parametrize(
    ("feature", "says"),
    [
        ({"lag": {"columns": ["v"]}}, "say how far back: give periods, in rows, or sessions"),
        ({"lag": {"columns": ["v"], "periods": [1], "absent": "missing"}}, "absent does nothing without sessions"),
        ({"lag": {"columns": ["v"], "sessions": [0]}}, "the row's own session is not over"),
        ({"volume_profile": {"sessions": [0]}}, "a profile needs a day before"),
        ({"cross_asset": {"columns": ["v"]}}, "give entities, or means"),
        ({"cross_asset": {"columns": ["v"], "means": ["market"], "lags": [1]}}, "lags does nothing without entities"),
        ({"cross_asset": {"columns": ["v"], "entities": ["A"], "lags": [-1]}}, "a negative lag would read the future"),
        ({"fourier": {}}, "give cycles, or days"),
        ({"fourier": {"cycles": ["day_of_week"], "order": 4}}, "seven days have three waves at most"),
        ({"python": {"function": "__main__.f", "columns": ["v"], "lookback": 0}}, "put it into my_features.py beside it"),
        ({"python": {"function": "a.f", "columns": ["v"], "lookback": 0, "names": ["x", "x"]}}, "names are unique"),
    ],
)
def test_what_makes_no_sense_is_told_when_the_document_is_read(feature: dict[str, Any], says: str) -> None:
    with pytest.raises(SpecError, match=says):
        spec_of(feature)


def test_an_entity_that_is_not_there_is_named() -> None:
    components = spec_from_dict(
        {
            "name": "t",
            "task": "regression",
            "data": {"loader": "sample"},
            "target": {"column": "volume"},
            "models": ["ridge"],
            "features": [{"cross_asset": {"columns": ["volume"], "entities": ["SPX"]}}],
        }
    ).features
    assert components is not None
    frame = pl.DataFrame({"date": [dt.date(2024, 1, 2)] * 2, "ticker": ["SPY", "QQQ"], "volume": [1.0, 2.0]})
    with pytest.raises(FeatureError) as caught:
        check_entities(frame, components, entity="ticker")
    assert str(caught.value) == "features[0].cross_asset.entities: no such entity in the data (got 'SPX'); did you mean SPY?"
    table = build_features(frame, components, time="date", entity="ticker", calendar=None)
    assert not table.warm.any()
