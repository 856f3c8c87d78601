"""The Start here notebook runs from top to bottom in a real kernel, without a cluster."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples" / "start_here.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Execute the notebook in a folder and a home of its own."""
    folder = tmp_path_factory.mktemp("start-here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TSML_HOME", str(folder / "home"))
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        client = NotebookClient(
            notebook, timeout=240, kernel_name="python3", allow_errors=True, resources={"metadata": {"path": str(folder)}}
        )
        begun = time.monotonic()
        done = client.execute()
        done.metadata["seconds"] = time.monotonic() - begun
        return done


def outputs_of(notebook: Any, beginning: str) -> list[Any]:
    """Return the outputs of the one code cell that starts like this."""
    (cell,) = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.startswith(beginning)]
    return list(cell.outputs)


def text_of(outputs: list[Any]) -> str:
    """Return what the outputs say as plain text."""
    return "\n".join(output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in outputs)


def test_no_cell_ends_with_an_error(executed: Any) -> None:
    errors = [
        (cell.source[:40], out.ename, out.evalue)
        for cell in executed.cells
        for out in cell.get("outputs", [])
        if out.output_type == "error"
    ]
    assert errors == []


def test_it_takes_less_than_two_minutes(executed: Any) -> None:
    assert executed.metadata["seconds"] < 120


def test_every_cell_but_the_first_shows_something(executed: Any) -> None:
    silent = [cell.source for cell in executed.cells if cell.cell_type == "code" and not cell.outputs]
    assert silent == ["%load_ext jupyterlab_tsml"]


def test_the_best_model_predicts_the_next_value_of_every_stock(executed: Any) -> None:
    shown = text_of(outputs_of(executed, "from dsframework.data import load_panel"))
    assert "shape: (5, 3)" in shown
    assert re.findall(r"AA[A-E]", shown) == ["AAA", "AAB", "AAC", "AAD", "AAE"]


def test_it_says_where_the_runs_are(executed: Any) -> None:
    assert "mlflow.db" in text_of(outputs_of(executed, "from dsframework.tracking import home"))


def test_no_cell_writes_a_warning(executed: Any) -> None:
    said = [out.text for cell in executed.cells for out in cell.get("outputs", []) if out.output_type == "stream" and out.name == "stderr"]
    assert said == []


def test_the_experiment_shows_a_live_panel_and_keeps_a_static_table(executed: Any) -> None:
    kinds = {kind for output in outputs_of(executed, "%%tsml") for kind in output.get("data", {})}
    assert "application/vnd.jupyter.widget-view+json" in kinds
    assert "text/html" in kinds


def test_the_best_model_beats_every_naive_forecast(executed: Any) -> None:
    line = text_of(outputs_of(executed, "best = result.best"))
    model, naive = (float(number.replace(",", "")) for number in re.findall(r"([\d,]+)(?: shares|$)", line.strip()))
    assert 0 < model < naive


def test_both_models_are_listed_among_the_runs(executed: Any) -> None:
    listed = text_of(outputs_of(executed, "%tsml runs"))
    assert "ridge" in listed
    assert "lightgbm" in listed


def test_the_comparison_is_shown_inline(executed: Any) -> None:
    kinds = {kind for output in outputs_of(executed, "%tsml compare") for kind in output.get("data", {})}
    assert "application/vnd.jupyter.widget-view+json" in kinds


def test_one_dag_file_is_written(executed: Any) -> None:
    shown = text_of(outputs_of(executed, "for file in dags"))
    assert shown.splitlines()[0] == "tsml_start-here.py"
