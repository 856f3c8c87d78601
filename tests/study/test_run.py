"""Running, repeating and stopping studies, for real: MLflow on SQLite, fits in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import mlflow
import polars as pl
import pytest

from dsframework.data import load_panel
from dsframework.errors import ConflictError, DataError, SpecError, SplitError, TrackingUnavailableError
from dsframework.records import StudyEvent
from dsframework.spec import ExperimentSpec, SampleData, parse_spec
from dsframework.study import StudyOutcome, list_studies, reproduce, run_study, stop_study, study_status
from dsframework.tracking import client, compare_runs, load_predictions, run_summary, search_runs, tracking_uri

Make = Callable[[str], ExperimentSpec]


def test_a_study_reports_the_best_trial_of_every_experiment(small_study: StudyOutcome) -> None:
    ridge, forest = small_study.result.experiments
    assert (small_study.result.status, ridge.n_trials, forest.n_trials) == ("finished", 3, 2)
    assert ridge.params["alpha"] in (0.1, 1.0, 10.0)
    assert forest.params["max_depth"] in (2, 4)
    for experiment in (ridge, forest):
        assert len(experiment.cv["mae"].folds) == 3
        assert set(experiment.baselines) == {"naive", "seasonal_naive", "historic_mean", "slot_mean", "drift"}
        beaten = all(experiment.test["mae"] < scores["mae"] for scores in experiment.baselines.values())
        assert experiment.beats_baselines is beaten
    best = min(small_study.result.experiments, key=lambda experiment: experiment.cv["mae"].mean)
    assert small_study.result.best == best.run_id == small_study.best.run_id  # type: ignore[union-attr]
    assert small_study.frame["run_id"][0] == best.run_id


def test_what_was_recorded_in_mlflow_is_what_was_reported(small_study: StudyOutcome) -> None:
    result = small_study.result.experiments[0]
    run = client().get_run(result.run_id)
    assert run.data.metrics["cv_mae"] == result.cv["mae"].mean
    assert run.data.metrics["test_mae"] == result.test["mae"]
    assert run.data.tags["mlflow.parentRunId"] == small_study.study
    folds = client().get_metric_history(result.run_id, "fold_mae")
    assert [fold.value for fold in sorted(folds, key=lambda fold: fold.step)] == result.cv["mae"].folds
    trials = mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/trials.json")
    assert trials["columns"][:3] == ["number", "status", "alpha"]
    assert len(trials["data"]) == 3


def test_out_of_fold_and_test_predictions_give_the_reported_scores(small_study: StudyOutcome) -> None:
    result = small_study.result.experiments[0]
    test, folds = load_predictions(result.run_id, "test"), load_predictions(result.run_id, "cv")
    assert test is not None
    assert folds is not None
    assert (test["actual"] - test["predicted"]).abs().mean() == pytest.approx(result.test["mae"], rel=1e-12)
    assert (test["actual"] - test["baseline_naive"]).abs().mean() == pytest.approx(result.baselines["naive"]["mae"], rel=1e-12)
    per_fold = (
        folds.with_columns((pl.col("actual") - pl.col("predicted")).abs().alias("e")).group_by("fold").agg(pl.col("e").mean()).sort("fold")
    )
    assert per_fold["e"].to_list() == pytest.approx(result.cv["mae"].folds, rel=1e-12)
    assert folds["label_time"].max() < test["time"].max()  # type: ignore[operator]


def test_the_same_command_again_repeats_nothing(small_spec: Make, small_study: StudyOutcome, tmp_path: Path) -> None:
    heard: list[StudyEvent] = []
    again = run_study(small_spec("small-study"), base=tmp_path, listener=heard.append)
    assert again.result.experiments == small_study.result.experiments
    assert again.study == small_study.study
    assert not [event for event in heard if event.kind == "trial_finished"]
    assert heard[-1].status.trials_resumed == 5


def test_fresh_repeats_everything_and_gives_the_same_numbers(small_spec: Make, small_study: StudyOutcome, tmp_path: Path) -> None:
    heard: list[StudyEvent] = []
    again = run_study(small_spec("small-study"), base=tmp_path, listener=heard.append, fresh=True)
    assert again.study != small_study.study
    assert len([event for event in heard if event.kind == "trial_finished"]) == 5
    for new, old in zip(again.result.experiments, small_study.result.experiments, strict=True):
        assert (new.cv, new.test, new.baselines, new.params) == (old.cv, old.test, old.baselines, old.params)


def test_a_wider_search_takes_over_the_trials_of_a_narrower_one(tmp_path: Path) -> None:
    text = """
