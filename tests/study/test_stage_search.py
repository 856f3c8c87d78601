"""Stages that a search chooses: the scores of the same variants, on the rows that all settings have, on any workers and after a stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsframework.errors import SplitError, TsmlError
from dsframework.execution import ThreadExecutor
from dsframework.experiment import digest, expand, fit_folds
from dsframework.records import TrialRecord
from dsframework.spec import parse_spec
from dsframework.study import StudyOutcome, reproduce, run_study
from dsframework.study._audit import audit_run
from dsframework.study._handles import Handles
from dsframework.study._prepare import Prepared, Preparer
from dsframework.study._task import Task
from dsframework.tracking import StudyStore, load_spec_of

HEAD = """
version: 1
name: {name}
task: regression
data: {{loader: sample, n_entities: 3, n_days: 120, seed: 4}}
target: {{column: volume, transform: log}}
models: [{{ridge: {{alpha: [0.1, 1.0]}}}}]
metrics: [mae, rmse]
audit: "{audit}"
"""
SEARCH = """
search:
  features:
    short: [{lag: {columns: [volume], periods: [0, 1]}}]
    long: [{lag: {columns: [volume], periods: [0, 1]}}, {rolling: {columns: [volume], windows: [5], stats: [mean]}}]
  preprocessing: {plain: [], pca: [standard_scale, {pca: {n_components: 2}}]}
  values:
    features.long[1].rolling.windows: [[5], [5, 21]]
    preprocessing.pca.1.pca.n_components: {int: [1, 2]}
    split.cv.window: [expanding, 30]
"""
TPE = "tuning: {method: tpe, trials: 14, batch: 2}\n"


def document(name: str, *parts: str, audit: str = "off") -> str:
    return HEAD.format(name=name, audit=audit) + "".join(parts)


def study(folder: Path, text: str, **more: Any) -> StudyOutcome:
    return run_study(parse_spec(text), base=folder, **{"executor": "threads", **more})


def trials_of(outcome: StudyOutcome) -> list[TrialRecord]:
    runs = [experiment.run_id for experiment in outcome.result.experiments]
    found = StudyStore(outcome.result.name).read_trials(runs).values()
    return sorted((one.record for one in found), key=lambda trial: trial.number)


def told(outcome: StudyOutcome) -> list[Any]:
    """All that must be the same to the last bit."""
    (experiment,) = outcome.result.experiments
    trials = sorted((trial.key, str(trial.params), trial.cv["mae"].folds) for trial in trials_of(outcome))
    return [experiment.params, experiment.test, experiment.cv["mae"], trials]


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> StudyOutcome:
    """A search over all that can be searched, once in this process."""
    return study(tmp_path_factory.mktemp("searched"), document("stages", SEARCH, TPE, audit="full"))


def prepared(text: str, folder: Path) -> Prepared:
    return Preparer(folder, {}).prepare(expand(parse_spec(text))[0])


def test_a_grid_over_stages_has_the_scores_of_the_same_variants(tmp_path: Path) -> None:
    forms = """
  features:
    lags: [{lag: {columns: [volume], periods: [0, 4]}}]
    means: [{lag: {columns: [volume], periods: [0]}}, {rolling: {columns: [volume], windows: [2, 5], stats: [mean]}}]
  split: {all: {test: 0.2, cv: {folds: 3}}, last: {test: 0.2, cv: {folds: 3, window: 25}}}
