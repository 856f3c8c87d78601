"""``%%tsml`` on real IPython: the outcome, what is shown, stopping, and a study that runs elsewhere."""

from __future__ import annotations

import base64
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

from dsframework.records import StudyStatus
from dsframework.study import StudyOutcome, list_studies, stop_study, study_status

WIDGET = "application/vnd.jupyter.widget-view+json"
ONE_STOCK = """
version: 1
name: {name}
task: regression
data: {data}
target: {{column: volume, horizon: 1}}
features:
  - lag: {{columns: [volume], periods: [0, 1, 4]}}
models: [ridge]
"""


def wait_for(found: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        pause.wait(0.05)
    raise AssertionError(f"nothing after {seconds} s")


def newest(name: str) -> StudyStatus | None:
    return next((status for status in list_studies(limit=5) if status.name == name), None)


def test_the_example_with_one_csv_runs_and_returns_an_object_to_work_with(market_data: Path, run_cell: Callable[[str], Any]) -> None:
    data = f"{{loader: csv, path: {market_data / 'one_stock.csv'}, time: date}}"
    shown = run_cell("%%tsml\n" + ONE_STOCK.format(name="one-stock", data=data))
    outcome = shown.result
    assert isinstance(outcome, StudyOutcome), shown.text
    assert outcome.result.status == "finished"
    assert outcome.best is not None
    assert len(outcome.best.cv["mae"].folds) == 5
    assert outcome.frame["cv_mae"][0] == outcome.best.cv["mae"].mean
    raw = pl.read_csv(market_data / "one_stock.csv", try_parse_dates=True)
    assert outcome.predict(raw.tail(30)).height >= 1


def test_a_data_frame_of_the_notebook_gives_the_scores_of_its_file(market_data: Path, shell: Any, run_cell: Callable[[str], Any]) -> None:
    file = market_data / "one_stock.csv"
    shell.user_ns["prices"] = pd.read_csv(file, parse_dates=["date"])
    of_file = run_cell("%%tsml\n" + ONE_STOCK.format(name="of-file", data=f"{{loader: csv, path: {file}, time: date}}")).result
    of_frame = run_cell("%%tsml\n" + ONE_STOCK.format(name="of-frame", data="{loader: frame, frame: prices, time: date}")).result
    assert of_frame.best.cv["mae"].folds == of_file.best.cv["mae"].folds


def test_the_output_has_a_live_view_and_beside_it_a_static_table_and_picture(
    shell: Any, run_cell: Callable[[str], Any], small: Callable[[str], str]
) -> None:
    shown = run_cell("%%tsml\n" + small("static"))
    assert len(shown.bundles(WIDGET)) == 1
    bundle, _ = shell.display_formatter.format(shown.result)
    score = shown.result.best.cv["mae"].mean
    assert "jp-TsmlStatic" in bundle["text/html"] and "ridge" in bundle["text/html"] and f"{score:,.0f}" in bundle["text/html"]
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG\r\n")
    assert bundle["text/plain"].startswith("static: finished, 1 experiment, best ridge: mae ")


def test_set_lays_settings_over_the_document(run_cell: Callable[[str], Any], small: Callable[[str], str]) -> None:
    outcome = run_cell("%%tsml --set split.cv.folds=3 --set models[0].ridge.alpha=[5.0]\n" + small("set")).result
    assert len(outcome.best.cv["mae"].folds) == 3
    assert outcome.best.params == {"alpha": 5.0}


MANY = 6000
"""Trials that take longer than it takes to stop them."""


def slow_study(name: str, small: Callable[[str], str]) -> str:
    return small(name).replace("alpha: [0.1, 1.0]", f"alpha: {[n / 10 for n in range(1, MANY + 1)]}")


def test_the_stop_button_of_the_notebook_keeps_finished_trials_and_leaves_no_traceback(
    run_cell: Callable[[str], Any], small: Callable[[str], str]
) -> None:
    def interrupt() -> None:
        wait_for(lambda: (status := newest("interrupted")) and status.trials_done >= 1)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    shown = run_cell("%%tsml\n" + slow_study("interrupted", small))
    status = newest("interrupted")
    assert status is not None and status.status == "stopped" and 1 <= status.trials_done < MANY
    (line,) = shown.text.strip().splitlines()
    assert line == f"StoppedError: interrupted; run the same cell again: it goes on after the {status.trials_done} trials that are done"
    assert shown.result is None
    (table,) = shown.bundles("text/html")
    assert "stopped" in table and "interrupted" in table


def test_a_stop_from_another_face_ends_the_cell_with_the_stopped_outcome(
    shell: Any, run_cell: Callable[[str], Any], small: Callable[[str], str]
) -> None:
    def stop() -> None:
        status = wait_for(lambda: (found := newest("stopped-elsewhere")) and found.trials_done >= 1 and found)
        stop_study(status.study)

    threading.Thread(target=stop, daemon=True).start()
    shown = run_cell("%%tsml\n" + slow_study("stopped-elsewhere", small))
    assert shown.result.result.status == "stopped", shown.text
    assert shown.result.result.experiments[0].n_trials < MANY
    bundle, _ = shell.display_formatter.format(shown.result)
    status = study_status(shown.result.study)
    assert f"{status.experiments[0].score:,.0f} ±" in bundle["text/html"] and "image/png" in bundle


@pytest.mark.slow
def test_a_detached_study_frees_the_cell_and_is_followed_to_its_end(run_cell: Callable[[str], Any], small: Callable[[str], str]) -> None:
    shown = run_cell("%%tsml --detach\n" + small("detached"))
    assert shown.result is None and len(shown.bundles(WIDGET)) == 1, shown.text
    status = wait_for(lambda: (found := newest("detached")) and found.status == "finished" and found)
    assert study_status(status.study).trials_done == 2
    again = run_cell(f"%tsml status {status.study}")
    assert "finished" in again.bundles("text/html")[0]


def test_a_data_frame_cannot_be_detached(run_cell: Callable[[str], Any]) -> None:
    cell = ONE_STOCK.format(name="x", data="{loader: frame, frame: prices, time: date}")
    text = run_cell("%%tsml --detach\n" + cell).text
    assert text.startswith("MagicError: data.loader: a data frame of this notebook can't be handed to another process")
