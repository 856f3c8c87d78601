"""How much rows count: what a spec says reaches every model that can learn from it, and is refused by the others."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LinearRegression

from dsframework.errors import DataError, SpecError
from dsframework.experiment._weights import row_weights
from dsframework.rows import Rows
from dsframework.spec import WeightSpec, parse_spec, to_yaml
from dsframework.study import run_study

N = 240
SPEC = """
version: 1
name: weights
task: regression
data: {loader: frame, frame: rows, time: time, entity: who}
target: {column: value, horizon: 1}
features: [{lag: {columns: [value, other], periods: [0]}}]
split: {test: 0.2, cv: {method: walk_forward, folds: 2}}
models: [linear_regression]
audit: "off"
"""


@pytest.fixture
def frame():
    random = np.random.default_rng(0)
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=day) for day in range(N // 2)]
    return pl.DataFrame(
        {
            "time": [day for day in days for _ in range(2)],
            "who": ["a", "b"] * (N // 2),
            "value": random.normal(size=N),
            "other": random.normal(size=N),
            "counts": random.uniform(0.1, 5.0, size=N),
        }
    )


def by_hand(frame, weights, test_share=0.2):
    """Predictions of the final test by a weighted least squares of all rows before it."""
    rows = frame.sort("time", "who").with_columns(pl.col("value").shift(-1).over("who").alias("y")).drop_nulls("y")
    x, y = rows.select("value", "other").to_numpy(), rows["y"].to_numpy()
    step = np.unique(rows["time"].to_numpy(), return_inverse=True)[1]
    cut = step.max() + 1 - int(np.ceil(test_share * (step.max() + 1)))
    train = step < cut
    weight = np.ones(train.sum())
    if "half_life" in weights:
        weight *= 0.5 ** ((cut - 1 - step[train]) / weights["half_life"])
    if "column" in weights:
        weight *= rows[weights["column"]].to_numpy()[train]
    return LinearRegression().fit(x[train], y[train], sample_weight=weight).predict(x[~train])


@pytest.mark.parametrize("weights", [{"half_life": 15.0}, {"half_life": 40.0, "column": "counts"}])
def test_a_study_learns_by_the_weights_of_its_spec(weights, frame, tmp_path, monkeypatch):
    monkeypatch.setenv("TSML_HOME", str(tmp_path))
    given = ", ".join(f"{key}: {value}" for key, value in weights.items())
    spec = parse_spec(SPEC + f"weights: {{{given}}}\n")
    assert parse_spec(to_yaml(spec)) == spec
    outcome = run_study(spec, frames={"rows": frame})
    errors = frame.sort("time", "who").with_columns(pl.col("value").shift(-1).over("who").alias("y")).drop_nulls("y")["y"].to_numpy()
    expected = by_hand(frame, weights)
    (experiment,) = outcome.result.experiments
    assert experiment.error is None
    assert experiment.test["mae"] == pytest.approx(np.mean(np.abs(errors[-len(expected) :] - expected)), rel=1e-9)


def rows_of(step):
    step, zero = np.asarray(step), np.zeros(len(step), dtype=np.int32)
    return Rows(zero, ("",), step.astype("datetime64[ns]"), zero, zero, step)


def test_weights_have_the_mean_one_and_none_vanishes():
    found = row_weights(WeightSpec(half_life=1.0), None, rows_of(range(5000)))
    assert found.mean() == pytest.approx(1.0)
    assert found.min() > 0
    assert found[-1] / found[-2] == pytest.approx(2.0)


def test_rows_of_a_time_count_alike():
    found = row_weights(WeightSpec(half_life=3.0), np.array([1.0, 2.0, 1.0, 1.0]), rows_of([0, 0, 3, 3]))
    np.testing.assert_allclose(found / found[0], [1.0, 2.0, 2.0, 2.0])


def test_a_column_without_positive_weights_is_refused_with_the_first_row(frame, tmp_path, monkeypatch):
    monkeypatch.setenv("TSML_HOME", str(tmp_path))
    bad = frame.with_columns(pl.when(pl.col("counts") > 4.9).then(0.0).otherwise(pl.col("counts")).alias("counts"))
    said = r"weights.column: \d+ of 238 rows have no positive weight in 'counts' \(first 0 at 2024"
    with pytest.raises(DataError, match=said):
        run_study(parse_spec(SPEC + "weights: {column: counts}\n"), frames={"rows": bad})
    with pytest.raises(DataError, match=r"weights.column: .*counts"):
        run_study(parse_spec(SPEC + "weights: {column: count}\n"), frames={"rows": frame})


def test_a_model_that_learns_from_all_rows_alike_is_refused(frame, tmp_path, monkeypatch):
    monkeypatch.setenv("TSML_HOME", str(tmp_path))
    text = SPEC.replace("[linear_regression]", "[nearest_neighbors, {mean: {models: [ridge, nearest_neighbors]}}]")
    experiments = run_study(parse_spec(text + "weights: {half_life: 10}\n"), frames={"rows": frame}).result.experiments
    for experiment, name in zip(experiments, ("nearest_neighbors", "mean"), strict=True):
        assert f"weights: fold 1: {name} learns from all rows alike; remove weights" in experiment.error


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("{}", "weights: say how much a row counts: give half_life, column, or both"),
        ("{half_life: 0}", "weights.half_life: expected a number > 0"),
        ("{halflife: 3}", "weights.halflife: unknown key 'halflife', did you mean 'half_life'?"),
    ],
)
def test_what_says_nothing_is_refused(given, says):
    with pytest.raises(SpecError) as caught:
        parse_spec(SPEC + f"weights: {given}\n")
    assert says in str(caught.value)


def test_weights_of_a_task_without_a_target_would_do_nothing():
    text = SPEC.replace("regression\n", "anomaly\n", 1).replace("[linear_regression]", "[ecod]") + "weights: {half_life: 3}\n"
    with pytest.raises(SpecError, match="weights: would do nothing: anomalies are learned from all rows alike"):
        parse_spec(text)