"""
    grid = study(tmp_path, document("grid", f"search:{forms}"))
    (experiment,) = grid.result.experiments
    assert (experiment.status, experiment.n_trials) == ("finished", 8), experiment.error
    variants = study(tmp_path, document("variants", f"variants:{forms}"))
    brute = {
        (*one.variant.values(), trial.params["alpha"]): trial.cv
        for one in variants.result.experiments
        for trial in (stored.record for stored in StudyStore("variants").read_trials([one.run_id]).values())
    }
    assert len(brute) == 8
    for trial in trials_of(grid):
        assert trial.cv == brute[tuple(trial.params.values())]
    best = min(variants.result.experiments, key=lambda one: one.cv["mae"].mean or 0.0)
    assert (experiment.cv, experiment.test) == (best.cv, best.test)
    assert [experiment.params[stage] for stage in best.variant] == list(best.variant.values())


def test_all_settings_are_scored_on_the_rows_that_the_longest_history_leaves(tmp_path: Path) -> None:
    first = prepared(document("rows", SEARCH, TPE), tmp_path)
    longest = first.at({"features": "long", "features.long.1.rolling.windows": [5, 21], "split.cv.window": 30})
    alone = document("alone", "features: [{rolling: {columns: [volume], windows: [21], stats: [mean]}}]\n")
    oracle = prepared(alone, tmp_path)
    for one in (first, longest):
        np.testing.assert_array_equal(one.dataset.time, oracle.dataset.time)
        np.testing.assert_array_equal(one.dataset.y, oracle.dataset.y)
        assert (one.final, [fold.test for fold in one.folds]) == (oracle.final, [fold.test for fold in oracle.folds])
    assert (first.dataset.names, longest.dataset.names[-1]) == (("volume_lag_0", "volume_lag_1"), "volume_mean_21")
    assert [fold.n_train for fold in longest.folds] == [min(30, fold.n_train) for fold in oracle.folds]
    assert first.dataset.x.tolist() == longest.dataset.x[:, :2].tolist()


def test_settings_that_differ_in_nothing_the_rows_hold_share_them(tmp_path: Path) -> None:
    first = prepared(document("shared", SEARCH, TPE), tmp_path)
    points = [{"preprocessing": "pca"}, {"split.cv.window": 30}, {}]
    assert len({id(first.at(point).dataset) for point in points}) == 1


def test_a_search_over_stages_is_the_same_in_worker_processes(searched: StudyOutcome, tmp_path: Path) -> None:
    assert told(study(tmp_path, document("stages", SEARCH, TPE, audit="full"), executor="local", fresh=True)) == told(searched)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the number of processors can't be set")
def test_a_search_over_stages_is_the_same_with_one_worker(searched: StudyOutcome, tmp_path: Path) -> None:
    processors = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(processors)})
    try:
        assert told(study(tmp_path, document("stages", SEARCH, TPE, audit="full"), fresh=True)) == told(searched)
    finally:
        os.sched_setaffinity(0, processors)


def test_a_search_over_stages_goes_on_where_it_was_interrupted(searched: StudyOutcome, tmp_path: Path) -> None:
    text = document("interrupted", SEARCH, TPE, audit="full")
    ended: list[int] = []

    class Stop(Exception):
        pass

    def listener(event: Any) -> None:
        if event.kind == "trial_finished":
            ended.append(event.trial.number)
            if len(ended) == 9:
                raise Stop

    with pytest.raises(Stop):
        study(tmp_path, text, listener=listener)
    fitted: list[int] = []
    again = study(tmp_path, text, listener=lambda event: fitted.append(event.trial.number) if event.kind == "trial_finished" else None)
    assert told(again) == told(searched)
    assert sorted([*ended, *fitted]) == list(range(14))


KILLED = """
import os, signal, sys
from pathlib import Path
from dsframework.spec import load_spec
from dsframework.study import run_study

def listener(event):
    if event.kind == "trial_finished" and event.trial.number == 11:
        os.kill(os.getpid(), signal.SIGKILL)

