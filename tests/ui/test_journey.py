"""The main job in a real browser: open Lab, describe, run, compare, schedule. Screenshots of each step stay in test-artefacts/ui."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.ui, pytest.mark.slow]

IMPORT = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder=sys.argv[1])
print("ANSWER", json.dumps([{name: sorted(dag.task_ids) for name, dag in bag.dags.items()}, bag.import_errors]))
"""
SOURCES = "() => window.jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.getSource())"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")  # when the text was made
TASKS = ["data_ready", "environment", "predict", "publish"]


@pytest.mark.timeout(580)
def test_a_researcher_describes_runs_compares_and_schedules(lab: Any, workbench: Any, airflow_python: Path, tmp_path: Path) -> None:
    page = workbench.page
    workbench.new_notebook()
    sidebar = workbench.open_sidebar()
    workbench.shot("sidebar")
    look_at_the_data(sidebar, workbench, lab.files / "one_stock.csv")
    describe(sidebar, workbench)
    look_at_the_folds(sidebar, workbench)

    sidebar.button("YAML").click()
    expect(sidebar.panel.locator(".cm-content")).to_contain_text("alpha: [0.1, 10.0]")
    workbench.shot("yaml")
    sidebar.button("Form").click()

    run_as_cell(page, sidebar, workbench)
    compare_in_the_notebook(page, sidebar, workbench)
    compare_two(page, sidebar, workbench)
    dag = schedule(page, sidebar, lab, workbench)
    assert airflow_sees(airflow_python, lab.dags, tmp_path) == [{dag.stem: TASKS}, {}]
    assert workbench.problems == []


def look_at_the_data(sidebar: Any, workbench: Any, file: Path) -> None:
    """Choose the file; the preview tells its rows, span, entity, gaps and first rows, and the time column is taken over."""
    with file.open() as stream:
        names, *rows = csv.reader(stream)
    sidebar.choose_file(file.name)
    preview = sidebar.panel.get_by_role("region", name="Preview of the data")
    preview.get_by_role("button", name="ticker").click()
    expect(preview).to_contain_text("Entities")
    facts = re.sub(r"\s+", " ", preview.locator("dl").inner_text())
    assert facts == f"Rows {len(rows):,} Span {rows[0][0]} … {rows[-1][0]} Entities 1 ({rows[0][1]}) Gaps none"
    table = preview.get_by_role("region", name="First rows")
    assert table.locator("th").all_inner_texts() == names
    cells = table.locator("tbody tr").first.locator("td").all_inner_texts()
    assert [cells[0], cells[1], *map(float, cells[2:])] == [*rows[0][:2], *map(float, rows[0][2:])]
    expect(sidebar.panel.get_by_label("Time column")).to_have_value("date")
    sidebar.says("Valid")
    workbench.shot("data-preview", sidebar.panel.locator("[data-card=data]"))
    sidebar.unfold("data")


def describe(sidebar: Any, workbench: Any) -> None:
    """Fill the form until the document is the one that is wanted."""
    sidebar.panel.get_by_label("Name of the experiment").fill("PEP next-day volume")
    features = sidebar.unfold("features")
    features.get_by_role("button", name="Remove calendar").click()
    features.locator(".jp-Tsml-componentName", has_text="lag").click()
    features.get_by_label("Periods").fill("0 .. 2, 4")
    sidebar.says("Valid")
    workbench.shot("features", features)
    sidebar.unfold("features")

    models = sidebar.unfold("models")
    models.locator(".jp-Tsml-componentName", has_text="ridge").click()
    models.get_by_label("Alpha", exact=False).first.fill("0.1, 10")
    expect(models).to_contain_text("Searched")
    sidebar.says("Valid")
    workbench.shot("models", models)
    sidebar.unfold("models")
    expect(sidebar.panel.locator("[data-card=models] .jp-Tsml-cardLine")).to_have_text(
        "ridge alpha 0.1, 10 · random_forest min_samples_leaf 5"
    )


def look_at_the_folds(sidebar: Any, workbench: Any) -> None:
    """Watch the picture of the folds change as one types; the card stays open."""
    split = sidebar.unfold("split")
    folds, embargo = split.get_by_role("spinbutton", name="Folds"), split.get_by_label("Embargo")
    expect(split.locator("rect[data-kind=train]")).to_have_count(4)
    expect(split.locator("rect[data-kind=embargo]")).to_have_count(0)
    folds.fill("5")
    embargo.fill("20")
    expect(split.locator("rect[data-kind=train]")).to_have_count(6)
    expect(split.locator("rect[data-kind=embargo]")).to_have_count(6)
    expect(split.get_by_role("img", name=re.compile(r"^5 folds and the final test, from 2013-\d\d-\d\d to 2018-02-\d\d"))).to_be_visible()
    sidebar.says("Valid")
    workbench.shot("folds", split)
    folds.fill("3")
    expect(split.locator("rect[data-kind=train]")).to_have_count(4)
    sidebar.says("Valid")


