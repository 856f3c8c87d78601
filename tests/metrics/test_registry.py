"""The table of metrics, own metrics by entry point, scores of groups and of folds."""

import math
import pickle
import sys

import numpy as np
import pytest

from dsframework.errors import MetricError, SpecError
from dsframework.metrics import Groups, Interval, Sample, get_metric, metric_names, metrics, over_folds, score
from dsframework.spec import METRICS, default_metrics, json_schema, metric_problem, parse_spec

SPEC = """
version: 1
name: own
task: {task}
data: {{loader: sample}}
target: {{column: volume{more}}}
features: [{{lag: {{columns: [volume], periods: [1]}}}}]
models: [{model}]
"""
PACKAGE = '''
import numpy as np
from dsframework.spec import MetricInfo

def big_miss(sample):
    """Share of misses by more than one."""
    return float(np.mean(np.abs(sample.truth - sample.predicted) > 1))

big_miss.info = MetricInfo(("regression",), "less", "point", "Share of misses by more than one")

def silent(sample):
    return 0.0
'''
ENTRY_POINTS = """
[jupyterlab_tsml.metrics]
big_miss = tsml_own_metric:big_miss
silent = tsml_own_metric:silent
broken = tsml_not_there:metric
mae = tsml_own_metric:big_miss
"""


def spec(*lines, task="regression", model="ridge", more=""):
    return parse_spec(SPEC.format(task=task, model=model, more=more) + "\n".join(lines))


@pytest.fixture
def own_metric(tmp_path, monkeypatch):
    (tmp_path / "tsml_own_metric.py").write_text(PACKAGE)
    info = tmp_path / "tsml_own_metric-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tsml-own-metric\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("tsml_own_metric", None)
    for name in ("big_miss", "silent", "broken"):
        metrics._loaded.pop(name, None)