run_study(load_spec(sys.argv[1]), base=Path(sys.argv[1]).parent, executor="local", listener=listener)
"""


def test_a_search_over_stages_that_is_killed_comes_to_the_same_end(searched: StudyOutcome, tmp_path: Path) -> None:
    text = document("killed", SEARCH, TPE, audit="full")
    (tmp_path / "spec.yaml").write_text(text)
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "spec.yaml")], check=False, capture_output=True, timeout=100)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    fitted: list[int] = []
    again = study(tmp_path, text, listener=lambda event: fitted.append(event.trial.number) if event.kind == "trial_finished" else None)
    assert told(again) == told(searched)
    assert set(fitted) <= {10, 11, 12, 13}


def test_the_chosen_setting_is_reproduced_and_audited(searched: StudyOutcome) -> None:
    (experiment,) = searched.result.experiments
    assert experiment.status == "finished", experiment.error
    assert reproduce(experiment.run_id, executor="threads").verdict == "identical"
    checks = {check.name: check.verdict for check in audit_run(experiment.run_id).checks}
    assert checks["golden"] == checks["future"] == "clean"
    assert load_spec_of(experiment.run_id).searched_stages is not None
    assert "features" in experiment.params


def test_the_account_counts_all_trials(searched: StudyOutcome) -> None:
    assert searched.result.trials is not None
    assert searched.result.trials.n_trials == 14


def test_forms_of_the_split_with_other_tests_are_refused(tmp_path: Path) -> None:
    features = "features: [{lag: {columns: [volume], periods: [0, 1]}}]\n"
    for split in ("{a: {test: 0.2}, b: {test: 0.1}}", "{a: {cv: {folds: 3}}, b: {cv: {folds: 4}}}"):
        with pytest.raises(SplitError, match=r"search.split: the forms have other folds or test windows than each other"):
            study(tmp_path, document("tests", features, f"search: {{split: {split}}}\n"))


def test_features_that_can_not_be_computed_are_told_before_the_first_fit(tmp_path: Path) -> None:
    search = "search: {features: {a: [{lag: {columns: [volume], periods: [0]}}], b: [{lag: {columns: [volum], periods: [0]}}]}}\n"
    with pytest.raises(TsmlError, match=r"features\[0\].lag.columns: no such column.*did you mean volume"):
        study(tmp_path, document("wrong", search))


def test_rows_of_settings_are_dropped_when_no_fit_in_hand_reads_them(tmp_path: Path) -> None:
    first = prepared(document("room", SEARCH, TPE), tmp_path)
    short, five, long = (
        first.at(point) for point in ({}, {"features": "long"}, {"features": "long", "features.long.1.rolling.windows": [5, 21]})
    )
    dropped: list[Any] = []

    class Counting(ThreadExecutor):
        def drop(self, handle: Any) -> None:
            dropped.append(handle)

    handles = Handles(Counting(), most=short.dataset.x.nbytes + five.dataset.x.nbytes)
    tasks = [Task(f"0/{number}/1", fit_folds, one, ()) for number, one in enumerate((short, five, long))]
    assert [handles.of(task) for task in tasks[:2]] == [short.dataset, five.dataset]
    handles.done(tasks[1].key)
    assert handles.of(tasks[2]) is long.dataset
    assert dropped == [five.dataset]
    handles.done(tasks[0].key)
    assert handles.of(tasks[1]) is five.dataset
    assert dropped == [five.dataset, short.dataset]


def test_a_search_whose_rows_have_no_room_is_the_same(searched: StudyOutcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("_handles", "_prepare"):
        monkeypatch.setattr(f"dsframework.study.{module}.room_for_rows", lambda: 0)
    assert told(study(tmp_path, document("stages", SEARCH, TPE, audit="full"), executor="local", fresh=True)) == told(searched)


def test_pruning_goes_with_a_search_over_stages(tmp_path: Path) -> None:
    text = document("pruned", SEARCH, "tuning: {method: random, trials: 16, pruning: {method: median, startup: 4}}\n")
    (experiment,) = study(tmp_path, text).result.experiments
    assert experiment.status == "finished", experiment.error
    assert 0 < experiment.n_pruned < 12


def test_a_document_without_a_search_over_stages_keeps_its_keys() -> None:
    text = document("keys", "features: [{lag: {columns: [volume], periods: [0, 1]}}]\n")
    assert digest(expand(parse_spec(text))[0].identity()) == "8f5cf3ffc0a7817ca7ad62c9"