def run_as_cell(page: Page, sidebar: Any, workbench: Any) -> None:
    """Insert the document, run it in the kernel and watch the live panel until its end."""
    sidebar.button("Insert as cell").click()
    expect(page.locator(".jp-Notebook")).to_contain_text("%%tsml")
    load, cell = page.evaluate(SOURCES)
    assert load == "%load_ext jupyterlab_tsml"
    written = yaml.safe_load(cell.removeprefix("%%tsml\n"))
    assert written["name"] == "PEP next-day volume"
    assert written["data"] == {"loader": "csv", "path": "one_stock.csv", "time": "date", "entity": "ticker", "calendar": "XNYS"}
    assert written["features"][0] == {"lag": {"columns": ["volume"], "periods": [0, 1, 2, 4]}}
    assert written["split"]["cv"] == {"folds": 3, "embargo": 20}
    assert written["models"][0] == {"ridge": {"alpha": [0.1, 10.0]}}
    workbench.shot("inserted-cell")

    workbench.command("notebook:run-all-cells")
    live = page.locator("section.jp-TsmlLive")
    expect(live.get_by_role("status").first).to_have_text("running", timeout=90_000)
    expect(live.get_by_role("button", name="Stop")).to_be_enabled()
    workbench.shot("live")
    page.wait_for_selector("section.jp-TsmlLive[aria-busy='false']", timeout=180_000)
    expect(live.get_by_role("status").first).to_have_text("finished")
    expect(live).to_contain_text("3 of 3 trials done")
    lines = [re.sub(r"\s+", " ", text) for text in live.locator("tbody tr").all_inner_texts()]
    best, other = sorted(recorded(workbench), key=lambda run: run["cv"]["mae"])
    assert best["beats_baselines"]
    for run, line in zip((best, other), lines, strict=True):
        assert line.startswith(run["name"])
        assert f"{run['cv']['mae']:,.0f} ± {run['cv_std']['mae']:,.0f} {run['test']['mae']:,.0f}" in line
        assert "finished" in line
    workbench.shot("live-ended", live)
    expect(page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']")).to_have_count(0)


def recorded(workbench: Any) -> list[dict[str, Any]]:
    """The runs of the study as the server has them from MLflow."""
    return [run for run in workbench.asks("runs?limit=50")["runs"] if run["study_name"] == "PEP next-day volume"]


def compare_in_the_notebook(page: Page, sidebar: Any, workbench: Any) -> None:
    """The kernel has the result as an object, and `%tsml compare` shows the same panel.

    `overview-light` of a run of this test is docs/images/jupyterlab.png, the picture of the README.
    """
    workbench.command("notebook:insert-cell-below")
    workbench.run_cell("%tsml compare {' '.join(one.run_id for one in _.result.experiments)}")
    comparison = page.locator(".jp-Notebook section.jp-TsmlCompare")
    comparison.get_by_role("tab", name="Forecasts").click(timeout=60_000)
    expect(comparison.locator("canvas")).to_be_visible()
    expect(comparison.get_by_role("tabpanel", name="Forecasts")).to_contain_text("2 runs compared")
    sidebar.panel.locator(".jp-Tsml-folds figcaption").evaluate("node => node.scrollIntoView({block: 'end'})")
    page.mouse.move(720, 890)
    workbench.shot("overview", page.locator("section.jp-TsmlLive"))


def compare_two(page: Page, sidebar: Any, workbench: Any) -> None:
    """Choose the two newest runs under Runs; the tab shows their scores, their parallel coordinates and their forecasts."""
    sidebar.show("Runs")
    boxes = sidebar.panel.get_by_role("checkbox", name=re.compile("^Choose "))
    expect(boxes.nth(1)).to_be_visible(timeout=60_000)
    workbench.shot("runs")
    boxes.nth(0).check()
    boxes.nth(1).check()
    sidebar.button("Compare (2)").click()
    comparison = page.locator(".jp-Tsml-comparison section.jp-TsmlCompare")
    comparison.wait_for(timeout=60_000)
    table = comparison.get_by_role("tabpanel", name="Table")
    for run in workbench.asks("runs?limit=2")["runs"]:
        row = table.get_by_role("row", name=re.compile(run["name"]))
        expect(row).to_contain_text(f"{run['cv']['mae']:,.0f} ± {run['cv_std']['mae']:,.0f}")
        expect(row).to_contain_text(f"{run['test']['mae']:,.0f}")
    workbench.shot("compare-table")

    comparison.get_by_role("tab", name="Parallel coordinates").click()
    parallel = comparison.get_by_role("tabpanel", name="Parallel coordinates").locator("canvas")
    expect(parallel).to_be_visible()
    for part in ((0.15, 0.45), (0.75, 0.95)):  # both lines go all the way, from the parameters to the scores
        first, second = workbench.colours_in(parallel, "--jp-brand-color1", "--jp-warn-color1", between=part)
        assert min(first, second) > 50
    workbench.shot("compare-parallel")

    comparison.get_by_role("tab", name="Forecasts").click()
    forecasts = comparison.get_by_role("tabpanel", name="Forecasts")
    canvas = forecasts.locator("canvas")
    expect(canvas).to_be_visible()
    lines = ("--jp-ui-font-color1", "--jp-brand-color1", "--jp-warn-color1")
    assert min(workbench.colours_in(canvas, *lines)) > 200
    workbench.shot("compare-forecasts")
    chip = forecasts.get_by_role("checkbox", name="ridge")
    chip.uncheck()
    assert min(workbench.colours_in(canvas, *lines)) < 50  # its line is gone, the others stay
    chip.check()


def schedule(page: Page, sidebar: Any, lab: Any, workbench: Any) -> Path:
    """Schedule a run: a bad name is refused at its field, a good one shows the next runs and the very file that is written."""
    sidebar.panel.get_by_role("button", name=re.compile("^Actions for ridge")).first.click()
    page.locator(".lm-Menu-item", has_text="Schedule").click()
    dialog = page.locator(".jp-Tsml-scheduleDialog")
    name, mistakes = dialog.get_by_label("Name", exact=True), dialog.locator(".jp-Tsml-mistakes")
    for bad in ("O'Brien", "../x", "x'+__import__('os').system('id')+'"):
        name.fill(bad)
        expect(name).to_have_attribute("aria-invalid", "true")
        expect(mistakes).to_contain_text("is not a safe name")
        dialog.get_by_role("button", name="Write the schedule").click()
        expect(mistakes).to_be_visible()
    assert list(lab.dags.glob("*.py")) == []
    workbench.shot("schedule-refused")
    name.fill("nightly")
    text = dialog.get_by_label("Text of the DAG")
    expect(text).to_contain_text("tsml_nightly", timeout=60_000)
    expect(mistakes).to_have_count(0)
    days = [datetime.fromisoformat(str(run.get_attribute("datetime"))) for run in dialog.locator(".jp-Tsml-nextRuns time").all()]
    assert len(set(days)) == 5
    assert days == sorted(days)
    assert all(day.weekday() < 5 and day.strftime("%H:%M") == "16:30" for day in days)
    assert days[0] > datetime.now(days[0].tzinfo)
    shown = text.text_content() or ""
    workbench.shot("schedule")
    dialog.get_by_role("button", name="Write the schedule").click()
    expect(dialog).to_have_count(0, timeout=60_000)
    written: Path = lab.dags / "tsml_nightly.py"
    assert MOMENT.sub("now", written.read_text().strip()) == MOMENT.sub("now", shown.strip())
    entry = sidebar.panel.locator(".jp-Tsml-deployment", has_text="nightly")
    expect(entry).to_contain_text("XNYS 16:30 America/New_York")
    workbench.shot("deployments")
    return written


def airflow_sees(python: Path, dags: Path, home: Path) -> Any:
    """Let a real Airflow import the folder; return the tasks of its DAGs and the import errors."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    environment |= {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    for command in (["-m", "airflow", "db", "migrate"], ["-c", IMPORT, str(dags)]):
        done = subprocess.run([str(python), *command], env=environment, cwd=home, capture_output=True, text=True, check=False, timeout=240)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (answer,) = [line for line in done.stdout.splitlines() if line.startswith("ANSWER ")]
    return json.loads(answer.removeprefix("ANSWER "))


@pytest.mark.timeout(400)
def test_run_starts_a_study_that_the_runs_tab_follows(lab: Any, workbench: Any) -> None:
    page = workbench.page
    sidebar = workbench.open_sidebar()
    sidebar.panel.get_by_label("Name of the experiment").fill("from the sidebar")
    sidebar.says("Valid")
    sidebar.button("Run").click()
    study = sidebar.panel.locator(".jp-Tsml-study", has_text="from the sidebar")
    expect(study.get_by_role("button", name="Stop")).to_be_visible(timeout=60_000)
    study.get_by_role("button", name="Log").click()
    expect(study.get_by_role("region", name="Log")).to_contain_text("trial", timeout=60_000)
    workbench.shot("running")
    expect(study).to_have_attribute("data-status", "finished", timeout=240_000)
    expect(study).to_contain_text("4 of 4 trials")
    expect(study.get_by_role("button", name="Stop")).to_have_count(0)
    compare_two(page, sidebar, workbench)
    sidebar.show("Deployments")
    expect(sidebar.panel.get_by_text(f"DAGs folder: {lab.dags}")).to_be_visible()
    assert workbench.problems == []


def test_the_extension_is_there_below_a_base_url_and_asks_for_credentials(lab: Any, workbench: Any, browser: Any) -> None:
    assert workbench.page.evaluate("() => window.jupyterapp.listPlugins().some(id => id.startsWith('jupyterlab-tsml'))")
    stranger = browser.new_context()
    try:
        assert stranger.request.get(f"{lab.url}jupyterlab-tsml/schema").status == 403
        known = stranger.request.get(f"{lab.url}jupyterlab-tsml/schema", headers={"Authorization": f"token {lab.token}"})
        assert known.status == 200
    finally:
        stranger.close()
