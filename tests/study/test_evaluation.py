"""Intervals, evaluators and the account of the trials, from the document to the record, the model and the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dsframework.cli import main
from dsframework.data import load_panel
from dsframework.errors import SpecError
from dsframework.metrics import metrics as metric_registry
from dsframework.spec import ExperimentSpec, parse_spec
from dsframework.study import StudyOutcome, reproduce, run_study
from dsframework.tracking import client, compare_runs, load_pipeline, load_predictions

SPEC = """
name: {name}
task: regression
data: {{loader: sample, n_entities: 3, n_days: 160, seed: 4}}
target: {{column: volume, horizon: 2}}
features: [lag: {{columns: [volume], periods: [0, 1, 4]}}]
split: {{test: 0.2, cv: {{folds: 4}}}}
models: [{model}]
metrics: [mae, {metric}]
intervals: {intervals}
evaluation: {evaluation}
audit: "off"
"""
EVALUATION = "[breakdown: {by: [entity, fold]}, backtest: {price: close}, residuals, ranking, calibration]"


def spec_of(
    name: str,
    *,
    model: str = "ridge: {alpha: [1.0, 10.0, 1000.0]}",
    metric: str = "coverage",
    intervals: str = "{coverage: 0.8}",
    evaluation: str = "[]",
) -> ExperimentSpec:
    return parse_spec(SPEC.format(name=name, model=model, metric=metric, intervals=intervals, evaluation=evaluation))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyOutcome:
    return run_study(spec_of("evaluated", evaluation=EVALUATION), base=tmp_path_factory.mktemp("evaluated"))


def recorded(run_id: str, part: str) -> pl.DataFrame:
    found = load_predictions(run_id, part)  # type: ignore[arg-type]
    assert found is not None
    return found


def served(run_id: str, spec: ExperimentSpec) -> pl.DataFrame:
    """What the stored model says of every row, with the keys of recorded predictions."""
    panel = load_panel(spec.data)
    found = load_pipeline(run_id).predict(panel.frame, every_row=True)
    keys = [pl.col(panel.time).cast(pl.Datetime("ns")).alias("time"), pl.col(panel.entity).cast(pl.String).alias("entity")]
    return found.select(*keys, "prediction", "lower", "upper")


def test_the_intervals_are_as_wide_as_a_loop_over_earlier_errors_says(study: StudyOutcome) -> None:
    assert study.best is not None
    folds, test = recorded(study.best.run_id, "cv"), recorded(study.best.run_id, "test")
    begin = test["time"].min()
    errors = sorted(abs(a - p) for a, p, known in folds.select("actual", "predicted", "label_time").iter_rows() if known <= begin)
    limit = errors[int(np.ceil(0.8 * (len(errors) + 1))) - 1]
    assert (test["upper"] - test["predicted"]).to_numpy() == pytest.approx(limit)
    assert (test["predicted"] - test["lower"]).to_numpy() == pytest.approx(limit)
    result = study.best.intervals
    assert result is not None
    (found,) = result.scores
    inside = test.select(((pl.col("lower") <= pl.col("actual")) & (pl.col("actual") <= pl.col("upper"))).mean()).item()
    assert (found.nominal, result.calibrated_on) == (0.8, len(errors))
    assert found.coverage == study.best.test["coverage"] == pytest.approx(inside)
    assert found.mean_width == pytest.approx(2 * limit)
    outside = (test["actual"] - test["predicted"]).abs().to_numpy() - limit
    assert found.winkler == pytest.approx(2 * limit + np.mean(np.maximum(outside, 0)) * 2 / 0.2)


def test_a_fold_has_intervals_from_the_folds_before_it(study: StudyOutcome) -> None:
    assert study.best is not None
    folds = recorded(study.best.run_id, "cv")
    assert folds.filter(pl.col("fold") == 1)["lower"].null_count() == (folds["fold"] == 1).sum()
    for number in (2, 3, 4):
        own = folds.filter(pl.col("fold") == number)
        earlier = folds.filter((pl.col("fold") < number) & (pl.col("label_time") <= own["time"].min()))
        errors = sorted((earlier["actual"] - earlier["predicted"]).abs().to_list())
        limit = errors[int(np.ceil(0.8 * (len(errors) + 1))) - 1]
        assert (own["upper"] - own["predicted"]).to_numpy() == pytest.approx(limit)
    summary = study.best.cv["coverage"]
    assert summary.folds[0] is None
    assert summary.note == "the mean of 3 of 4 folds; fold 1: no row has an interval"


@pytest.mark.parametrize(
    ("name", "model", "intervals"),
    [
        ("conformal", "ridge", "{coverage: 0.9, scale: entity, per_entity: true}"),
        ("adaptive", "ridge", "{method: adaptive_conformal, coverage: 0.8}"),
        ("quantile", "random_forest: {n_estimators: 8, max_depth: 4}", "{method: quantile, coverage: 0.8}"),
    ],
)
def test_the_stored_model_serves_the_recorded_intervals(name: str, model: str, intervals: str, tmp_path: Path) -> None:
    spec = spec_of(f"served-{name}", model=model, intervals=intervals)
    (found,) = run_study(spec, base=tmp_path).result.experiments
    assert found.error is None
    test = recorded(found.run_id, "test")
    both = test.join(served(found.run_id, spec), on=["time", "entity"], suffix="_served")
    assert both.height == test.height > 0
    for own, other in (("predicted", "prediction"), ("lower", "lower_served"), ("upper", "upper_served")):
        assert (both[own] == both[other]).all(), own
    assert served(found.run_id, spec).filter(pl.col("time") < pl.lit(test["time"].min()) - pl.duration(days=30))["lower"].null_count() > 0


def test_an_interval_of_yesterday_does_not_know_today(tmp_path: Path) -> None:
    spec = spec_of("as-of", intervals="{method: adaptive_conformal, coverage: 0.8}")
    (found,) = run_study(spec, base=tmp_path).result.experiments
    test, panel, pipeline = recorded(found.run_id, "test"), load_panel(spec.data), load_pipeline(found.run_id)
    day = test["time"].unique().sort()[-8].date()
    answer = pipeline.predict(panel.frame, as_of=day.isoformat())
    then = test.filter(pl.col("time").dt.date() == day).sort("entity")
    assert answer.sort(panel.entity)["lower"].to_list() == then["lower"].to_list()


def test_several_coverages_have_columns_of_their_own(tmp_path: Path) -> None:
    (found,) = run_study(spec_of("several", model="ridge", intervals="{coverage: [0.5, 0.9]}"), base=tmp_path).result.experiments
    assert found.intervals is not None
    assert [score.nominal for score in found.intervals.scores] == [0.5, 0.9]
    test = recorded(found.run_id, "test")
    assert (test["lower_0.9"] <= test["lower_0.5"]).all()
    assert (test["upper_0.5"] <= test["upper_0.9"]).all()


def test_too_high_a_coverage_fails_the_experiment_in_one_line(tmp_path: Path) -> None:
    (found,) = run_study(spec_of("too-high", model="ridge", intervals="{coverage: 0.999}"), base=tmp_path).result.experiments
    assert found.status == "failed"
    assert "errors are too few to calibrate a coverage of 0.999, at least 999 are needed; use more folds" in str(found.error)


def test_every_evaluator_is_recorded_with_its_tables(study: StudyOutcome) -> None:
    assert study.best is not None
    found = {one.name: one for one in study.best.evaluation}
    assert list(found) == ["breakdown", "backtest", "residuals", "ranking", "calibration"]
    assert {name: one.error for name, one in found.items() if one.error} == {}
    test = recorded(study.best.run_id, "test")
    by_entity = test.group_by("entity").agg((pl.col("actual") - pl.col("predicted")).abs().mean().alias("mae")).sort("entity")
    table = found["breakdown"].tables["entity"]
    at = table.columns.index("mae")
    assert [row[at] for row in table.rows] == pytest.approx(by_entity["mae"].to_list())
    assert found["breakdown"].tables["fold"].n_rows == 4
    assert found["residuals"].figures["bias"] == pytest.approx((test["actual"] - test["predicted"]).mean())
    share = found["calibration"].tables["intervals"].rows[0]
    assert share[:2] == [0.8, study.best.test["coverage"]]
    equity = found["backtest"].tables["equity"]
    assert len(equity.rows) <= 50
    stored = client().download_artifacts(study.best.run_id, equity.artifact)
    assert pl.read_parquet(stored).height == equity.n_rows


def test_mlflow_has_the_figures(study: StudyOutcome) -> None:
    assert study.best is not None
    assert study.best.intervals is not None
    assert study.best.trials is not None
    data = client().get_run(study.best.run_id).data.metrics
    assert data["interval_0.8_winkler"] == study.best.intervals.scores[0].winkler
    assert data["residuals_bias"] == study.best.evaluation[2].figures["bias"]
    assert data["trials_deflated"] == study.best.trials.deflated


def test_the_account_of_the_trials_is_told(study: StudyOutcome) -> None:
    assert study.best is not None
    account = study.result.trials
    assert account is not None
    assert account == study.best.trials
    assert (account.n_trials, account.n_folds, account.n_splits) == (3, 4, 6)
    assert account.score == study.best.cv["mae"].mean
    assert account.sentence.startswith("3 trials were tried")


def test_a_run_with_intervals_is_reproduced(study: StudyOutcome) -> None:
    assert study.best is not None
    found = reproduce(study.best.run_id)
    assert (found.verdict, found.differences) == ("identical", [])


def test_the_command_line_shows_them(study: StudyOutcome, capsys: pytest.CaptureFixture[str]) -> None:
    assert study.best is not None
    assert main(["evaluate", study.best.run_id[:10]]) == 0
    said = capsys.readouterr().out
    for part in ("seasonal_naive", "intervals for 80% hold", "3 trials were tried", "breakdown, entity (3 rows", "sharpe:", "ljung_box_p:"):
        assert part in said, part
    assert main(["evaluate", study.best.run_id, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["intervals"]["method"] == "conformal"


def test_another_evaluation_is_another_study_of_the_same_trials(study: StudyOutcome, tmp_path: Path) -> None:
    other = run_study(spec_of("evaluated", intervals="{coverage: 0.5}"), base=tmp_path)
    assert other.study != study.study
    (found,) = other.result.experiments
    assert found.intervals is not None
    assert found.intervals.scores[0].nominal == 0.5
    assert found.evaluation == []


def test_runs_are_tested_against_the_best(study: StudyOutcome, tmp_path: Path) -> None:
    assert study.best is not None
    bad = "ridge: {alpha: 1.0e+12}"
    (other,) = run_study(spec_of("bad", model=bad), base=tmp_path).result.experiments
    found = compare_runs([other.run_id, study.best.run_id])
    assert (found.loss, found.compared_rows) == ("mae", recorded(study.best.run_id, "test").height)
    worse, best = (row.significance for row in found.rows)
    assert worse is not None
    assert best is not None
    assert best.verdict == "best"
    assert best.loss == pytest.approx(study.best.test["mae"])
    assert worse.difference == pytest.approx(other.test["mae"] - study.best.test["mae"])  # type: ignore[operator]
    assert worse.lower < worse.difference < worse.upper
    twin = compare_runs([study.best.run_id])
    assert (twin.loss, twin.rows[0].significance) == (None, None)
    assert {one.name for one in twin.rows[0].evaluation} == {"breakdown", "backtest", "residuals", "ranking", "calibration"}
    assert twin.rows[0].evaluation == study.best.evaluation


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({"intervals": "null"}, r"metrics\[1\]: 'coverage' is of intervals, and there are none; add intervals"),
        ({"metric": "pinball"}, r"metrics\[1\]: 'pinball' is of quantiles, and there are none; add intervals: {method: quantile"),
        ({"evaluation": "[breakdwn]"}, "'breakdwn' is not available, try breakdown"),
    ],
)
def test_a_setting_that_would_do_nothing_is_refused(more: dict[str, str], line: str) -> None:
    with pytest.raises(SpecError, match=line):
        spec_of("refused", **more)


PACKAGE = '''
import numpy as np
import polars as pl
from dsframework.evaluation import Evaluation
from dsframework.spec import EvaluatorArguments, MetricInfo

def worst_share(sample):
    """Share of errors above one tenth of the actual value."""
    return float(np.mean(np.abs(sample.actual - sample.predicted) > 0.1 * np.abs(sample.actual)))
worst_share.info = MetricInfo(("regression",), "less", "point", "Share of large errors")

class CountArguments(EvaluatorArguments):
    """Rows of the test."""
    times: int = 1

def count(arguments, predictions):
    n = arguments.times * len(predictions.rows)
    return Evaluation({"rows": float(n)}, {"again": pl.DataFrame({"n": [n]})}, ("counted",))
count.arguments = CountArguments

def broken(arguments, predictions):
    raise ZeroDivisionError("a slip of the pen")
'''
ENTRY_POINTS = """
[jupyterlab_tsml.metrics]
worst_share = tsml_judges:worst_share
[jupyterlab_tsml.evaluators]
count = tsml_judges:count
broken = tsml_judges:broken
"""


@pytest.fixture
def other_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    from dsframework.evaluation import evaluators

    (tmp_path / "tsml_judges.py").write_text(PACKAGE)
    info = tmp_path / "tsml_judges-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tsml-judges\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("tsml_judges", None)
    for registry, names in ((metric_registry, ["worst_share"]), (evaluators, ["count", "broken"])):
        for name in names:
            registry._loaded.pop(name, None)


def test_metrics_and_evaluators_of_another_package_are_used_like_ours(other_package: object, tmp_path: Path) -> None:
    evaluation = "[count: {times: 3}, broken, residuals, count]"
    spec = spec_of("others", model="ridge", metric="worst_share", intervals="null", evaluation=evaluation)
    (found,) = run_study(spec, base=tmp_path).result.experiments
    assert found.error is None
    test = recorded(found.run_id, "test")
    large = ((test["actual"] - test["predicted"]).abs() > 0.1 * test["actual"].abs()).mean()
    assert found.test["worst_share"] == pytest.approx(large)
    count, broken, residuals, again = found.evaluation
    assert (count.figures, count.tables["again"].rows, count.notes) == ({"rows": 3.0 * test.height}, [[3 * test.height]], ["counted"])
    assert (broken.error, broken.figures) == ("ZeroDivisionError: a slip of the pen", {})
    assert "evaluation broken: ZeroDivisionError: a slip of the pen" in found.notes
    assert residuals.figures["bias"] is not None
    assert (again.name, again.figures) == ("count 2", {"rows": float(test.height)})


def test_what_another_package_declares_is_checked_like_ours(other_package: object) -> None:
    with pytest.raises(SpecError, match="unknown key 'tmes', did you mean 'times'"):
        spec_of("typo", intervals="null", metric="rmse", evaluation="[count: {tmes: 3}]")
    with pytest.raises(SpecError, match="unknown key 'spred_bps', did you mean 'spread_bps'"):
        spec_of("deep", evaluation="[backtest: {price: close, costs: {spred_bps: 3}}]")
    spec = spec_of("deciding", intervals="null", metric="worst_share")
    assert spec.metric_names == ("mae", "worst_share")
