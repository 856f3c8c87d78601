"""The first use of the default SQLite store: killed half-way, and by several processes at once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dsframework.tracking import client
from dsframework.tracking._database import create_database, sqlite_path

USE_IT = "from dsframework.tracking import client; client().search_experiments()"


def first_use(folder: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "TSML_HOME": str(folder / "home"), "TMPDIR": str(folder)}
    return subprocess.Popen([sys.executable, "-c", USE_IT], env=environment, stderr=subprocess.PIPE, text=True)


def half_made(folder: Path) -> bool:
    """Whether some of MLflow's tables are made, wherever that is done."""
    return any(file.stat().st_size > 50_000 for file in folder.rglob("*.db"))


@pytest.mark.slow
def test_several_processes_may_be_the_first_at_once(tmp_path: Path) -> None:
    processes = [first_use(tmp_path) for _ in range(3)]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors


def test_the_first_use_may_be_killed(tmp_path: Path) -> None:
    process = first_use(tmp_path)
    deadline = time.monotonic() + 60
    while not half_made(tmp_path) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    assert process.poll() is None, "it ended before it could be killed"
    process.kill()
    process.communicate()
    again = first_use(tmp_path)
    _, errors = again.communicate(timeout=120)
    assert again.returncode == 0, errors
    assert (tmp_path / "home" / "mlflow.db").is_file()


def test_a_database_that_is_there_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    path.write_bytes(b"somebody else's")
    create_database(path, None)
    assert path.read_bytes() == b"somebody else's"
    assert [file.name for file in tmp_path.iterdir()] == ["mlflow.db"]


@pytest.mark.parametrize("there", [True, False])
def test_a_file_system_without_hard_links_takes_the_database_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "mlflow.db"
    if there:
        path.write_bytes(b"somebody else's")
    create_database(path, None)
    assert (path.read_bytes() == b"somebody else's") is there
    assert [file.name for file in tmp_path.iterdir()] == ["mlflow.db"]


def test_the_file_of_an_address() -> None:
    assert sqlite_path("sqlite:////data/mlflow.db") == Path("/data/mlflow.db")
    assert sqlite_path("sqlite:////data/mlflow.db?timeout=60") == Path("/data/mlflow.db")
    assert sqlite_path("http://mlflow.example:5000") is None


def test_several_threads_of_a_server_may_be_the_first_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSML_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: [one.name for one in client().search_experiments()], range(4)))
    assert answers == [["Default"]] * 4
