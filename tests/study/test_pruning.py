"""Searches that end trials early, by their first folds or by a budget: the same with any workers, and after a crash."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pytest

from dsframework.records import StudyEvent, TrialRecord
from dsframework.spec import ExperimentSpec, parse_spec
from dsframework.study import StudyOutcome, run_study, study_status
from dsframework.tracking import client, load_predictions
from dsframework.tracking._spool import parse_line

# what a trial scores on a fold depends on its number and on the fold alone, and how long it takes on something else
MODEL = """
import time
import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

class Known(RegressorMixin, BaseEstimator):
    def __init__(self, number=0, crash=-1):
        self.number, self.crash = number, crash
    def fit(self, X, y):
        lot = np.random.default_rng([self.number, len(X)])
        self.level_ = 1e6 * (1 + (self.number * 7 % 11)) + 2e6 * lot.normal()
        time.sleep(0.004 * lot.random())
        if self.number == self.crash and len(X) > 60:
            raise RuntimeError("too many rows")
        return self
    def predict(self, X):
        return np.full(len(X), self.level_)
"""
SPEC = """
version: 1
name: {name}
task: regression
data: {{loader: sample, n_entities: 1, n_days: 220, seed: {seed}}}
target: {{column: volume}}
features: [{{lag: {{columns: [volume], periods: [0]}}}}]
split: {{{split}}}
models: [{{python: {{class: known_model.Known, arguments: {{number: {{int: [1, {trials}]}}, crash: {crash}}}}}}}]
tuning: {{{tuning}}}
tracking: {{experiment: {shelf}}}
metrics: [mae, rmse]
audit: 'off'
"""
ASHA = "pruning: {method: asha, startup: 2}"


def spec_of(folder: Path, name: str, tuning: str, *, split: str = "cv: {folds: 6}", trials: int = 16, **more: Any) -> ExperimentSpec:
    """A spec; `shelf` is the MLflow experiment in which it finds trials to take over."""
    (folder / "known_model.py").write_text(MODEL)
    given = {"crash": -1, "seed": 2, "shelf": name.translate(str.maketrans("{}: ,", "-----")), **more}
    return parse_spec(SPEC.format(name=name, tuning=tuning, split=split, trials=trials, **given))


def trials_of(outcome: StudyOutcome) -> dict[int, tuple[Any, ...]]:
    """What was recorded of every trial, but for when and how long."""
    (experiment,) = outcome.result.experiments
    return {number: facts_of(one) for number, one in records_of(experiment.run_id).items()}


def records_of(run_id: str) -> dict[int, TrialRecord]:
    """Every trial by its number; two of them may be of the same point."""
    folder = Path(client().download_artifacts(run_id, "trials"))
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]
    found = [record for line in lines if (record := parse_line(line)) is not None]
    return {record.number: record for record in found if record.part == "trial"}


def facts_of(one: TrialRecord) -> tuple[Any, ...]:
    return one.key, one.status, one.params, {name: summary.model_dump() for name, summary in one.cv.items()}, one.inside


def statuses(outcome: StudyOutcome) -> list[str]:
    """The statuses in the table that MLflow shows."""
    run = client().get_run(outcome.result.experiments[0].run_id)
    table = mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/trials.json")
    return [row[table["columns"].index("status")] for row in table["data"]]


def stop_after(n_trials: int) -> Callable[[StudyEvent], None]:
    heard: list[int] = []

    def listen(event: StudyEvent) -> None:
        if event.kind == "trial_finished":
            heard.append(event.trial.number)
            if len(heard) == n_trials:
                raise KeyboardInterrupt

    return listen


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> StudyOutcome:
    """The search without pruning."""
    folder = tmp_path_factory.mktemp("whole")
    return run_study(spec_of(folder, "whole", "method: grid", shelf="shared"), base=folder, executor="threads")


RULES = ("{method: asha, startup: 2}", "{method: median, startup: 3}", "{method: wilcoxon, startup: 1, p_value: 0.2}")


@pytest.mark.parametrize("rule", RULES)
def test_trials_that_are_kept_have_the_same_bits_and_the_others_their_first_folds(rule: str, whole: StudyOutcome, tmp_path: Path) -> None:
    outcome = run_study(spec_of(tmp_path, f"pruned-{rule[9:12]}", f"pruning: {rule}"), base=tmp_path, executor="threads", fresh=True)
    full, found = trials_of(whole), trials_of(outcome)
    assert set(found) == set(full)
    pruned = {number for number, one in found.items() if one[1] == "pruned"}
    assert 2 <= len(pruned) < 16, "some must be pruned and some kept, or this shows little"
    for number, one in found.items():
        if number not in pruned:
            assert one == full[number]
        else:
            folds = one[3]["mae"]["folds"]
            assert 1 <= len(folds) < 6
            assert folds == full[number][3]["mae"]["folds"][: len(folds)]
    (experiment,) = outcome.result.experiments
    best = min((one[3]["mae"]["mean"], number) for number, one in found.items() if number not in pruned)
    assert (experiment.cv["mae"].mean, experiment.n_trials, experiment.n_pruned) == (best[0], 16, len(pruned))
    assert statuses(outcome).count("pruned") == len(pruned)
    status = study_status(outcome.study)
    assert (status.trials_done, status.trials_pruned, status.trials_failed, status.trials_total) == (16 - len(pruned), len(pruned), 0, 16)
    assert experiment.trials is not None
    assert (experiment.trials.n_trials, experiment.trials.n_pruned) == (16, len(pruned))
    assert f"16 trials were tried, {len(pruned)} of them pruned" in experiment.trials.sentence
    assert load_predictions(experiment.run_id, "cv") is not None


@pytest.mark.slow
def test_any_executor_and_any_number_of_workers_prune_the_same_trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dsframework.execution import LocalExecutor, ThreadExecutor
    from dsframework.study import _run

    executors: list[Callable[[], Any]] = [
        lambda: ThreadExecutor(workers=1),
        lambda: ThreadExecutor(workers=4),
        lambda: LocalExecutor(workers=1),
        lambda: LocalExecutor(workers=2),
    ]
    found = []
    for number, new in enumerate(executors):
        monkeypatch.setattr(_run, "make_executor", lambda *_, new=new, **__: new())
        outcome = run_study(spec_of(tmp_path, f"workers-{number}", f"{ASHA}, fits: 50", crash=2), base=tmp_path, fresh=True)
        (experiment,) = outcome.result.experiments
        found.append((trials_of(outcome), statuses(outcome), experiment.cv, experiment.test, experiment.trials, experiment.notes))
    assert "pruned" in found[0][1]
    assert "failed" in found[0][1]
    assert found[0] == found[1] == found[2] == found[3]


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 5, 11])
@pytest.mark.parametrize("tuning", [ASHA, f"{ASHA}, fits: 50", "method: tpe, trials: 14, pruning: {method: median, startup: 4}"])
def test_an_interrupted_search_goes_on_to_the_same_end(tuning: str, after: int, tmp_path: Path) -> None:
    seed = 100 + 20 * len(tuning) + after  # rows of its own, so that there is nothing else to take over
    spec = spec_of(tmp_path, "interrupted", tuning, seed=seed)
    with pytest.raises(KeyboardInterrupt):
        run_study(spec, base=tmp_path, executor="threads", listener=stop_after(after))
    heard: list[StudyEvent] = []
    again = run_study(spec, base=tmp_path, executor="threads", listener=heard.append)
    whole = run_study(spec_of(tmp_path, "not-interrupted", tuning, seed=seed), base=tmp_path, executor="threads", fresh=True)
    assert trials_of(again) == trials_of(whole)
    assert statuses(again) == statuses(whole)
    mine, other = again.result.experiments[0], whole.result.experiments[0]
    assert (mine.cv, mine.test, mine.trials, mine.notes) == (other.cv, other.test, other.trials, other.notes)
    assert heard[-1].status.trials_resumed >= after - 1  # the best trial may be fitted again for its predictions
    assert len([event for event in heard if event.kind == "trial_finished"]) <= heard[-1].status.trials_total - after + 1  # type: ignore[operator]


def test_a_search_with_pruning_takes_over_the_trials_of_one_without_and_the_other_way_round(whole: StudyOutcome, tmp_path: Path) -> None:
    pruned = run_study(spec_of(tmp_path, "after-whole", ASHA, shelf="shared"), base=tmp_path, executor="threads")
    alone = run_study(spec_of(tmp_path, "alone", ASHA), base=tmp_path, executor="threads", fresh=True)
    assert study_status(pruned.study).trials_resumed == 16
    assert trials_of(pruned) == trials_of(alone)
    assert pruned.result.experiments[0].cv == alone.result.experiments[0].cv
    back = run_study(spec_of(tmp_path, "whole-again", "method: grid", shelf="shared"), base=tmp_path, executor="threads")
    assert trials_of(back) == trials_of(whole)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("split", "trials", "n_folds"), [("cv: {folds: 6, refit: 2}", 12, {2, 6}), ("cv: {folds: 2}, inner: {folds: 4}", 8, {1, 3, 4})]
)
def test_rungs_are_the_fits_and_of_a_nested_split_the_inner_ones(split: str, trials: int, n_folds: set[int], tmp_path: Path) -> None:
    found = []
    for workers in ("threads", "local"):
        spec = spec_of(tmp_path, f"fits-{workers}-{trials}", "pruning: {method: asha, startup: 1}", split=split, trials=trials)
        outcome = run_study(spec, base=tmp_path, executor=workers, fresh=True)
        (experiment,) = outcome.result.experiments
        assert experiment.status == "finished", experiment.error
        records = records_of(experiment.run_id)
        assert {one.n_folds for one in records.values()} <= n_folds
        assert 0 < experiment.n_pruned == sum(one.status == "pruned" for one in records.values())
        found.append((trials_of(outcome), experiment.cv, experiment.test, experiment.nested))
    assert found[0] == found[1]


@pytest.mark.parametrize(("fits", "tried"), [(1, 1), (17, 2), (18, 3), (95, 15), (96, 16)])
def test_a_budget_of_fits_lets_as_many_trials_begin_as_fit_into_it(fits: int, tried: int, whole: StudyOutcome, tmp_path: Path) -> None:
    spec = spec_of(tmp_path, f"fits-{fits}", f"fits: {fits}", shelf="shared")
    outcome = run_study(spec, base=tmp_path, executor="threads", fresh=fits == 17)  # the others take recorded trials over
    (experiment,) = outcome.result.experiments
    status = study_status(outcome.study)
    assert (experiment.n_trials, status.trials_done, status.trials_total) == (tried, tried, tried)
    note = f"tuning: ended by its budget (fits: {fits}) after {tried} of 16 trials"
    assert (note in experiment.notes) is (tried < 16)
    assert {number: one for number, one in trials_of(whole).items() if number < tried} == trials_of(outcome)


@pytest.mark.parametrize(("seconds", "tried"), [(1e-9, 1), (600, 16)])
def test_a_budget_of_seconds_ends_a_search_after_the_trials_that_were_begun(seconds: float, tried: int, tmp_path: Path) -> None:
    spec = spec_of(tmp_path, f"seconds-{tried}", f"seconds: {seconds}")
    (experiment,) = run_study(spec, base=tmp_path, executor="threads", fresh=True).result.experiments
    assert (experiment.status, experiment.n_trials) == ("finished", tried)
    assert any("ended by its budget (seconds: 1e-09) after 1 of 16 trials" in note for note in experiment.notes) is (tried < 16)


def test_recorded_trials_cost_no_seconds_again(whole: StudyOutcome, tmp_path: Path) -> None:
    outcome = run_study(spec_of(tmp_path, "seconds-later", "seconds: 1.0e-9", shelf="shared"), base=tmp_path, executor="threads")
    assert trials_of(outcome) == trials_of(whole)


def test_every_search_of_a_nested_split_has_the_budget_for_itself(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "nested-budget", "fits: 7", split="cv: {folds: 2}, inner: {folds: 3}", trials=5)
    (experiment,) = run_study(spec, base=tmp_path, executor="threads").result.experiments
    assert [one.n_trials for one in experiment.nested] == [2, 2, 2]
    notes = [note for note in experiment.notes if "budget" in note]
    assert [note.partition(":")[0] for note in notes] == ["tuning inside fold 1", "tuning inside fold 2", "tuning before the final test"]


def test_all_later_trials_may_be_ended_by_one_that_fails_in_the_end(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "fails", "pruning: {method: asha, startup: 0}", trials=2, crash=1, split="cv: {folds: 4}")
    (experiment,) = run_study(spec, base=tmp_path, executor="threads").result.experiments
    assert experiment.status in ("finished", "failed")
    assert experiment.error is None or "too many rows" in experiment.error
