"""Studies as jobs of a real Ray: one job for the same study, its driver killed, gone on with, stopped, and read by id."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dsframework.errors import ExecutorError
from dsframework.spec import parse_spec
from dsframework.study import follow_log, list_studies, start_detached, stop_study, study_log, study_outcome, study_status
from dsframework.tracking import StudyStore

pytestmark = [pytest.mark.slow, pytest.mark.ray]

HEAD = Path(__file__).with_name("ray_with_jobs.py")
SPEC = """
version: 1
name: {name}
task: regression
data: {{loader: sample, n_entities: 1, n_days: 120}}
target: {{column: volume}}
features: [lag: {{columns: [volume], periods: [0, 1]}}]
split: {{cv: {{method: hold_out, test_size: 0.2}}}}
models: [python: {{class: jobs_model.Gated, arguments: {{alpha: [1.0, 2.0, 3.0]}}}}]
metrics: [mae]
audit: 'off'
"""
MODEL = """
import os, time
from pathlib import Path
from sklearn.linear_model import Ridge

class Gated(Ridge):
    def fit(self, X, y):
        assert os.environ["BOOK_DATABASE"] == "ann:secret@db"
        time.sleep(0.3)  # too long for another fit to wait behind it
        while self.alpha > 1 and not Path("go").exists():
            time.sleep(0.02)
        return super().fit(X, y)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a model that waits for the file ``go``, and beside it a Ray behind a token that takes jobs."""
    pytest.importorskip("ray")
    folder = tmp_path_factory.mktemp("jobs")
    (folder / "jobs_model.py").write_text(MODEL)
    token = folder / "token"
    token.write_text("7" * 64)
    token.chmod(0o600)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_AUTH_TOKEN", raising=False)
        for name, value in {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": token, "RAY_USAGE_STATS_ENABLED": "0"}.items():
            patch.setenv(name, str(value))
        head = subprocess.Popen([sys.executable, str(HEAD), "2"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            assert head.stdout
            patch.setenv("RAY_ADDRESS", head.stdout.readline().strip())
            patch.setenv("TSML_HOME", str(folder / "home"))
            patch.setenv("BOOK_DATABASE", "ann:secret@db")
            before = list(sys.path)
            yield folder
            sys.path[:] = before
        finally:
            head.communicate(timeout=120)


def wait_for(found: Callable[[], Any], seconds: float = 180) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, list_studies()
        time.sleep(0.1)
    return value


def owner_pid(study: str) -> int:
    return int(StudyStore("x").tags(study)["tsml.owner"].rpartition(":")[2].partition("@")[0])


def begun(study: str) -> bool:
    status = study_status(study)
    assert status.status in ("queued", "running"), (status.error, study_log(study).lines)
    return status.trials_done >= 1


def test_one_study_is_one_job_whose_driver_may_be_killed(folder: Path) -> None:
    spec = parse_spec(SPEC.format(name="raced"))
    (folder / "spec.yaml").write_text(SPEC.format(name="raced"))
    list_studies()  # makes the database that both use
    command = [sys.executable, "-m", "dsframework.cli", "run", "spec.yaml", "--detach", "--executor", "ray", "--json"]
    database = f"sqlite:///{folder / 'home' / 'mlflow.db'}"
    homes = [{**os.environ, "TSML_HOME": str(folder / name), "MLFLOW_TRACKING_URI": database} for name in ("home", "other")]
    racing = [subprocess.Popen(command, cwd=folder, env=home, stdout=subprocess.PIPE, text=True) for home in homes]
    first, second = (json.loads(process.communicate(timeout=170)[0]) for process in racing)
    assert first["study"] == second["study"], "two machines without a common lock"
    begun_as = {first["begun"], second["begun"]}
    assert begun_as in ({"running", "started"}, {"running", "resumed"}), "the second may go on with what the first has recorded only"
    study = first["study"]
    assert [status.study for status in list_studies()] == [study]

    wait_for(lambda: begun(study))
    assert "secret" not in told_by_ray()
    assert not list(folder.glob("*/handed/*.json"))
    assert start_detached(spec, base=folder, executor="ray").begun == "running"
    os.kill(owner_pid(study), signal.SIGKILL)
    died = wait_for(lambda: (status := study_status(study)).status == "failed" and status)
    assert "without a word" in died.error
    assert f"study {study} on ray" in "\n".join(study_log(study).lines)

    again = start_detached(spec, base=folder, executor="ray")
    assert (again.study, again.begun) == (study, "resumed")
    (folder / "go").touch()
    followed = "".join(follow_log(study))
    assert study_status(study).status == "finished", followed
    assert "finished, best python" in followed
    assert study_status(study).trials_resumed >= 1
    (experiment,) = study_outcome(study).result.experiments
    assert experiment.n_trials == 3
    assert start_detached(spec, base=folder, executor="ray").begun == "finished"


def test_a_job_that_does_not_answer_is_ended_by_ray(folder: Path) -> None:
    (folder / "go").unlink(missing_ok=True)
    study = start_detached(parse_spec(SPEC.format(name="deaf")), base=folder, executor="ray").study
    wait_for(lambda: begun(study))
    os.kill(owner_pid(study), signal.SIGSTOP)
    stopped = stop_study(study, grace=0.5, wait=True)
    assert stopped.status == "stopped"
    assert stopped.trials_done >= 1


def test_a_wrong_token_is_told(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "token"
    wrong.write_text("8" * 64)
    wrong.chmod(0o600)
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(wrong))
    with pytest.raises(ExecutorError, match=r"refuses|does not answer") as caught:
        start_detached(parse_spec(SPEC.format(name="stranger")), base=folder, executor="ray")
    assert "8888" not in str(caught.value)


def told_by_ray() -> str:
    from dsframework.execution import jobs_of_cluster

    jobs = jobs_of_cluster()
    assert jobs is not None
    assert jobs.is_here()
    return str(jobs._client._do_request("GET", "/api/jobs/").text)
