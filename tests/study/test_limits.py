"""Fits that hang, die or fail in a real study: every trial ends, and says with what, in which fold and after which last words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsframework.errors import ExecutorError, SpecError
from dsframework.execution import LocalExecutor
from dsframework.execution._pool import Pool
from dsframework.execution._work import Work
from dsframework.records import StudyEvent, TrialRecord
from dsframework.spec import parse_spec
from dsframework.study import StudyOutcome, create_study, run_study
from tests.study.conftest import SMALL

MODEL = """
import os, signal, sys, time
from sklearn.linear_model import Ridge

class Moody(Ridge):
    def __init__(self, alpha=1.0, mood="good"):
        super().__init__(alpha=alpha)
        self.mood = mood
    def fit(self, X, y):
        print("first line")
        print("mood:", self.mood, file=sys.stderr, flush=True)
        later = len(X) > 100
        if self.mood == "raises" and later:
            raise ZeroDivisionError("of all things")
        if self.mood == "dies" and later:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.mood == "hangs" and later:
            time.sleep(600)
        return super().fit(X, y)
"""
SPEC = """
version: 1
name: {name}
task: regression
data: {{loader: sample, n_entities: 1, n_days: 200, seed: 1}}
target: {{column: volume}}
features: [{{lag: {{columns: [volume], periods: [0, 1]}}}}]
split: {{cv: {{folds: 2}}}}
models: [{{python: {{class: moody_model.Moody, arguments: {{mood: [good, raises, dies, hangs]}}}}}}]
metrics: [mae]
audit: 'off'
resources: {{seconds: 12}}
"""


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, TrialRecord]]:
    """The trials of one study, by their mood."""
    folder = tmp_path_factory.mktemp("moody")
    (folder / "moody_model.py").write_text(MODEL)
    before = list(sys.path)
    found: dict[str, TrialRecord] = {}

    def listen(event: StudyEvent) -> None:
        if event.kind == "trial_finished":
            assert event.trial.params["arguments.mood"] not in found
            found[event.trial.params["arguments.mood"]] = event.trial

    (experiment,) = run_study(parse_spec(SPEC.format(name="moody")), base=folder, listener=listen).result.experiments
    assert experiment.status == "finished", experiment.error
    yield found
    sys.path[:] = before


@pytest.mark.slow
def test_every_trial_ends_once(trials: dict[str, TrialRecord]) -> None:
    assert {mood: trial.status for mood, trial in trials.items()} == {
        "good": "finished",
        "raises": "failed",
        "dies": "failed",
        "hangs": "failed",
    }


@pytest.mark.slow
def test_a_fit_that_raises_says_its_fold_its_last_lines_and_where(trials: dict[str, TrialRecord]) -> None:
    trial = trials["raises"]
    assert trial.error == "models.python: fold 2: ZeroDivisionError: of all things"
    lines = (trial.log or "").splitlines()
    assert lines[:2] == ["first line", "mood: raises"]
    assert 'raise ZeroDivisionError("of all things")' in lines[-2]
    assert lines[-1] == "ZeroDivisionError: of all things"
    assert len(lines) <= 20


@pytest.mark.slow
def test_a_fit_that_kills_its_worker_is_given_up_after_three_with_its_last_lines(trials: dict[str, TrialRecord]) -> None:
    trial = trials["dies"]
    assert trial.error == "models: fold 2: its worker was ended by SIGKILL; it cost 3 workers and is given up"
    assert (trial.log or "").splitlines()[-1] == "mood: dies"


@pytest.mark.slow
def test_a_fit_that_hangs_is_ended_at_its_limit(trials: dict[str, TrialRecord]) -> None:
    trial = trials["hangs"]
    assert trial.error == "models: fold 2: took longer than its limit of 12 s and was ended"
    assert (trial.log or "").splitlines()[-1] == "mood: hangs"


@pytest.mark.slow
def test_a_trial_that_is_well_has_no_log(trials: dict[str, TrialRecord]) -> None:
    assert trials["good"].log is None


@pytest.mark.slow
def test_the_command_line_shows_parameters_and_log_of_a_failed_fit(tmp_path: Path) -> None:
    (tmp_path / "moody_model.py").write_text(MODEL)
    (tmp_path / "spec.yaml").write_text(SPEC.format(name="moody-cli").replace("[good, raises, dies, hangs]", "[good, raises]"))
    done = subprocess.run(
        [sys.executable, "-m", "dsframework.cli", "run", "spec.yaml"],
        cwd=tmp_path,
        env={**os.environ},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "failed: models.python: fold 2: ZeroDivisionError: of all things" in done.stderr
    said = [line.strip() for line in done.stderr.splitlines() if line.startswith("    ")]
    assert json.loads(said[0].removeprefix("with "))["arguments.mood"] == "raises"
    assert said[-1] == "ZeroDivisionError: of all things"


def test_a_pool_that_is_not_there_is_refused_before_anything_is_recorded(tmp_path: Path) -> None:
    spec = parse_spec(SPEC.format(name="nowhere").replace("seconds: 12", "pool: nowhere"))
    for begin in (run_study, create_study):
        with pytest.raises(SpecError, match=r"resources.pool: there is no pool 'nowhere' here, only cpu, gpu"):
            begin(spec, base=tmp_path)


def test_more_than_this_machine_has_is_refused(tmp_path: Path) -> None:
    spec = parse_spec(SPEC.format(name="too-much").replace("seconds: 12", "cpus: 1000"))
    for begin in (run_study, create_study):
        with pytest.raises(ExecutorError, match="resources: a fit asks for 1000 CPUs, this machine has "):
            begin(spec, base=tmp_path)


class Unstarted(Pool):
    """Workers that never come."""

    def _begin(self) -> None:
        pass


def test_studies_of_one_process_that_wait_know_their_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsframework.execution._crew._PLACE_SECONDS", -1.0)
    pool = Unstarted()
    queues = [pool.open(1), pool.open(1, priority="high")]
    try:
        for queue in queues:
            assert pool.place(queue) is None, "it asks for nothing"
            pool.submit(queue, Work("wild", int, ()))
            pool.wait(queue, 0.0)
        assert [pool.place(queue) for queue in queues] == [1, 2]
    finally:
        for queue in queues:
            pool.close(queue)


def test_a_study_tells_its_place_until_it_ends(small_study: StudyOutcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalExecutor, "place", property(lambda _: 2))
    heard: list[StudyEvent] = []
    run_study(parse_spec(SMALL.format(name="small-study")), base=tmp_path, listener=heard.append)
    assert [event.status.queue_position for event in (heard[0], heard[-1])] == [2, None]


def test_a_priority_is_no_part_of_what_a_study_is(small_study: StudyOutcome, tmp_path: Path) -> None:
    text = SMALL.format(name="small-study") + "resources: {priority: low}"
    again = run_study(parse_spec(text), base=tmp_path)
    assert again.result.study == small_study.result.study


def test_fits_that_find_no_worker_say_since_when_and_why() -> None:
    pool = Unstarted()
    queue = pool.open(1)
    try:
        pool.wait(queue, 0.0)
        assert pool.waiting(queue) is None, "nothing is to do"
        pool.submit(queue, Work("wild", int, ()))
        pool.wait(queue, 0.0)
        first = pool.waiting(queue)
        pool.wait(queue, 0.01)
        assert first is not None
        assert first == pool.waiting(queue), "since then"
        assert time.time() - first.since < 60
        assert first.why == "the workers of this machine are being started"
    finally:
        pool.close(queue)