version: 1
name: wider
task: regression
data: {{loader: sample, n_entities: 2, n_days: 120}}
target: {{column: volume}}
features: [lag: {{columns: [volume], periods: [0, 1]}}]
models: [ridge: {{alpha: {alphas}}}]
split: {{cv: {{folds: 2}}}}
"""
    run_study(parse_spec(text.format(alphas="[0.5, 2.0]")), base=tmp_path)
    heard: list[StudyEvent] = []
    run_study(parse_spec(text.format(alphas="[0.5, 1.0, 2.0]")), base=tmp_path, listener=heard.append)
    assert heard[-1].status.trials_resumed == 2
    assert heard[-1].status.trials_done == 3


def test_a_recorded_model_is_loaded_by_mlflow_and_predicts(small_study: StudyOutcome, monkeypatch: pytest.MonkeyPatch) -> None:
    run = small_study.best
    assert run is not None
    rows = load_panel(SampleData(n_entities=3, n_days=260, seed=4)).frame
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri())  # mlflow.set_tracking_uri would set it for all tests that follow
    model = mlflow.pyfunc.load_model(f"runs:/{run.run_id}/model")
    found = model.predict(rows.to_pandas())
    ours = small_study.predict(rows)
    assert ours.columns == ["time", "ticker", "prediction"]
    assert found["prediction"].tolist() == ours["prediction"].to_list()
    assert model.metadata.signature is not None
    assert model.metadata.saved_input_example_info is not None


def test_predictions_of_the_stored_model_are_those_of_the_test(small_study: StudyOutcome) -> None:
    """Train and serve compute the same features: predictions from raw rows equal those made during the study."""
    result = small_study.best
    assert result is not None
    rows = load_panel(SampleData(n_entities=3, n_days=260, seed=4)).frame
    served = small_study.predict(rows, every_row=True).rename({"ticker": "entity"}).with_columns(pl.col("time").cast(pl.Datetime("ns")))
    tested = load_predictions(result.run_id, "test")
    assert tested is not None
    both = tested.join(served, on=["time", "entity"], how="inner")
    assert both.height == tested.height
    assert both["prediction"].to_list() == both["predicted"].to_list()


def test_a_run_is_reproduced_to_the_last_bit(small_study: StudyOutcome) -> None:
    found = reproduce(small_study.result.experiments[1].run_id)
    assert (found.verdict, found.differences, found.environment) == ("identical", [], [])


def test_reproduction_says_that_the_data_changed(tmp_path: Path, market_data: Path) -> None:
    lines = (market_data / "one_stock.csv").read_text().splitlines()
    path = tmp_path / "one.csv"
    path.write_text("\n".join(lines[:300]) + "\n")
    spec = parse_spec(
        "{version: 1, name: changed, task: regression, data: {loader: csv, path: one.csv, time: date}, target: {column: volume}, "
        "features: [lag: {columns: [volume], periods: [0]}], models: [ridge], split: {cv: {folds: 2}}}"
    )
    run = run_study(spec, base=tmp_path).result.experiments[0].run_id
    changed = lines[150].rsplit(",", 1)[0] + ",123456"
    path.write_text("\n".join([*lines[:150], changed, *lines[151:300]]) + "\n")
    found = reproduce(run)
    assert found.verdict == "different"
    assert found.differences[0].startswith("data: ")


def test_runs_are_found_by_name_and_by_filter_and_compared(small_study: StudyOutcome) -> None:
    ids = [experiment.run_id for experiment in small_study.result.experiments]
    assert {run.run_id for run in search_runs("ridge", tracking_experiment="small-study").runs} >= {ids[0]}
    score = small_study.result.experiments[0].test["mae"]
    assert ids[0] in {run.run_id for run in search_runs(f"metrics.test_mae <= {score + 1}").runs}
    mean = small_study.result.experiments[0].cv["mae"].mean
    assert ids[0] in {run.run_id for run in search_runs(f"metrics.mae <= {mean + 1} and metrics.`mae` >= {mean - 1}").runs}
    assert ids[0] not in {run.run_id for run in search_runs(f"metrics.mae < {mean - 1}").runs}
    assert run_summary(ids[0][:12]).run_id == ids[0]
    found = compare_runs(ids)
    assert [row.run.run_id for row in found.rows] == ids
    assert "model" in found.differing
    assert found.same_data
    assert found.forecast is not None
    assert len(found.forecast.entities) == 3
    assert len(found.forecast.forecasts) == 2
    assert len(found.forecast.times) == len(found.forecast.actual) == len(found.forecast.forecasts[0].values)
    json.loads(found.model_dump_json())


def test_one_broken_variant_does_not_end_the_others(tmp_path: Path) -> None:
    spec = parse_spec(
        """
version: 1
name: broken-variant
task: regression
data: {loader: sample, n_entities: 1, n_days: 100}
target: {column: volume}
variants:
  features:
    good: [lag: {columns: [volume], periods: [0]}]
    bad: [lag: {columns: [nothing], periods: [0]}]
