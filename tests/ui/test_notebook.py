"""In a notebook, in a real browser: run a cell, watch the live panel end, schedule, compare; a saved notebook keeps a picture."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

pytestmark = [pytest.mark.ui, pytest.mark.slow]

CELL = """%%tsml
version: 1
name: volume
task: regression
data: {loader: csv, path: one_stock.csv, time: date, calendar: XNYS}
target: {column: volume, horizon: 1, transform: log}
features:
  - lag: {columns: [volume], periods: [0, 1, 4]}
models:
  - ridge: {alpha: [0.1, 1.0]}
  - random_forest: {n_estimators: 20, max_depth: 4}
metrics: [mae, rmse]
"""


@pytest.mark.timeout(400)
def test_notebook_runs_schedules_compares_and_keeps_a_static_picture(lab: Any, workbench: Any) -> None:
    page = workbench.page
    workbench.new_notebook()
    workbench.run_cell("%load_ext jupyterlab_tsml")
    workbench.run_cell(f"{CELL}tuning: {{pareto: [mae, rmse]}}\n")

    panel = page.locator("section.jp-TsmlLive")
    panel.wait_for(timeout=60_000)
    workbench.shot("live-panel")
    page.wait_for_selector("section.jp-TsmlLive[aria-busy='false']", timeout=120_000)
    assert panel.get_by_role("status").first.inner_text().lower() == "finished"
    board = panel.get_by_role("region", name="Leaderboard").inner_text()
    assert "ridge" in board
    assert "random_forest" in board
    panel.get_by_role("button", name="Details").click()
    front = panel.get_by_role("region", name="Trials of the front")
    front.get_by_role("button", name=re.compile("ridge, trial")).first.press("Enter")
    panel.locator(".jp-TsmlFront-dot.jp-mod-marked").wait_for()
    workbench.shot("live-panel-ended")

    panel.get_by_role("button", name="Schedule…").click()
    panel.get_by_role("textbox").fill("from-notebook")
    panel.get_by_role("button", name="Write the DAG").click()
    panel.locator(".jp-TsmlSchedule-done").wait_for(timeout=60_000)
    assert (lab.dags / "tsml_from-notebook.py").is_file()
    workbench.shot("scheduled")

    workbench.run_cell("ids = ' '.join(one.run_id for one in _.result.experiments)")
    workbench.run_cell("%tsml compare {ids}")
    comparison = page.locator("section.jp-TsmlCompare")
    comparison.get_by_role("tab", name="Forecasts").wait_for(timeout=60_000)
    for view in ("Parallel coordinates", "Front", "Forecasts", "Documents", "Table"):
        comparison.get_by_role("tab", name=view).click()
        comparison.get_by_role("tabpanel", name=view).wait_for()
        workbench.shot(f"compare-{view.split()[0].lower()}", comparison)

    saved = lab.files / page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path")
    workbench.command("docmanager:save")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    kinds = {
        kind for cell in json.loads(saved.read_text())["cells"] for output in cell.get("outputs", []) for kind in output.get("data", {})
    }
    assert {"text/html", "image/png"} <= kinds

    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.reload()
    page.wait_for_selector(".jp-TsmlStatic:visible >> nth=1", timeout=60_000)
    broken = page.get_by_text("Error displaying widget")
    broken.first.wait_for(state="attached")
    assert not any(one.is_visible() for one in broken.all())
    workbench.shot("without-a-kernel", page.locator(".jp-TsmlStatic").first)
    assert workbench.problems == []


@pytest.mark.timeout(300)
def test_stop_in_the_panel_ends_the_cell_and_keeps_what_is_done(lab: Any, workbench: Any) -> None:
    page = workbench.page
    workbench.new_notebook()
    workbench.run_cell("%load_ext jupyterlab_tsml")
    sizes = list(range(20, 200))
    workbench.run_cell(CELL.replace("name: volume", "name: stopped").replace("n_estimators: 20", f"n_estimators: {sizes}"))
    workbench.run_cell("_.result.status")
    panel = page.locator("section.jp-TsmlLive")
    panel.get_by_text(re.compile(r"[1-9]\d* of 182 trials done")).wait_for(timeout=120_000)
    workers = panel.get_by_role("region", name="Workers")
    workers.get_by_role("cell", name=re.compile(r"random_forest: trial \d+, fold \d")).first.wait_for()
    workbench.shot("workers", panel)
    panel.get_by_role("button", name="Stop").click()
    page.wait_for_selector("section.jp-TsmlLive[aria-busy='false']", timeout=60_000)
    assert panel.get_by_role("status").first.inner_text().lower() == "stopped"
    page.locator(".jp-OutputArea-output", has_text="'stopped'").wait_for()
    workbench.shot("stopped")
    assert workbench.problems == []


@pytest.mark.timeout(200)
def test_a_mistake_in_a_cell_is_one_line_without_a_traceback(lab: Any, workbench: Any) -> None:
    page = workbench.page
    workbench.new_notebook()
    workbench.run_cell("%load_ext jupyterlab_tsml")
    workbench.run_cell(CELL.replace("horizon", "horizn"))
    said = page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr'], .jp-OutputArea-output").last
    said.wait_for(timeout=60_000)
    text = said.inner_text()
    assert "horizn" in text
    assert "did you mean" in text
    assert "Traceback" not in text
    workbench.shot("mistake")
