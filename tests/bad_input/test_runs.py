"""What goes wrong while experiments run: the failing one says why in one line, the rest goes on, the document holds both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bad_input.conftest import DAYS, SPEC, VALUES, Tsml

OWN = """
import sys, warnings
import numpy as np
class Own:
    def __init__(self, mode="ok"): self.mode = mode
    def fit(self, x, y):
        if self.mode == "raises": raise ValueError("my own\\nproblem")
        if self.mode == "exits": sys.exit(3)
        if self.mode == "memory": raise MemoryError
        if self.mode == "loud":
            print("printed"); print("printed too", file=sys.stderr); warnings.warn("loud")
        return self
    def predict(self, x):
        if self.mode == "nan": return np.full(len(x), np.nan)
        if self.mode == "shape": return np.zeros((len(x), 2))
        if self.mode == "texts": return ["a"] * len(x)
        if self.mode == "none": return None
        return np.zeros(len(x))
"""
PROMISED = {"name", "model", "variant", "params", "run_id", "cv", "test", "baselines", "n_trials", "n_train", "n_test", "seconds"}
MODES = {
    "raises": "models.python: fold 1: ValueError: my own problem",
    "exits": "models.python: fold 1: SystemExit: 3",
    "memory": "models.python: fold 1: MemoryError",
    "nan": "predictions are not finite; scale the features and the target",
    "shape": "it predicted an array of shape (33, 2) for 33 rows; return one number a row",
    "texts": "models.python: fold 1: ValueError: could not convert string to float: 'a'",
    "none": "it predicted an array of shape () for 33 rows; return one number a row",
}


def document(out: list[str]) -> dict:
    return json.loads("\n".join(out))


@pytest.mark.parametrize("mode", MODES)
def test_a_model_that_fails_is_named_and_the_others_finish(folder: Path, tsml: Tsml, mode: str) -> None:
    (folder / "own_model.py").write_text(OWN)
    (folder / "spec.yaml").write_text(SPEC.replace("[ridge]", f"[python: {{class: own_model.Own, arguments: {{mode: {mode}}}}}, ridge]"))
    code, out, err = tsml("run", "spec.yaml", "--json")
    own, ridge = document(out)["experiments"]
    assert (code, err) == (1, [])
    assert (own["status"], ridge["status"]) == ("failed", "finished")
    assert MODES[mode] in own["error"]
    assert "\n" not in own["error"]
    assert set(own) >= PROMISED
    assert set(ridge) >= PROMISED
    assert document(out)["best"] == ridge["run_id"]


def test_a_model_that_talks_leaves_the_document_alone_and_its_warnings_to_python_w(folder: Path, tsml: Tsml) -> None:
    (folder / "own_model.py").write_text(OWN)
    (folder / "spec.yaml").write_text(SPEC.replace("[ridge]", "[python: {class: own_model.Own, arguments: {mode: loud}}]"))
    code, out, err = tsml("run", "spec.yaml", "--json")
    assert code == 0
    assert document(out)["experiments"][0]["status"] == "finished"
    said = "".join(err)  # fits in two threads may talk at once
    assert "printed too" in said
    assert said.replace("printed too", "").replace("printed", "") == ""


def test_a_variant_that_can_not_start_is_named_and_the_others_finish(folder: Path, tsml: Tsml) -> None:
    lag = "features: [lag: {columns: [volume], periods: [0, 1]}]\n"
    forms = "variants: {features: {a: [lag: {columns: [volume], periods: [1]}], b: [lag: {columns: [nope], periods: [1]}]}}\n"
    (folder / "spec.yaml").write_text(SPEC.replace(lag, forms))
    code, out, err = tsml("run", "spec.yaml")
    assert code == 1
    assert "b/ridge: failed: features[0].lag.columns: no such column (got 'nope'); there are volume" in out
    assert any(line.startswith("a/ridge ") for line in out)
    assert not any("Traceback" in line for line in out + err)


CHANGES = {
    "a metric that is not a number": (
        [5.0] * len(DAYS),
        "metrics: [r2, mae]",
        "tuning.metric: r2 has no value in any fold",
    ),
    "a negative volume under a logarithm": (
        [-3.0, *VALUES[1:]],
        "metrics: [mae]\n",
        "target.transform: fold 1: log is not defined for the 1 of",
    ),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_values_that_a_metric_or_a_transform_is_not_defined_for(folder: Path, tsml: Tsml, kind: str) -> None:
    values, metrics, expected = CHANGES[kind]
    text = SPEC.replace("metrics: [mae]\n", metrics).replace("time: date", "time: date, checks: {constant: ignore}")
    if "logarithm" in kind:
        text = text.replace("column: volume", "column: volume, transform: log").replace("[0, 1]", "[0]")
    (folder / "one.csv").write_text("\n".join(["date,volume", *(f"{d},{v}" for d, v in zip(DAYS, reversed(values), strict=True))]))
    if "logarithm" in kind:
        (folder / "one.csv").write_text(
            "\n".join(["date,volume", f"{DAYS[0]},5", *(f"{d},{v}" for d, v in zip(DAYS[1:], values, strict=False))])
        )
    (folder / "spec.yaml").write_text(text)
    code, out, err = tsml("run", "spec.yaml", "--json")
    (experiment,) = document(out)["experiments"]
    assert (code, err, experiment["status"]) == (1, [], "failed")
    assert expected in experiment["error"]


def test_a_metric_beside_the_deciding_one_that_is_not_a_number_has_no_value_and_a_reason(folder: Path, tsml: Tsml) -> None:
    (folder / "one.csv").write_text("\n".join(["date,volume", *(f"{d},5.0" for d in DAYS)]))
    (folder / "spec.yaml").write_text(
        SPEC.replace("metrics: [mae]\n", "metrics: [mae, r2]").replace("time: date", "time: date, checks: {constant: ignore}")
    )
    code, out, _ = tsml("run", "spec.yaml", "--json")
    (experiment,) = document(out)["experiments"]
    assert (code, experiment["status"], experiment["test"]["r2"]) == (0, "finished", None)
    assert any(note.startswith("test r2: ") for note in experiment["notes"])


def test_an_entity_that_never_changes_and_one_of_three_rows_stop_nothing(folder: Path, tsml: Tsml) -> None:
    lines = [f"{d},{t},{v if t == 'A' else 3.0}" for d, v in zip(DAYS, VALUES, strict=True) for t in "AB"]
    lines += [f"{d},C,{number}" for number, d in enumerate(DAYS[:3])]
    (folder / "one.csv").write_text("\n".join(["date,ticker,volume", *lines]))
    (folder / "spec.yaml").write_text(SPEC.replace("time: date", "time: date, entity: ticker").replace("metrics: [mae]\n", ""))
    code, out, err = tsml("run", "spec.yaml", "--json")
    assert (code, err) == (0, [])
    assert set(document(out)["experiments"][0]["test"]) == {"mae", "rmse", "mape", "r2", "mase"}


@pytest.mark.parametrize("command", [("run", "spec.yaml"), ("runs",), ("status",), ("compare", "abcdef"), ("predict", "abcdef")])
def test_a_tracking_server_that_does_not_answer(
    folder: Path, tsml: Tsml, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    code, out, err = tsml(*command)
    assert (code, out, len(err)) == (1, [], 1), err
    assert err[0].startswith("tsml: tracking: MLflow at http://127.0.0.1:9 does not answer: ")
    assert "start it, or set MLFLOW_TRACKING_URI" in err[0]


def test_a_database_whose_driver_is_not_there(folder: Path, tsml: Tsml, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "oracle://ann:secret@127.0.0.1/tsml")
    code, out, err = tsml("runs")
    assert (code, out, len(err)) == (1, [], 1), err
    assert err[0].startswith("tsml: tracking: ")
    assert "oracle://127.0.0.1" in err[0]
    assert "secret" not in err[0]


NO_RUN = {
    ("run", "--study", "zzz"): "run: Run with id=zzz not found; see the ids with: tsml runs, or tsml status",
    ("compare", "a"): "not a run's id (got 'a'); see the ids with: tsml runs",
    ("compare", "0" * 32): f"no such run (got '{'0' * 32}'); see the ids with: tsml runs",
    ("reproduce", "zzz"): "not a run's id (got 'zzz'); see the ids with: tsml runs",
    ("predict", "zzz"): "not a run's id (got 'zzz'); see the ids with: tsml runs",
    ("schedule", "0" * 32): f"no such run (got '{'0' * 32}'); see the ids with: tsml runs",
    ("status", "zzz"): "no such study (got 'zzz'); see them with: tsml status",
    ("stop", "0" * 32): f"no such study (got '{'0' * 32}'); see them with: tsml status",
}


@pytest.mark.parametrize("command", NO_RUN, ids=" ".join)
def test_a_run_or_study_that_is_not_there(folder: Path, tsml: Tsml, command: tuple[str, ...]) -> None:
    code, out, err = tsml(*command)
    assert (code, out, len(err)) == (1, [], 1), err
    assert NO_RUN[command] in err[0]


@pytest.mark.parametrize("arguments", [(), ("rnu",), ("run",), ("run", "spec.yaml", "--executor", "dask"), ("runs", "--limit", "-3")])
def test_a_command_that_is_wrong(folder: Path, tsml: Tsml, arguments: tuple[str, ...]) -> None:
    code, out, err = tsml(*arguments)
    assert (code, out) == (2, [])
    assert err[-1].startswith("tsml")


HOSTILE = ["O'Brien", "../x", "x'+__import__('os').system('id')+'", "", "..", "a/b", "x\ny", "{{ x }}", "a" * 300]


def test_what_can_be_done_with_a_run_refuses_what_it_must(folder: Path, tsml: Tsml) -> None:
    code, out, _ = tsml("run", "spec.yaml", "--json", "--fresh")  # the same rows and spec as in other tests, of another folder
    assert code == 0
    run = document(out)["best"]
    dags = folder / "dags"
    for name in HOSTILE:
        code, out, err = tsml("schedule", run, "--name", name, "--dags-folder", str(dags))
        assert (code, out, len(err)) == (1, [], 1), err
        assert err[0].startswith("tsml: name: is not a safe name (got ")
        assert not dags.exists() or not list(dags.iterdir())

    for output, says in {
        "none/p.csv": "--output: can't be written: ",
        "p.xlsx": "--output: its ending is neither .parquet nor .csv (got 'p.xlsx'); such as predictions.parquet",
    }.items():
        code, out, err = tsml("predict", run[:8], "--output", output)
        assert (code, out, len(err)) == (1, [], 1), err
        assert says in err[0]
    assert tsml("predict", run[:8], "--output", "p.csv")[0] == 0
    assert (folder / "p.csv").read_text().splitlines()[0] == "date,prediction"
    assert not list(folder.glob(".*.part"))
    code, out, _ = tsml("predict", run, "--json")
    assert document(out)[0]["date"] == str(DAYS[-1])
    code, out, err = tsml("predict", run, "--as-of", "03/04/2015")
    assert (code, err) == (1, ["tsml: data.end: this is not a day (got '03/04/2015'); write 2024-01-31"])
