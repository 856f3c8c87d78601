"""Functions of a user's own file: what they give is used, a leak in them is found, and they travel with the model."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dsframework.audit import audit_features
from dsframework.features import build_features, own_features, own_features_code, use_own
from dsframework.spec import Component, catalogue, parse_spec
from dsframework.study import run_study


def component(name: str, **more: Any) -> list[Component]:
    given = {"function": f"features_of_tests.{name}", "columns": ["v"], "lookback": 2, **more}
    return [Component(name="python", arguments=catalogue.arguments("features", "python")(**given))]


def panel(days: int = 60) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    times = [dt.date(2024, 1, 1) + dt.timedelta(days=day) for day in range(days)]
    frames = [pl.DataFrame({"time": times, "ticker": [name] * days, "v": rng.lognormal(3, 1, days)}) for name in ("A", "B", "C")]
    return pl.concat(frames).with_columns(close=pl.col("v") + 1).sort("time", "ticker")


def test_a_class_is_made_with_its_arguments_and_asked_to_transform() -> None:
    frame = panel()
    given = component("Scaled", lookback=0, arguments={"factor": 3.0}, names=["tripled"])
    table = build_features(frame, given, time="time", entity="ticker", calendar=None)
    assert table.names == ("tripled",)
    np.testing.assert_array_equal(table.matrix[:, 0], frame["v"].to_numpy() * 3)


@pytest.mark.parametrize(
    ("given", "failed"),
    [
        (component("middle", columns=["v", "close"], lookback=3, names=["middle", "gap"]), set()),
        (component("Scaled", lookback=0, arguments={"factor": 2}), set()),
        (component("centred"), {"future"}),
        (component("centred", arguments={"half": 2}, lookback=9), {"future"}),
        (component("everything"), {"future", "serving", "warm-up"}),
        (component("carried", lookback=5), {"serving", "warm-up"}),  # it reads more history than it says
        (component("middle", columns=["v", "close"], lookback=1, names=["middle", "gap"]), {"serving", "warm-up"}),
    ],
    ids=["middle", "class", "centred", "centred wide", "everything", "carried", "too short"],
)
def test_the_audit_finds_what_an_own_function_reads(given: list[Component], failed: set[str]) -> None:
    build = partial(build_features, components=given, time="time", entity="ticker", calendar=None)
    checks = audit_features(panel(), build, time="time", entity="ticker")
    assert {check.name for check in checks if check.verdict == "failed"} == failed


def test_the_function_of_a_stored_pipeline_comes_before_the_file() -> None:
    given = component("carried", lookback=0)
    frame = panel()
    with use_own({"features_of_tests.carried": lambda rows: rows["v"] * 0}):
        stored = build_features(frame, given, time="time", entity="ticker", calendar=None)
    assert (stored.matrix == 0).all()
    imported = build_features(frame, given, time="time", entity="ticker", calendar=None)
    assert (imported.matrix > 0).all()


def test_the_modules_of_an_own_function_are_known() -> None:
    assert list(own_features(component("carried"))) == ["features_of_tests.carried"]
    code = own_features_code(component("carried"))
    assert code.modules == ["features_of_tests"]
    assert {"numpy", "polars"} <= set(code.distributions)


SPEC = """
version: 1
name: own-feature
task: regression
data: {loader: sample, n_entities: 2, n_days: 160}
target: {column: volume}
features: [{python: {function: kept_features.ratio, columns: [volume], lookback: 1}}]
split: {cv: {folds: 2}}
models: [ridge]
"""
ELSEWHERE = """
import sys
from dsframework.data import load_panel
from dsframework.tracking import load_pipeline
pipeline = load_pipeline(sys.argv[1])
print(pipeline.predict(load_panel(pipeline.data).frame)["prediction"].to_list())
assert "kept_features" not in sys.modules
"""


@pytest.mark.slow
def test_the_recorded_model_computes_the_feature_where_its_file_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "beside"
    folder.mkdir()
    (folder / "kept_features.py").write_text("def ratio(frame):\n    return frame['volume'] / frame['volume'].shift(1)\n")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "kept_features", raising=False)
    result = run_study(parse_spec(SPEC), base=folder).result
    assert result.status == "finished", result.experiments[0].error
    audit = result.experiments[0].audit
    assert audit is not None
    assert audit.verdict != "failed"
    command = [sys.executable, "-c", ELSEWHERE, str(result.best)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(done.stdout.split(",")) == 2
