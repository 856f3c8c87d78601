"""Studies that run apart from who started them: submitted twice they are one, and everything comes back by id."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dsframework.errors import ConflictError, DataError, ExecutorError, NotFoundError
from dsframework.records import DetachedStudy
from dsframework.spec import ExperimentSpec, parse_spec
from dsframework.study import follow_log, list_studies, run_study, start_detached, stop_study, study_log, study_outcome, study_status
from dsframework.study._elsewhere import refuse_unseen
from dsframework.study._handover import hand_over, may_travel, take_over, variables_for_elsewhere
from dsframework.study._submission import submission_key
from dsframework.tracking import StudyStore, home, machine, owner_is_alive, owner_is_here, signal_owner
from dsframework.tracking._owner import owner_of

SPEC = """
version: 1
name: {name}
task: regression
data: {{loader: csv, path: days.csv, time: day}}
target: {{column: volume}}
features: [lag: {{columns: [volume], periods: [0, 1]}}]
split: {{cv: {{folds: 2}}}}
models: [python: {{class: gated_model.Gated, arguments: {{alpha: [1.0, 2.0, 3.0]}}}}]
metrics: [mae]
audit: 'off'
"""
MODEL = """
import os, time
from pathlib import Path
from sklearn.linear_model import Ridge

class Gated(Ridge):
    def fit(self, X, y):
        while self.alpha > 1 and not Path("go").exists():
            time.sleep(0.02)
        return super().fit(X, y)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with data, a model that waits for the file ``go``, and a home of its own; what still runs there is ended."""
    days = [f"2020-{1 + day // 28:02d}-{1 + day % 28:02d},{100 + day * 7 % 13}" for day in range(150)]
    (tmp_path / "days.csv").write_text("\n".join(["day,volume", *days]) + "\n")
    (tmp_path / "gated_model.py").write_text(MODEL)
    monkeypatch.setenv("TSML_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)  # where detached studies run, and so where the file is looked for
    before = list(sys.path)
    yield tmp_path
    sys.path[:] = before
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    recorded = list_studies() if (tmp_path / "home" / "mlflow.db").exists() else []
    for tags in [StudyStore("x").tags(status.study) for status in recorded]:
        if tags.get("tsml.detached"):
            signal_owner(tags, signal.SIGKILL)


def spec_of(name: str) -> ExperimentSpec:
    return parse_spec(SPEC.format(name=name))


def wait_for(found: Callable[[], Any], seconds: float = 90) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, [(status.status, status.error) for status in list_studies()]
        assert "before the study began" not in str(list_studies()[0].error), study_log(list_studies()[0].study).lines
        time.sleep(0.05)
    return value


def ended(study: str) -> str:
    return wait_for(lambda: (status := study_status(study).status) not in ("queued", "running") and status)


def owner_pid(study: str) -> int:
    return int(StudyStore("x").tags(study)["tsml.owner"].rpartition(":")[2].partition("@")[0])


@pytest.mark.slow
def test_submissions_that_race_are_one_study_which_is_told_resumed_and_finished(folder: Path) -> None:
    spec = spec_of("raced")
    found: list[DetachedStudy] = []
    threads = [threading.Thread(target=lambda: found.append(start_detached(spec, base=folder))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.begun for one in found) == ["running", "running", "started"]
    (study,) = {one.study for one in found}
    wait_for(lambda: study_status(study).trials_done >= 1)
    assert start_detached(spec, base=folder).begun == "running"
    os.kill(owner_pid(study), signal.SIGKILL)
    assert ended(study) == "failed"
    assert "without a word" in (study_status(study).error or "")
    (partial,) = study_outcome(study).result.experiments
    assert partial.status == "stopped"

    again = start_detached(spec, base=folder)
    assert (again.study, again.begun, again.status) == (study, "resumed", "queued")
    (folder / "go").touch()
    assert ended(study) == "finished", study_log(study).lines
    assert study_status(study).trials_resumed >= 1
    assert [status.study for status in list_studies()] == [study]
    last = start_detached(spec, base=folder)
    assert (last.study, last.begun, last.status) == (study, "finished", "finished")
    (experiment,) = study_outcome(study[:8]).result.experiments
    (reference,) = run_study(spec, base=folder, fresh=True).result.experiments
    assert experiment.model_dump(include={"cv", "test", "params", "n_trials"}) == reference.model_dump(
        include={"cv", "test", "params", "n_trials"}
    )


@pytest.mark.slow
def test_the_command_line_detaches_follows_the_log_and_prints_what_run_would_have(folder: Path) -> None:
    (folder / "go").touch()
    (folder / "spec.yaml").write_text(SPEC.format(name="by-command"))

    def tsml(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dsframework.cli", *words]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)

    begun = json.loads(tsml("run", "spec.yaml", "--detach", "--json").stdout)
    study = begun["study"]
    assert begun["begun"] == "started"
    followed = tsml("logs", study[:8], "--follow").stdout
    assert followed.startswith(f"study {study} on local")
    shown = tsml("result", study[:6])
    assert (shown.returncode, "finished, best python" in shown.stdout) == (0, True)
    assert followed.endswith(shown.stdout)
    again = tsml("run", "spec.yaml", "--detach")
    assert again.stdout.strip() == study
    assert "has finished before" in again.stderr
    assert study_outcome(study).result == run_study(spec_of("by-command"), base=folder).result
    assert study_log(study, lines=1).lines == followed.splitlines()[-1:]


@pytest.mark.slow
def test_a_study_that_does_not_answer_is_ended_after_the_grace_and_no_other_process_is(folder: Path) -> None:
    study = start_detached(spec_of("deaf"), base=folder).study
    wait_for(lambda: study_status(study).trials_done >= 1)
    pid = owner_pid(study)
    os.kill(pid, signal.SIGSTOP)
    stopped = stop_study(study, grace=0.5, wait=True)
    assert stopped.status == "stopped"
    assert stopped.trials_done >= 1
    assert not owner_is_alive(StudyStore("x").tags(study))
    with pytest.raises(ConflictError):
        stop_study(study)
    (folder / "go").touch()
    assert run_study(spec_of("deaf"), base=folder).study == study
    assert not StudyStore("x").tags(study)["tsml.detached"], "it went on here, and nobody may end this process for it"


def test_a_number_that_was_given_again_is_not_signalled() -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        now = owner_of(other.pid)
        assert owner_is_alive({"tsml.owner": now})
        before = f"{now.rpartition('@')[0]}@1"
        assert not owner_is_alive({"tsml.owner": before})
        assert not signal_owner({"tsml.owner": before}, signal.SIGKILL)
        assert other.poll() is None
        assert signal_owner({"tsml.owner": now}, signal.SIGTERM)
        assert other.wait(30) == -signal.SIGTERM
        assert not signal_owner({"tsml.owner": now}, signal.SIGTERM)
    finally:
        other.communicate()


def test_a_container_of_the_same_name_is_another_machine() -> None:
    """A driver there has a process number that may be anybody's here: its sign of life tells."""
    elsewhere = f"{machine().partition('/')[0]}/00000000-1:{os.getpid()}@1"
    tags = {"tsml.owner": elsewhere, "tsml.heartbeat": f"{time.time():.0f}"}
    assert not owner_is_here(tags)
    assert owner_is_alive(tags)
    assert not owner_is_alive({**tags, "tsml.heartbeat": "1"})
    assert not signal_owner(tags, signal.SIGTERM)
    assert not owner_is_alive({"tsml.owner": f"{machine()}:"})