models: [ridge, python: {class: tests_no_such_module.Model}]
split: {cv: {folds: 2}}
"""
    )
    result = run_study(spec, base=tmp_path).result
    assert [experiment.status for experiment in result.experiments] == ["finished", "failed", "failed", "failed"]
    assert "nothing" in (result.experiments[2].error or "")
    assert result.best == result.experiments[0].run_id
    assert result.status == "failed"


def test_a_trial_that_fails_is_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "brittle_model.py").write_text(
        "from sklearn.linear_model import Ridge\n"
        "class Brittle(Ridge):\n"
        "    def fit(self, X, y):\n"
        "        if self.alpha > 5: raise RuntimeError('alpha is\\ntoo large')\n"
        "        return super().fit(X, y)\n"
    )
    spec = parse_spec(
        "{version: 1, name: brittle, task: regression, data: {loader: sample, n_entities: 1, n_days: 100}, target: {column: volume}, "
        "features: [lag: {columns: [volume], periods: [0]}], split: {cv: {folds: 2}}, "
        "models: [python: {class: brittle_model.Brittle, arguments: {alpha: [1.0, 10.0]}}]}"
    )
    outcome = run_study(spec, base=tmp_path)
    experiment = outcome.result.experiments[0]
    assert (experiment.status, experiment.n_trials, experiment.params["arguments.alpha"]) == ("finished", 2, 1.0)
    line = study_status(outcome.study).experiments[0]
    assert (line.trials_done, line.trials_failed) == (1, 1)


def test_a_stopped_study_keeps_its_trials_and_goes_on_later(small_spec: Make, tmp_path: Path) -> None:
    heard: list[StudyEvent] = []

    def stop_after_one(event: StudyEvent) -> None:
        heard.append(event)
        if event.kind == "trial_finished" and len([e for e in heard if e.kind == "trial_finished"]) == 1:
            stop_study(event.status.study)

    spec = small_spec("stopped")
    slow = spec.model_copy(update={"tuning": spec.tuning.model_copy(update={"seed": 3})})
    forest = parse_spec(
        "{version: 1, name: stopped, task: regression, data: {loader: sample, n_entities: 3, n_days: 400}, target: {column: volume}, "
        "features: [lag: {columns: [volume], periods: [0, 1, 2]}], split: {cv: {folds: 4}}, "
        "models: [random_forest: {n_estimators: [60, 61, 62, 63, 64, 65, 66, 67]}], metrics: [mae]}"
    )
    assert slow.name == forest.name
    first = run_study(forest, base=tmp_path, listener=stop_after_one)
    assert first.result.status == "stopped"
    assert study_status(first.study).status == "stopped"
    done = {event.trial.key for event in heard if event.kind == "trial_finished"}
    heard.clear()
    second = run_study(forest, base=tmp_path, listener=heard.append)
    repeated = {event.trial.key for event in heard if event.kind == "trial_finished"}
    assert second.study == first.study
    assert second.result.status == "finished"
    assert not done & repeated
    assert len(done | repeated) == 8


def test_nothing_is_recorded_when_no_experiment_can_start(tmp_path: Path) -> None:
    before = len(list_studies())
    base = "{version: 1, name: impossible, task: regression, target: {column: volume}, models: [ridge], "
    with pytest.raises(DataError, match="no_such"):
        run_study(
            parse_spec(base + "data: {loader: csv, path: no_such.csv}, features: [lag: {columns: [volume], periods: [0]}]}"), base=tmp_path
        )
    with pytest.raises((DataError, SplitError), match=r"rows|steps"):
        run_study(
            parse_spec(base + "data: {loader: sample, n_entities: 1, n_days: 12}, features: [lag: {columns: [volume], periods: [9]}]}"),
            base=tmp_path,
        )
    assert len(list_studies()) == before


def test_a_grid_that_is_too_large_is_refused_before_anything_runs(tmp_path: Path) -> None:
    text = (
        "{version: 1, name: large, task: regression, data: {loader: sample}, target: {column: volume}, tuning: {trials: 3}, "
        "features: [lag: {columns: [volume], periods: [0]}], models: [ridge: {alpha: [1, 2, 3, 4]}]}"
    )
    with pytest.raises(SpecError, match="4 points, more than 3"):
        run_study(parse_spec(text), base=tmp_path)


def test_mlflow_that_does_not_answer_is_one_line_in_seconds(small_spec: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(TrackingUnavailableError, match=r"MLflow at http://127\.0\.0\.1:9 does not answer") as caught:
        run_study(small_spec("unreachable"), base=tmp_path)
    assert "\n" not in str(caught.value)


def test_a_study_that_runs_elsewhere_is_not_run_twice(small_spec: Make, tmp_path: Path) -> None:
    spec = small_spec("twice")

    def run_it_again(event: StudyEvent) -> None:
        if event.kind == "experiment_started":
            run_study(spec, base=tmp_path)

    with pytest.raises(ConflictError, match="running already"):
        run_study(spec, base=tmp_path, listener=run_it_again)
