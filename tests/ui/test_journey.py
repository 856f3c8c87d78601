"""The main job in a real browser: open Lab, describe, run, compare, schedule. Screenshots of each step stay in test-artefacts/ui."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.ui, pytest.mark.slow]

IMPORT = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder=sys.argv[1])
print("ANSWER", json.dumps([sorted(bag.dags), bag.import_errors]))
"""


def open_sidebar(page: Page) -> Locator:
    page.locator('.lm-TabBar-tab[data-id="jp-tsml-sidebar"]').click()
    panel = page.get_by_role("region", name="Time-series experiments")
    panel.locator("[data-card=data]").wait_for()
    return panel


def widen(page: Page) -> None:
    """Drag the sidebar to a width at which its lines can be read."""
    box = page.locator("#jp-tsml-sidebar").bounding_box()
    assert box is not None
    edge = box["x"] + box["width"] + 2
    page.mouse.move(edge, 500)
    page.mouse.down()
    page.mouse.move(edge + 220, 500, steps=4)
    page.mouse.up()


def unfold(panel: Locator, card: str) -> Locator:
    found = panel.locator(f"[data-card={card}]")
    found.locator("h3 button").click()
    return found


def choose_file(page: Page, panel: Locator, name: str) -> None:
    unfold(panel, "data").get_by_role("button", name="Choose a data file…").click()
    dialog = page.locator(".jp-Dialog")
    dialog.locator(".jp-DirListing-item", has_text=name).click()
    dialog.locator("button.jp-mod-accept").click()


def describe(page: Page, panel: Locator, workbench: Any) -> None:
    """Choose the file and fill the form until the document is valid."""
    choose_file(page, panel, "one_stock.csv")
    preview = panel.get_by_role("region", name="Preview of the data")
    expect(preview).to_contain_text("1,259")
    workbench.shot("data-preview", panel.locator("[data-card=data]"))
    panel.locator("[data-card=data] h3 button").click()
    panel.get_by_label("Name of the experiment").fill("from the browser")

    features = unfold(panel, "features")
    calendar = features.get_by_role("button", name="Remove calendar")
    if calendar.count():
        calendar.click()
    workbench.shot("features", features)
    features.locator("h3 button").click()

    models = unfold(panel, "models")
    models.locator(".jp-Tsml-componentName", has_text="ridge").click()
    models.get_by_label("Alpha", exact=False).first.fill("0.1, 10")
    expect(models).to_contain_text("Searched")
    workbench.shot("models", models)
    models.locator("h3 button").click()

    split = unfold(panel, "split")
    expect(split.get_by_role("img", name=re.compile("folds and the final test"))).to_be_visible(timeout=60_000)
    workbench.shot("folds", split)
    split.locator("h3 button").click()
    expect(panel.locator(".jp-Tsml-verdict")).to_have_text(re.compile("^Valid"))


