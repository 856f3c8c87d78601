"""Features of tsfresh, against tsfresh's own extraction from rolled frames."""

import datetime as dt
import sys
from typing import Any

import numpy as np
import polars as pl
import pytest

from dsframework.errors import FeatureError, MissingDependencyError
from dsframework.features import FeatureTable, build_features, feature_names, own_features_code
from dsframework.spec import Component, catalogue

OWN = {
    "mean": [],
    "skewness": [],
    "quantile": [{"q": 0.1}, {"q": 0.9}],
    "c3": [{"lag": 1}],
    "agg_autocorrelation": [{"f_agg": "mean", "maxlag": 3}],
    "linear_trend": [{"attr": "slope"}, {"attr": "pvalue"}],
    "change_quantiles": [{"ql": 0.0, "qh": 0.8, "isabs": True, "f_agg": "mean"}],
    "number_crossing_m": [{"m": 0}],
}


def frame(n_rows: int = 14, seed: int = 0) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    days = [dt.datetime(2024, 1, 1) + dt.timedelta(days=day) for day in range(n_rows) for _ in "AB"]
    values = random.normal(size=2 * n_rows).cumsum()
    return pl.DataFrame({"time": days, "ticker": ["A", "B"] * n_rows, "v": values, "w": values**2})


def components(**given: Any) -> list[Component]:
    return [Component(name="tsfresh", arguments=catalogue.arguments("features", "tsfresh")(**given))]


def build(data: pl.DataFrame, **given: Any) -> FeatureTable:
    return build_features(data, components(**given), time="time", entity="ticker", calendar=None)


def theirs(data: pl.DataFrame, column: str, window: int, settings: Any) -> dict[str, np.ndarray]:
    """What tsfresh extracts from every window, by the names without the quotes."""
    import pandas as pd
    from tsfresh import extract_features

    parts, number = [], 0
    for ticker in ("A", "B"):
        values = data.filter(pl.col("ticker") == ticker)[column].to_list()
        for last in range(window - 1, len(values)):
            parts.append(pd.DataFrame({"id": number, "at": range(window), "x": values[last - window + 1 : last + 1]}))
            number += 1
    found = extract_features(
        pd.concat(parts), column_id="id", column_sort="at", default_fc_parameters=settings, n_jobs=0, disable_progressbar=True
    )
    return {name.removeprefix("x__").replace('"', ""): found[name].to_numpy(dtype=float) for name in found.columns}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("settings", ["own", "minimal", "efficient"])
def test_every_statistic_is_tsfreshs_of_the_same_window(settings: str) -> None:
    from tsfresh.feature_extraction.settings import EfficientFCParameters, MinimalFCParameters

    window = 8
    given: dict[str, Any] = {"calculators": OWN} if settings == "own" else {"settings": settings}
    listed = {name: one or None for name, one in OWN.items()}
    chosen = {"own": listed, "minimal": MinimalFCParameters(), "efficient": EfficientFCParameters()}[settings]
    data = frame(n_rows=10 if settings == "efficient" else 14)
    expected = theirs(data, "v", window, chosen)
    found = build(data, columns=["v"], windows=[window], **given)
    assert found.lookback == window - 1
    assert sorted(found.names) == sorted(f"v_{name}_{window}" for name in expected)
    for place, name in enumerate(found.names):
        ours = np.concatenate([found.matrix[(data["ticker"] == ticker).to_numpy(), place] for ticker in ("A", "B")])
        ours = ours[np.concatenate([found.warm[(data["ticker"] == ticker).to_numpy()] for ticker in ("A", "B")])]
        wanted = expected[name.removeprefix("v_").removesuffix(f"_{window}")]
        np.testing.assert_allclose(ours, np.where(np.isfinite(wanted), wanted, np.nan), rtol=1e-9, atol=1e-12, err_msg=name)


def test_columns_are_named_and_the_first_rows_have_no_window() -> None:
    found = build(frame(), columns=["v", "w"], windows=[3, 5], calculators={"quantile": [{"q": 0.5}], "maximum": []})
    assert found.names == tuple(
        f"{column}_{name}_{window}" for column in "vw" for window in (3, 5) for name in ("maximum", "quantile__q_0.5")
    )
    assert found.lookback == 4
    for place, window in ((0, 3), (2, 5)):
        np.testing.assert_array_equal(np.isnan(found.matrix[:, place]), np.arange(28) < 2 * (window - 1))
    values = frame()["v"].to_numpy()[::2]
    np.testing.assert_array_equal(found.matrix[4::2, 0], [max(values[row - 2 : row + 1]) for row in range(2, 14)])
    np.testing.assert_array_equal(found.matrix[4::2, 1], [np.median(values[row - 2 : row + 1]) for row in range(2, 14)])


def test_a_row_knows_only_the_window_behind_it_and_a_short_history_gives_the_same_bits() -> None:
    given: dict[str, Any] = {"columns": ["v"], "windows": [6], "calculators": OWN}
    data = frame()
    whole = build(data, **given).matrix
    later = data.with_columns(v=pl.when(pl.int_range(pl.len()) >= 20).then(1e6).otherwise(pl.col("v")))
    np.testing.assert_array_equal(build(later, **given).matrix[:20], whole[:20])
    for first in (2, 7):
        part = build(data[first:], **given)
        assert part.warm.any()
        np.testing.assert_array_equal(part.matrix[part.warm], whole[first:][part.warm])


def test_a_window_with_a_missing_value_has_no_statistics() -> None:
    data = frame().with_columns(v=pl.when(pl.int_range(pl.len()) == 10).then(None).otherwise(pl.col("v")))
    found = build(data, columns=["v"], windows=[3], calculators={"mean": []}).matrix[::2, 0]
    assert np.flatnonzero(np.isnan(found)).tolist() == [0, 1, 5, 6, 7]


@pytest.mark.parametrize(
    ("calculators", "says"),
    [
        ({"quantiles": [{"q": 0.1}]}, "did you mean quantile"),
        ({"linear_trend_timewise": [{"attr": "slope"}]}, "no such calculator"),
        ({"quantile": [{"p": 0.1}]}, "quantile raised TypeError"),
        ({"linear_trend": []}, r"write linear_trend: \[\{\.\.\.\}\]"),
        ({"_roll": [{}]}, "no such calculator"),
    ],
)
def test_a_calculator_that_is_not_there_or_does_not_take_its_parameters_is_one_line(calculators: dict[str, Any], says: str) -> None:
    with pytest.raises(FeatureError, match=rf"features\[0\]\.tsfresh\.calculators.*{says}"):
        feature_names(components(columns=["v"], windows=[5], calculators=calculators))


def test_two_lists_are_one_too_many() -> None:
    with pytest.raises(ValueError, match="settings would do nothing beside calculators"):
        components(columns=["v"], windows=[5], settings="minimal", calculators={"mean": []})


def test_without_tsfresh_the_install_command_is_named_before_anything_is_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    from dsframework.features import _tsfresh

    for cached in (_tsfresh._names, _tsfresh._settings):
        cached.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "tsfresh"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tsfresh", None)
    with pytest.raises(MissingDependencyError, match=r'tsfresh is not installed; pip install "jupyterlab-tsml\[tsfresh\]"'):
        feature_names(components(columns=["v"], windows=[5]))


def test_a_model_that_is_stored_names_tsfresh() -> None:
    assert own_features_code(components(columns=["v"], windows=[5])).distributions == ["tsfresh"]
