"""The suites find what is broken, and say what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from dsframework.evaluation import Evaluation
from dsframework.features import _registry
from dsframework.features._base import FeatureColumn
from dsframework.metrics import Metric, Sample, Undefined
from dsframework.spec import Arguments, MetricInfo, catalogue
from dsframework.testing import check_evaluator, check_feature, check_loader, check_metric

CALLS = iter(range(1_000_000))
CLOSE = (("columns", "close"),)


def by_entity(expression: pl.Expr, lookback: int = 0, name: str = "made", **more: Any) -> list[FeatureColumn]:
    return [FeatureColumn(name, CLOSE, lookback, expression, **more)]


FEATURES: dict[str, tuple[Callable[[], list[FeatureColumn]], str]] = {
    "reads a later row": (lambda: by_entity(pl.col("close").shift(-1)), "change when later rows are left out"),
    "is scaled by the whole": (
        lambda: by_entity(pl.col("close") / pl.col("close").max()),
        "change when later rows|depend on values of later",
    ),
    "reads further back than it says": (lambda: by_entity(pl.col("close").shift(3), 1), "reads more than the 1 rows before it"),
    "runs on from the beginning": (lambda: by_entity(pl.col("close").cum_sum()), "reads more than the 0 rows before it"),
    "is another each time": (lambda: by_entity(pl.col("close") * 0 + next(CALLS)), "others a second time"),
    "has the name of a column": (lambda: by_entity(pl.col("close"), name="volume"), "already"),
    "has no value": (lambda: by_entity(pl.lit(None, dtype=pl.Float64)), "has no value in any row"),
}


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], list[FeatureColumn]]], None]:
    def register(columns: Callable[[], list[FeatureColumn]]) -> None:
        monkeypatch.setitem(_registry._features, "broken", lambda _: columns())
        monkeypatch.setitem(catalogue._stages["features"], "broken", Arguments)

    return register


@pytest.mark.parametrize("flaw", FEATURES)
def test_a_broken_feature_is_found(flaw: str, broken: Any) -> None:
    columns, says = FEATURES[flaw]
    broken(columns)
    with pytest.raises(Exception, match=says) as caught:
        check_feature("broken", {})
    assert type(caught.value).__name__ in ("AssertionError", "FeatureError")


def test_a_sound_feature_of_another_package_passes(broken: Any) -> None:
    broken(lambda: by_entity(pl.col("close").shift(2), 2))
    check_feature("broken", {})


def mean_error(sample: Sample) -> float:
    return float(np.mean(np.abs(sample.truth - sample.predicted)))


def no_value_for_a_constant(sample: Sample) -> float:
    if np.ptp(sample.predicted) == 0:
        raise Undefined("all predictions are equal")
    return mean_error(sample)


METRICS: dict[str, tuple[Callable[[Sample], float], str]] = {
    "is of the first row": (lambda sample: float(abs(sample.truth - sample.predicted)[0]), "when the rows come in another order"),
    "is another each time": (lambda sample: mean_error(sample) + next(CALLS), "a second time"),
    "looks at the number of an entity": (lambda sample: float(np.mean(sample.entity * sample.predicted)), "numbered another way"),
    "is the wrong way round": (lambda sample: -mean_error(sample), "is worse than"),
    "leaves a forecast out": (no_value_for_a_constant, "depends on the forecast"),
}


def as_metric(function: Callable[[Sample], float]) -> Metric:
    return Metric("broken", MetricInfo(("regression",), "less", "point", "Broken"), function)


@pytest.mark.parametrize("flaw", METRICS)
def test_a_broken_metric_is_found(flaw: str) -> None:
    function, says = METRICS[flaw]
    with pytest.raises(AssertionError, match=says):
        check_metric("broken", metric=as_metric(function))


def test_a_sound_metric_of_another_package_passes() -> None:
    check_metric("sound", metric=as_metric(mean_error))


def figure(value: Any) -> Evaluation:
    return Evaluation(figures={"found": value})


EVALUATORS: dict[str, tuple[Callable[..., Any], str]] = {
    "gives a dictionary": (lambda _, given: {"mae": 1.0}, "not an Evaluation"),
    "is infinite": (lambda _, given: figure(float("inf")), "what can't be told is None"),
    "is another each time": (lambda _, given: figure(float(next(CALLS))), "a second time"),
    "looks at the number of an entity": (
        lambda _, given: figure(float(given.sample.entity @ given.sample.predicted)),
        "numbered another way",
    ),
    "says nothing": (lambda _, given: Evaluation(), "says nothing of any predictions"),
    "has an infinite table": (lambda _, given: Evaluation(tables={"t": pl.DataFrame({"x": [float("inf")]})}), "infinite values in"),
}


@pytest.mark.parametrize("flaw", EVALUATORS)
def test_a_broken_evaluator_is_found(flaw: str) -> None:
    function, says = EVALUATORS[flaw]
    with pytest.raises(AssertionError, match=says):
        check_evaluator("residuals", evaluator=function)


def rows(n_rows: int = 5) -> pl.DataFrame:
    return pl.DataFrame({"day": [dt.date(2024, 1, 1 + row) for row in range(n_rows)], "x": [float(row) for row in range(n_rows)]})


LOADERS: dict[str, tuple[Callable[..., Any], str]] = {
    "gives pandas": (lambda data, request: rows().to_pandas(), "not a polars DataFrame"),
    "has no times": (lambda data, request: rows().rename({"day": "d"}), r"there is no column \['day'\]"),
    "has numbers for times": (lambda data, request: rows().with_columns(day=pl.int_range(5)), "neither dates, datetimes nor"),
    "is other rows each time": (lambda data, request: rows().with_columns(x=pl.col("x") + next(CALLS)), "a second call gives other rows"),
    "leaves the keys out": (lambda data, request: rows().select(data.columns or ["day", "x"]), "asked for 'x' it gives"),
    "makes up a column": (
        lambda data, request: rows().with_columns(pl.lit(1.0).alias(name) for name in data.columns or [] if name != "x"),
        "makes up",
    ),
}


@pytest.mark.parametrize("flaw", LOADERS)
def test_a_broken_loader_is_found(flaw: str) -> None:
    function, says = LOADERS[flaw]
    with pytest.raises(AssertionError, match=says):
        check_loader("frame", {"frame": "x", "time": "day"}, loader=function)


def test_a_sound_loader_passes() -> None:
    check_loader("frame", {"frame": "x", "time": "day"}, loader=lambda data, request: rows())