def test_what_a_study_is_told_by(folder: Path) -> None:
    spec = spec_of("told")
    key = submission_key(spec, folder, "ann")
    assert key == submission_key(spec_of("told"), folder, "ann")
    others = [submission_key(spec_of("other"), folder, "ann"), submission_key(spec, folder, "bob")]
    with (folder / "days.csv").open("a") as file:
        file.write("2021-01-01,3\n")
    others.append(submission_key(spec, folder, "ann"))
    (folder / "gated_model.py").write_text(MODEL + "\n")
    others.append(submission_key(spec, folder, "ann"))
    assert len({key, *others}) == 5
    (folder / "days.csv").unlink()
    with pytest.raises(DataError, match=r"days\.csv"):
        start_detached(spec, base=folder)
    frame = parse_spec(SPEC.format(name="frame").replace("loader: csv, path: days.csv, time: day", "loader: frame, frame: df, time: day"))
    with pytest.raises(DataError, match="a data frame lives in this process"):
        start_detached(frame, base=folder)
    assert list_studies() == []


def test_variables_reach_the_driver_by_a_file_of_the_user_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOOK_DATABASE", "postgresql://ann:secret@db/book")
    hand_over("a" * 32)
    (file,) = (home() / "handed").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("BOOK_DATABASE", "another")
    monkeypatch.setenv("ONLY_THERE", "1")
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    take_over("a" * 32)
    assert os.environ["BOOK_DATABASE"] == "postgresql://ann:secret@db/book"
    assert "ONLY_THERE" not in os.environ
    assert os.environ["RAY_ADDRESS"] == "10.0.0.1:6379"
    assert not file.exists()
    take_over("a" * 32)


def test_no_secret_travels_to_another_machine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "MLFLOW_TRACKING_URI": "http://mlflow:5000",
        "MLFLOW_TRACKING_TOKEN": "t",
        "MLFLOW_TRACKING_USERNAME": "u",
        "TSML_BOOK": "https://ann:secret@db",
        "AWS_SECRET_ACCESS_KEY": "k",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    found = variables_for_elsewhere("ann")
    assert (found["MLFLOW_TRACKING_URI"], found["JUPYTERHUB_USER"]) == ("http://mlflow:5000", "ann")
    assert found.keys() & given.keys() == {"MLFLOW_TRACKING_URI"}
    assert "TSML_HOME" not in found
    assert not may_travel("MLFLOW_TRACKING_URI", "http://ann:secret@mlflow:5000")


@pytest.mark.parametrize(
    ("uri", "shared", "message"),
    [
        (None, True, "can't see MLflow's files"),
        ("http://127.0.0.1:5000", True, "only this machine can"),
        ("http://ann:secret@mlflow:5000", True, "holds a password"),
        ("http://mlflow:5000", False, "can't see this data file"),
        ("http://mlflow:5000", True, None),
    ],
)
def test_what_a_cluster_elsewhere_cannot_see_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, uri: str | None, shared: bool, message: str | None
) -> None:
    if uri:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("TSML_SHARED", f"/nowhere{os.pathsep}{folder}" if shared else "")
    if message is None:
        refuse_unseen(spec_of("seen"), folder)
        return
    with pytest.raises(ExecutorError, match=message) as caught:
        refuse_unseen(spec_of("seen"), folder)
    assert "secret" not in str(caught.value)
    assert caught.value.mend


def test_ray_client_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "ray://head:10001")
    with pytest.raises(ExecutorError, match=r"Ray Client \(ray://\) is not used"):
        start_detached(spec_of("client"), base=folder, executor="ray")
    assert list_studies() == []


def test_a_study_that_printed_elsewhere_has_no_log(folder: Path) -> None:
    (folder / "go").touch()
    study = run_study(spec_of("here"), base=folder).study
    with pytest.raises(NotFoundError, match="no log"):
        study_log(study)
    with pytest.raises(NotFoundError):
        list(follow_log(study))
    assert start_detached(spec_of("here"), base=folder).study == study
