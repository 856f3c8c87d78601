"""The examples beside the market data, run as they stand: by the command line, in this process's threads and on Ray."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]  # on a busy machine; a minute or two on an idle one of two cores
KEYS = ("name", "model", "variant", "status", "params", "cv", "test", "baselines", "n_trials", "n_train", "n_test")


@pytest.fixture(scope="module")
def examples(market_data: Path) -> Path:
    folder = market_data.parent / "examples"
    if not folder.is_dir():
        pytest.skip(f"no example specs in {folder}")
    return folder


def run(spec: Path, home: Path, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "dsframework.cli", "run", str(spec), "--json", *arguments]
    done = subprocess.run(command, env={**os.environ, "TSML_HOME": str(home)}, capture_output=True, text=True, timeout=1100, check=False)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture(scope="module")
def panel_here(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run(examples / "volume_panel.yaml", tmp_path_factory.mktemp("here"))


def best(document: dict[str, Any]) -> dict[str, Any]:
    return next(experiment for experiment in document["experiments"] if experiment["run_id"] == document["best"])


@pytest.mark.ray  # in the same part of the suite as the next one, with which it shares a run
def test_the_volume_panel_finishes_and_its_best_model_beats_every_naive_forecast(panel_here: dict[str, Any]) -> None:
    found = [(experiment["name"], experiment["status"], experiment["n_trials"]) for experiment in panel_here["experiments"]]
    assert found == [("lightgbm", "finished", 4), ("xgboost", "finished", 2), ("catboost", "finished", 1), ("ridge", "finished", 3)]
    winner = best(panel_here)
    assert len(winner["baselines"]) >= 3
    assert all(winner["test"]["mae"] < scores["mae"] for scores in winner["baselines"].values())
    assert winner["cv"]["mae"]["mean"] == min(experiment["cv"]["mae"]["mean"] for experiment in panel_here["experiments"])


@pytest.mark.ray
def test_the_volume_panel_gives_the_same_bits_on_ray(examples: Path, panel_here: dict[str, Any], tmp_path: Path) -> None:
    there = run(examples / "volume_panel.yaml", tmp_path, "--executor", "ray")
    for mine, theirs in zip(panel_here["experiments"], there["experiments"], strict=True):
        assert {key: mine[key] for key in KEYS} == {key: theirs[key] for key in KEYS}
    assert best(there)["name"] == best(panel_here)["name"]


def test_one_stock_beats_every_naive_forecast(examples: Path, tmp_path: Path) -> None:
    winner = best(run(examples / "volume_one_stock.yaml", tmp_path))
    assert winner["beats_baselines"] is True
    assert all(winner["test"]["mae"] < scores["mae"] for scores in winner["baselines"].values())


def test_every_variant_of_the_direction_is_an_experiment(examples: Path, tmp_path: Path) -> None:
    """With fewer and smaller trees than the file asks for, which change what it costs and not what is run."""
    spec = examples / "direction_variants.yaml"
    document = run(spec, tmp_path, "--set", "tuning.trials=1", "--set", "models[1].random_forest.n_estimators=5")
    expected = [
        f"{features}/{split}/{model}"
        for features in ("short", "long")
        for split in ("expanding", "sliding")
        for model in ("logistic_regression", "random_forest")
    ]
    assert [(experiment["name"], experiment["status"]) for experiment in document["experiments"]] == [
        (name, "finished") for name in expected
    ]
    assert {experiment["n_trials"] for experiment in document["experiments"]} == {1}
    assert all(0 < experiment["test"]["roc_auc"] < 1 for experiment in document["experiments"])