def whole_sample(n=240):
    """A sample that has all that any metric needs, in six groups."""
    random = np.random.default_rng(0)
    predicted = random.uniform(0.05, 0.95, n)
    actual = (random.random(n) < predicted).astype(float)
    quantiles = np.sort(random.normal(size=(n, 3)), axis=1)
    time = np.repeat(np.datetime64("2021-01-04", "ns") + np.arange(n // 6) * np.timedelta64(1, "D"), 6)
    return Sample(
        actual,
        predicted,
        scale=random.uniform(0.5, 2, n),
        entity=np.tile(np.arange(6), n // 6),
        squared_scale=random.uniform(0.5, 2, n),
        quantiles=quantiles,
        levels=np.array([0.1, 0.5, 0.9]),
        interval=Interval(quantiles[:, [0]], quantiles[:, [2]], (0.8,)),
        flagged=predicted > 0.9,
        reference=random.random(500),
        features=random.normal(size=(n, 2)),
        time=time,
    )


def test_every_metric_of_the_documents_table_is_there_and_no_other():
    assert set(metrics.names()) == set(METRICS)
    for name in METRICS:
        metric = get_metric(name)
        assert callable(metric.function) and metric.info is METRICS[name]


@pytest.mark.parametrize("task", ["regression", "classification", "anomaly", "clustering"])
def test_the_usual_metrics_fit_their_task_and_the_first_can_decide(task):
    for names in (default_metrics(task), default_metrics(task, labelled=True)):
        assert all(metric_problem(name, task) is None for name in names)
        assert METRICS[names[0]].decides and set(names) <= set(metric_names(task))


@pytest.mark.parametrize("name", METRICS)
def test_the_score_of_a_group_is_that_of_its_rows_alone(name):
    sample, metric = whole_sample(), get_metric(name)
    sample = sample.take(np.random.default_rng(1).permutation(sample.n_rows))
    if metric.info.tasks == ("clustering",):
        sample = Sample(sample.actual, np.round(sample.predicted * 2), features=sample.features, entity=sample.entity, time=sample.time)
    keys = np.arange(sample.n_rows) % 5 if metric.info.needs == "ranking" else sample.entity
    groups = Groups.of(keys)
    values, reasons = metric.grouped(sample, groups)
    assert len(values) == len(groups) == len(np.unique(keys))
    for key, value, reason in zip(np.unique(keys), values, reasons, strict=True):
        alone = metric.score(sample.take(keys == key))
        assert value == pytest.approx(alone.value, rel=1e-11, nan_ok=True) and (reason is None) == (alone.reason is None)


@pytest.mark.parametrize("name", ["mape", "wape", "r2", "r2_zero", "mase", "roc_auc", "directional_accuracy"])
def test_a_group_whose_rows_can_not_tell_has_no_value_and_the_others_do(name):
    actual = np.array([0.0, 0.0, 0.0, 1.0, 0.0, 1.0])
    sample = Sample(actual, np.linspace(0.1, 0.6, 6), scale=np.array([0.0, 0, 0, 1, 1, 1]))
    values, reasons = get_metric(name).grouped(sample, Groups.of(np.array([7, 7, 7, 8, 8, 8])))
    assert math.isnan(values[0]) and reasons[0] and math.isfinite(values[1]) and reasons[1] is None


def test_a_group_with_an_error_too_large_for_a_float_is_an_error():
    sample = Sample(np.array([1e200, 0.0]), np.array([-1e200, 0.0]))
    with pytest.raises(MetricError, match="rmse is inf"):
        get_metric("rmse").grouped(sample, Groups.of(np.array([0, 1])))


def test_scores_come_in_the_order_that_was_asked_for_and_survive_pickling():
    found = score(["rmse", "r2", "mae"], Sample(np.array([1.0]), np.array([2.0])))
    assert list(found) == ["rmse", "r2", "mae"] and found.plain() == {"rmse": 1.0, "r2": None, "mae": 1.0}
    again = pickle.loads(pickle.dumps(found))
    assert again.plain() == found.plain() and again.reasons == found.reasons


def test_folds_without_a_value_are_left_out_of_the_mean_and_named():
    folds = [
        score(["mae", "r2"], Sample(np.array(actual), np.array([1.0, 2.0]))) for actual in ([1.0, 3.0], [4.0, 4.0], [2.0, 2.5], [5.0, 5.0])
    ]
    found = over_folds(folds)
    values = [folds[0]["r2"], folds[2]["r2"]]
    assert found["r2"].mean == pytest.approx(np.mean(values)) and found["r2"].std == pytest.approx(np.std(values))
    assert found["r2"].folds == (values[0], None, values[1], None) and found["r2"].n_defined == 2
    assert found["r2"].note == "the mean of 2 of 4 folds; fold 2: all 2 actual values are equal"
    assert found["mae"].note is None and found["mae"].mean == pytest.approx(np.mean([fold["mae"] for fold in folds]))
    nothing = over_folds(folds[1:2])["r2"]
    assert (nothing.mean, nothing.std, nothing.n_defined) == (None, None, 0)


def test_an_unknown_metric_names_the_one_that_was_meant():
    with pytest.raises(MetricError, match="'rsme' is not available, try rmse"):
        get_metric("rsme")
    with pytest.raises(SpecError, match=r"metrics\[0\]: 'pinbal' is not available, try pinball"):
        spec("metrics: [pinbal]")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("metrics: [mae, silhouette]", r"metrics\[1\]: 'silhouette' does not fit a regression"),
        ("metrics: [bias]", r"metrics\[0\]: 'bias' can't rank trials, .*; try mae"),
        ("metrics: [mae]\ntuning: {metric: coverage}", "tuning.metric: 'coverage' can't rank trials, .*; try mae"),
        ("metrics: [7]", r"metrics\[0\]: expected the name of a metric"),
    ],
)
def test_a_metric_that_does_not_fit_is_a_mistake_of_the_document(lines, says):
    with pytest.raises(SpecError, match=says):
        spec(lines)


def test_a_metric_that_can_not_decide_may_stand_behind_one_that_does():
    assert spec("metrics: [mae, bias, coverage]\nintervals: {coverage: 0.9}").metric_names == ("mae", "bias", "coverage")
    assert spec("metrics: [bias]\ntuning: {metric: mae}").metric == "mae"


def test_the_schema_lists_the_metrics_of_every_task():
    listed = json_schema()["properties"]["metrics"]["items"]["enum"]
    assert listed == list(METRICS)


@pytest.mark.usefixtures("own_metric")
def test_a_metric_of_another_package_is_named_checked_listed_and_computed():
    found = spec("metrics: [big_miss, mae]")
    assert found.metric == "big_miss" and "big_miss" in json_schema()["properties"]["metrics"]["items"]["enum"]
    sample = Sample(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    assert score(["big_miss", "mae"], sample) == {"big_miss": 0.5, "mae": 1.0}  # ours hides the other mae
    assert get_metric("big_miss").greater_is_better is False
    assert list(get_metric("big_miss").grouped(sample, Groups.of(np.array([1, 2])))[0]) == [0.0, 1.0]
    with pytest.raises(SpecError, match="'big_miss' does not fit a classification"):
        spec("metrics: [big_miss]", task="classification", model="random_forest", more=", as: direction")


@pytest.mark.usefixtures("own_metric")
@pytest.mark.parametrize(
    ("name", "says"), [("silent", "does not say which way is better"), ("broken", "'broken' can't be imported: .*tsml_not_there")]
)
def test_a_metric_that_can_not_be_used_is_one_line_and_hides_no_other(name, says):
    with pytest.raises(SpecError, match=says):
        spec(f"metrics: [{name}]")
    with pytest.raises(MetricError, match=says):
        get_metric(name)
    assert "mae" in metric_names("regression") and name not in metric_names()