@pytest.mark.timeout(580)
def test_a_researcher_describes_runs_compares_and_schedules(lab: Any, workbench: Any, airflow_python: Path, tmp_path: Path) -> None:
    page = workbench.page
    workbench.new_notebook()
    panel = open_sidebar(page)
    widen(page)
    workbench.shot("sidebar")
    describe(page, panel, workbench)

    panel.get_by_role("button", name="YAML").click()
    expect(panel.locator(".cm-content")).to_contain_text("alpha: [0.1, 10.0]")
    workbench.shot("yaml")
    panel.get_by_role("button", name="Form").click()

    panel.get_by_role("button", name="Insert as cell").click()
    expect(page.locator(".jp-Notebook")).to_contain_text("%%tsml")
    expect(page.locator(".jp-Notebook")).to_contain_text("%load_ext jupyterlab_tsml")
    workbench.shot("inserted-cell")
    workbench.command("notebook:run-all-cells")
    live = page.locator("section.jp-TsmlLive")
    live.wait_for(timeout=90_000)
    workbench.shot("live", live)
    page.wait_for_selector("section.jp-TsmlLive[aria-busy='false']", timeout=180_000)
    expect(live.get_by_role("status").first).to_have_text("finished")
    workbench.shot("live-ended", live)
    expect(page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']")).to_have_count(0)

    compare_two(page, panel, workbench)
    dag = schedule(page, panel, lab, workbench)
    assert airflow_sees(airflow_python, lab.dags, tmp_path) == [[dag.stem], {}]
    assert workbench.problems == []


def compare_two(page: Page, panel: Locator, workbench: Any) -> None:
    panel.get_by_role("tab", name="Runs").click()
    boxes = panel.get_by_role("checkbox", name=re.compile("^Choose "))
    expect(boxes.nth(1)).to_be_visible(timeout=60_000)
    workbench.shot("runs")
    boxes.nth(0).check()
    boxes.nth(1).check()
    panel.get_by_role("button", name="Compare (2)").click()
    comparison = page.locator(".jp-Tsml-comparison section.jp-TsmlCompare")
    comparison.wait_for(timeout=60_000)
    expect(comparison.get_by_role("tabpanel", name="Table")).to_contain_text("ridge")
    workbench.shot("compare-table")
    for view in ("Parallel coordinates", "Forecasts"):
        comparison.get_by_role("tab", name=view).click()
        expect(comparison.get_by_role("tabpanel", name=view).locator("canvas, svg").first).to_be_visible(timeout=60_000)
        workbench.shot(f"compare-{view.split()[0].lower()}")


def schedule(page: Page, panel: Locator, lab: Any, workbench: Any) -> Path:
    panel.get_by_role("button", name=re.compile("^Actions for ridge")).first.click()
    page.locator(".lm-Menu-item", has_text="Schedule").click()
    dialog = page.locator(".jp-Tsml-scheduleDialog")
    dialog.get_by_label("Name", exact=True).fill("nightly")
    expect(dialog.get_by_label("Text of the DAG")).to_contain_text("nightly", timeout=60_000)
    expect(dialog.locator(".jp-Tsml-nextRuns li")).to_have_count(5)
    workbench.shot("schedule")
    dialog.get_by_role("button", name="Write the schedule").click()
    expect(dialog).to_have_count(0, timeout=60_000)
    written: Path = lab.dags / "tsml_nightly.py"
    assert written.is_file()
    panel.get_by_role("tab", name="Deployments").click()
    expect(panel.locator(".jp-Tsml-deployment", has_text="nightly")).to_be_visible(timeout=30_000)
    workbench.shot("deployments")
    return written


def airflow_sees(python: Path, dags: Path, home: Path) -> Any:
    """Let a real Airflow import the folder; return the ids of its DAGs and the import errors."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    environment |= {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    for command in (["-m", "airflow", "db", "migrate"], ["-c", IMPORT, str(dags)]):
        done = subprocess.run([str(python), *command], env=environment, cwd=home, capture_output=True, text=True, check=False, timeout=240)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (answer,) = [line for line in done.stdout.splitlines() if line.startswith("ANSWER ")]
    return json.loads(answer.removeprefix("ANSWER "))


@pytest.mark.timeout(400)
def test_run_starts_a_study_that_the_runs_tab_follows_in_the_dark_theme(lab: Any, workbench: Any) -> None:
    page = workbench.page
    workbench.command("apputils:change-theme", theme="JupyterLab Dark")
    expect(page.locator("body[data-jp-theme-light=false]")).to_have_count(1)
    panel = open_sidebar(page)
    widen(page)
    unfold(panel, "data")
    workbench.shot("form")
    panel.get_by_label("Name of the experiment").fill("in the dark")
    expect(panel.locator(".jp-Tsml-verdict")).to_have_text(re.compile("^Valid"))
    panel.get_by_role("button", name="Run", exact=True).click()
    panel.get_by_role("tab", name="Runs").click()
    study = panel.locator(".jp-Tsml-study", has_text="in the dark")
    expect(study).to_be_visible(timeout=60_000)
    workbench.shot("running")
    expect(study).to_have_attribute("data-status", "finished", timeout=240_000)
    compare_two(page, panel, workbench)
    panel.get_by_role("tab", name="Deployments").click()
    expect(panel.get_by_text("DAGs folder")).to_be_visible()
    workbench.shot("deployments")
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
