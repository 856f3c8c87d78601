"""The command line as a person types it: a process, its output and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SPEC = """
version: 1
name: cli
task: regression
data: {loader: csv, path: one.csv, time: date}
target: {column: volume}
features: [lag: {columns: [volume], periods: [0, 1]}]
split: {cv: {folds: 2}}
models: [ridge: {alpha: [1.0, 2.0]}]
metrics: [mae]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, market_data: Path) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    rows = (market_data / "one_stock.csv").read_text().splitlines()
    (folder / "one.csv").write_text("\n".join(rows[:260]) + "\n")
    (folder / "spec.yaml").write_text(SPEC)
    return folder


def tsml(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TSML_HOME": str(folder / "home")}
    return subprocess.run(
        [sys.executable, "-m", "dsframework.cli", *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )  # fmt: skip


@pytest.fixture(scope="module")
def document(folder: Path) -> dict:
    done = tsml(folder, "run", "spec.yaml", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_json_is_one_document_of_the_promised_shape(document: dict) -> None:
    assert {"study", "experiments", "best"} <= set(document)
    (experiment,) = document["experiments"]
    promised = {"name", "model", "variant", "params", "run_id", "cv", "test", "baselines", "n_trials", "n_train", "n_test", "seconds"}
    assert promised <= set(experiment)
    assert set(experiment["cv"]["mae"]) == {"mean", "std", "folds", "note"}
    assert experiment["cv"]["mae"]["note"] is None  # a fold without a value would be told here
    assert document["best"] == experiment["run_id"]
    assert (experiment["n_trials"], experiment["n_train"] + experiment["n_test"]) == (2, 257)


def test_runs_compare_status_and_reproduce_find_what_was_run(folder: Path, document: dict) -> None:
    run = document["best"]
    assert run in tsml(folder, "runs").stdout
    assert json.loads(tsml(folder, "compare", run[:8], "--json").stdout)["rows"][0]["run"]["run_id"] == run
    assert "finished" in tsml(folder, "status", document["study"][:8]).stdout
    assert f"run {run}: identical" in tsml(folder, "reproduce", run).stdout
    predicted = tsml(folder, "predict", run)
    assert predicted.returncode == 0, predicted.stderr
    assert "prediction" in predicted.stdout


def test_settings_reach_the_spec_from_the_command(folder: Path) -> None:
    done = tsml(folder, "validate", "spec.yaml", "--set", "models=[ridge, {ridge: {alpha: 3}}]", "--json")
    assert json.loads(done.stdout)["experiments"] == ["ridge", "ridge-2"]


def test_a_pool_that_is_not_there_is_told_before_the_run(folder: Path) -> None:
    text = SPEC + "resources: {pool: cpuu}\n"
    (folder / "pool.yaml").write_text(text)
    done = tsml(folder, "validate", "pool.yaml")
    line = text.splitlines().index("resources: {pool: cpuu}") + 1
    assert done.returncode == 2
    assert f"pool.yaml:{line}: resources.pool: there is no pool 'cpuu' here, only cpu, gpu, did you mean 'cpu'?" in done.stderr
    issues = json.loads(tsml(folder, "validate", "pool.yaml", "--json").stdout)["issues"]
    assert [(issue["field"], issue["line"]) for issue in issues] == [("resources.pool", line)]


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ("split.cv.fold=3", 2, "--set split.cv.fold=3: split.cv.fold: unknown key 'fold', did you mean 'folds'?"),
        ("data.path=none.csv", 1, "data.path: "),
        ("data.time=day", 1, "data.time: "),
        ("target.column=volum", 1, "target.column: "),
        ("features[0].lag.columns=[volum]", 1, "features[0].lag.columns: "),
        ("features[0].lag.periods=[400]", 1, "features: no row is left"),
        ("split.test=256", 1, "split"),
        ("models=[{python: {class: nowhere.Model}}]", 1, "nowhere"),
    ],
)
def test_a_mistake_is_one_line_and_an_exit_code(folder: Path, change: str, code: int, message: str) -> None:
    done = tsml(folder, "run", "spec.yaml", "--set", change)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert any(message in line for line in lines + done.stdout.splitlines()), done.stderr


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", "", "data.path"),
        ("head.csv", "date,volume\n", "data.path"),
        ("twice.csv", "date,volume\n2020-01-02,1\n2020-01-02,2\n2020-01-03,3\n", "repeat a time"),
        ("nulls.csv", "date,volume\n" + "".join(f"2020-01-{day:02d},\n" for day in range(1, 29)), "volume"),
        ("text.csv", "date,volume\n2020-01-02,a\n2020-01-03,b\n", "volume"),
        ("broken.csv", "date,volume\nnot a day,1\nnor this,2\n", "data.time"),
    ],
)
def test_a_bad_file_is_one_line(folder: Path, name: str, content: str, message: str) -> None:
    (folder / name).write_text(content)
    done = tsml(folder, "run", "spec.yaml", "--set", f"data.path={name}")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert message in done.stderr


def test_an_unsorted_file_is_sorted_and_gives_the_same_numbers(folder: Path, document: dict) -> None:
    lines = (folder / "one.csv").read_text().splitlines()
    (folder / "unsorted.csv").write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    done = tsml(folder, "run", "spec.yaml", "--set", "data.path=unsorted.csv", "--json", "--fresh")
    assert json.loads(done.stdout)["experiments"][0]["cv"] == document["experiments"][0]["cv"]


def test_schema_is_printed_as_json(folder: Path) -> None:
    assert json.loads(tsml(folder, "schema").stdout)["title"] == "ExperimentSpec"
