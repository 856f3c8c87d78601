"""Every way to search in a real study: warm starts, fronts of several metrics, choices that bring arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dsframework.cli import main
from dsframework.errors import SpecError
from dsframework.evaluation import Front
from dsframework.records import MetricSummary, TrialRecord
from dsframework.spec import parse_spec
from dsframework.study import StudyOutcome, run_study, study_status
from dsframework.tracking import StudyStore, compare_runs

TEXT = """
version: 1
name: {name}
task: regression
data: {{loader: sample, n_entities: 3, n_days: 120, seed: {data}}}
target: {{column: volume, transform: log}}
features: [{{lag: {{columns: [volume], periods: [0, 1, 2]}}}}]
preprocessing: [standard_scale]
split: {{test: 0.2, cv: {{folds: {folds}}}}}
models:
  - {model}
tuning: {{{tuning}}}
metrics: [mae, rmse, r2]
audit: "off"
"""
ELASTIC = "elastic_net: {alpha: {log_uniform: [0.0001, 1.0]}, l1_ratio: {uniform: [0.0, 1.0]}}"
PYTHON = """python:
      class: sklearn.linear_model.SGDRegressor
      arguments: {random_state: 1, penalty: {choose: {elasticnet: {l1_ratio: [0.2, 0.8]}, l2: {}}}}"""


def study(folder: Path, name: str, tuning: str, *, model: str = ELASTIC, data: int = 4, folds: int = 3, **more: Any) -> StudyOutcome:
    text = TEXT.format(name=name, tuning=tuning, model=model, data=data, folds=folds)
    return run_study(parse_spec(text), base=folder, executor="threads", **more)


def trials_of(outcome: StudyOutcome) -> list[TrialRecord]:
    runs = [experiment.run_id for experiment in outcome.result.experiments]
    found = StudyStore(outcome.result.name).read_trials(runs).values()
    return sorted((one.record for one in found), key=lambda trial: trial.number)


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> StudyOutcome:
    """A study whose scores others begin with."""
    return study(tmp_path_factory.mktemp("earlier"), "earlier", "method: sobol, trials: 16")


@pytest.mark.parametrize(
    "tuning",
    [
        "method: sobol, trials: 6",
        "method: tpe, trials: 14, batch: 2",
        "method: gp, trials: 12, batch: 2",
        "method: cmaes, trials: 12",
        "method: nsga2, trials: 10, pareto: [mae, r2]",
    ],
)
def test_a_study_finds_the_same_points_whenever_it_is_run(tuning: str, tmp_path: Path) -> None:
    name = f"ways-{tuning.split(',')[0].removeprefix('method: ')}"
    first = study(tmp_path, name, tuning)
    (experiment,) = first.result.experiments
    assert experiment.status == "finished", experiment.error
    trials = trials_of(first)
    assert len(trials) == experiment.n_trials == int(tuning.partition("trials: ")[2].partition(",")[0])
    assert experiment.params == min(trials, key=lambda trial: trial.cv["mae"].mean or 0.0).params
    again = study(tmp_path, name, tuning, fresh=True)
    assert [trial.params for trial in trials_of(again)] == [trial.params for trial in trials]
    assert again.result.experiments[0].test == experiment.test


@pytest.mark.parametrize("method", ["grid", "sobol", "tpe"])
def test_arguments_that_a_choice_brings_reach_the_model(method: str, tmp_path: Path) -> None:
    outcome = study(tmp_path, f"brought-{method}", f"method: {method}" + ("" if method == "grid" else ", trials: 12"), model=PYTHON)
    (experiment,) = outcome.result.experiments
    assert experiment.status == "finished", experiment.error
    seen = {(trial.params["arguments.penalty"], trial.params.get("arguments.l1_ratio")) for trial in trials_of(outcome)}
    assert seen == {("elasticnet", 0.2), ("elasticnet", 0.8), ("l2", None)}
    scores = {str(trial.params): trial.cv["mae"].mean for trial in trials_of(outcome)}
    assert len(set(scores.values())) == len(scores)


def test_a_search_begins_with_what_an_earlier_study_found(earlier: StudyOutcome, tmp_path: Path) -> None:
    cold = study(tmp_path, "cold", "method: tpe, trials: 8")
    warm = study(tmp_path, "warm", f"method: tpe, trials: 8, warm_start: ['{earlier.study}']")
    again = study(tmp_path, "warm-again", f"method: tpe, trials: 8, warm_start: ['{earlier.study[:8]}']")
    points = [[trial.params for trial in trials_of(one)] for one in (cold, warm, again)]
    assert points[0] != points[1] == points[2]
    mean = [sum(trial.cv["mae"].mean or 0.0 for trial in trials_of(one)) for one in (cold, warm)]
    assert mean[1] < mean[0]


def test_the_account_counts_the_trials_of_the_studies_that_a_search_began_with(earlier: StudyOutcome, tmp_path: Path) -> None:
    warm = study(tmp_path, "counted", f"method: tpe, trials: 8, warm_start: ['{earlier.study}']")
    alone = study(tmp_path, "alone", "method: tpe, trials: 8")
    accounts = [one.result.trials for one in (warm, alone)]
    assert [(account.n_trials, account.n_earlier) for account in accounts if account] == [(8, 16), (8, 0)]
    assert warm.result.experiments[0].trials == accounts[0]
    assert accounts[0] is not None
    assert accounts[0].sentence.startswith("8 trials were tried after 16 in earlier studies, as many as ")
    again = study(tmp_path, "again", f"method: tpe, trials: 8, warm_start: ['{warm.study}']", model=ELASTIC)
    assert again.result.trials is not None
    assert again.result.trials.n_earlier == 24


def test_a_study_is_another_one_when_it_begins_with_other_scores(earlier: StudyOutcome, tmp_path: Path) -> None:
    one = study(tmp_path, "same", "method: tpe, trials: 2")
    assert study(tmp_path, "same", "method: tpe, trials: 2").study == one.study
    assert study(tmp_path, "same", f"method: tpe, trials: 2, warm_start: ['{earlier.study}']").study != one.study


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"data": 5}, "the data of its elastic_net are others"),
        ({"folds": 2}, "the split of its elastic_net is another"),
        ({"model": "ridge: {alpha: [1.0, 2.0]}"}, "it has no ridge"),
        ({"tuning": "metric: rmse"}, "its metric is mae"),
        ({"model": "elastic_net: {alpha: {uniform: [7.0, 8.0]}, l1_ratio: 0.5}"}, "no trial of its elastic_net lies in the search space"),
    ],
)
def test_a_study_that_tells_nothing_is_refused_with_the_reason(
    earlier: StudyOutcome, tmp_path: Path, more: dict[str, Any], expected: str
) -> None:
    tuning = ", ".join(["method: tpe, trials: 2", f"warm_start: ['{earlier.study}']", *([more["tuning"]] if "tuning" in more else [])])
    with pytest.raises(SpecError, match=rf"tuning.warm_start\[0\]: study {earlier.study[:8]} tells this one nothing: {expected}"):
        study(tmp_path, "refused", tuning, **{key: value for key, value in more.items() if key != "tuning"})


def test_a_study_that_is_not_there_is_refused(earlier: StudyOutcome, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"tuning.warm_start\[1\]: there is no study 'abcdef012345'; see them with: tsml status"):
        study(tmp_path, "refused", f"method: tpe, trials: 2, warm_start: ['{earlier.study}', abcdef012345]")


def test_the_front_is_what_no_other_trial_beats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = study(tmp_path, "front", "method: sobol, trials: 8, pareto: [mae, rmse, r2]")
    (experiment,) = outcome.result.experiments
    trials = trials_of(outcome)

    def beats(one: TrialRecord, other: TrialRecord) -> bool:
        pairs = [(one.cv[name].mean or 0.0, other.cv[name].mean or 0.0) for name in ("mae", "rmse")]
        pairs.append((-(one.cv["r2"].mean or 0.0), -(other.cv["r2"].mean or 0.0)))
        return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)

    expected = {trial.number for trial in trials if not any(beats(other, trial) for other in trials)}
    assert {point.number for point in experiment.pareto} == expected
    assert experiment.pareto[0].params == experiment.params
    assert experiment.pareto[0].scores["rmse"] == experiment.cv["rmse"].mean
    assert len(experiment.pareto) + len(experiment.beaten) == len(trials)
    front = study_status(outcome.study).experiments[0].front
    assert front is not None
    assert front == compare_runs([experiment.run_id]).rows[0].front
    assert (front.points, front.tested) == (experiment.pareto, experiment.pareto[0].number)
    assert front.greater_is_better == [False, False, True]
    assert main(["evaluate", experiment.run_id]) == 0
    shown = capsys.readouterr().out
    assert "no other trial is better in mae and rmse and r2 than" in shown
    assert "trials that no other beats" in shown


def trial(number: int, *means: float | None, status: Any = "finished") -> TrialRecord:
    names = ("mae", "r2")
    cv = {name: MetricSummary(mean=mean, std=0.0, folds=[mean]) for name, mean in zip(names, means, strict=True)}
    return TrialRecord(number=number, key="", params={"n": number}, status=status, cv=cv)


def test_a_front_keeps_equal_trials_and_leaves_out_those_without_a_value() -> None:
    trials = [trial(0, 1.0, 0.5), trial(1, 2.0, 0.9), trial(2, 1.0, 0.5), trial(3, 2.0, 0.8), trial(4, 0.5, None), trial(5, 3.0, 0.1)]
    trials.append(trial(6, 0.1, 0.99, status="pruned"))
    front = Front(["mae", "r2"], trials)
    assert [point.number for point in front.points] == [0, 2, 1]
    assert front.beaten == [[2.0, 0.8], [3.0, 0.1]]
    assert [point.number for point in Front(["r2", "mae"], trials).points] == [1, 0, 2]
    assert Front(["mae", "r2"], reversed(trials)).points == front.points
    assert front.picture(2).greater_is_better == [False, True]
