"""`%tsml runs`, `compare`, `status` and `schedule` on recorded runs."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from IPython.utils.capture import capture_output
from tsml_kernel import ComparisonWidget

from dsframework.records import RunPage
from dsframework.study import StudyOutcome

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def outcome(shell: Any, small: Callable[[str], str]) -> StudyOutcome:
    cell = small("commands").replace("models:\n", "models:\n  - random_forest: {n_estimators: 5}\n")
    with capture_output():
        result = shell.run_cell("%%tsml\n" + cell)
    assert isinstance(result.result, StudyOutcome)
    return result.result


def test_runs_lists_what_was_recorded(outcome: StudyOutcome, shell: Any, run_cell: Callable[[str], Any]) -> None:
    page = run_cell("%tsml runs --experiment commands").result
    assert isinstance(page, RunPage)
    assert {run.run_id for run in page.runs} == {item.run_id for item in outcome.result.experiments}
    bundle, _ = shell.display_formatter.format(page)
    assert all(run.run_id in bundle["text/html"] for run in page.runs)


def test_compare_shows_a_live_view_and_a_static_table_with_a_picture(outcome: StudyOutcome, run_cell: Callable[[str], Any]) -> None:
    ids = [item.run_id for item in outcome.result.experiments]
    shown = run_cell(f"%tsml compare {' '.join(ids)}")
    assert len(shown.bundles(WIDGET)) == 1, shown.text
    (table,) = shown.bundles("text/html")
    assert "jp-TsmlStatic" in table and "ridge" in table and "random_forest" in table and "2 folds" in table
    assert base64.b64decode(shown.bundles("image/png")[0]).startswith(b"\x89PNG")


def test_compare_takes_a_study_and_a_filter(outcome: StudyOutcome, run_cell: Callable[[str], Any]) -> None:
    by_study = run_cell(f"%tsml compare {outcome.study}")
    assert "Comparison of 2 runs" in by_study.bundles("text/html")[0], by_study.text
    scores = {item.run_id: item.cv["mae"].mean for item in outcome.result.experiments}
    bar = (min(scores.values()) + max(scores.values())) / 2
    by_filter = run_cell(f"%tsml compare \"metrics.mae < {bar} and tags.`tsml.study` = '{outcome.study}'\"")
    assert "Comparison of 1 run<" in by_filter.bundles("text/html")[0], by_filter.text
    by_nothing = run_cell("%tsml compare \"params.model = 'nothing'\"")
    assert "MagicError: no run fits the filter" in by_nothing.text


def test_the_comparison_fetches_the_forecasts_of_another_series(outcome: StudyOutcome) -> None:
    from dsframework.tracking import compare_runs

    sent: list[dict[str, Any]] = []
    comparison = compare_runs([item.run_id for item in outcome.result.experiments])
    assert comparison.forecast is not None
    other = comparison.forecast.entities[-1]
    widget = ComparisonWidget.of(comparison)
    widget.send = lambda content, buffers=None: sent.append(content)  # type: ignore[method-assign]
    widget._handle_custom_msg({"kind": "forecast", "request": "1", "entity": other, "part": "cv"}, [])
    widget._handle_custom_msg({"kind": "forecast", "request": "2", "entity": "no such", "part": "test"}, [])
    assert sent[0]["request"] == "1" and sent[0]["panel"]["entity"] == other and sent[0]["panel"]["part"] == "cv"
    assert sent[1]["request"] == "2" and "no such" in sent[1]["error"]


def test_status_lists_studies_and_shows_one(outcome: StudyOutcome, shell: Any, run_cell: Callable[[str], Any]) -> None:
    listed = run_cell("%tsml status").result
    bundle, _ = shell.display_formatter.format(listed)
    assert outcome.study in bundle["text/html"]
    shown = run_cell(f"%tsml status {outcome.study[:8]}")
    assert len(shown.bundles(WIDGET)) == 1 and "commands" in shown.bundles("text/html")[0]


def test_attach_shows_a_study_again_and_reproduce_says_that_it_is_the_same(
    outcome: StudyOutcome, shell: Any, run_cell: Callable[[str], Any]
) -> None:
    shown = run_cell(f"%tsml attach {outcome.study}")
    assert len(shown.bundles(WIDGET)) == 1 and "commands" in shown.bundles("text/html")[0]
    assert outcome.best is not None
    again = run_cell(f"%tsml reproduce {outcome.best.run_id}").result
    bundle, _ = shell.display_formatter.format(again)
    assert bundle["text/plain"].splitlines()[0] == f"Run {outcome.best.run_id}: identical"


def test_the_best_experiment_is_shown_as_a_table(outcome: StudyOutcome, shell: Any) -> None:
    best = outcome.best
    assert best is not None
    bundle, _ = shell.display_formatter.format(best)
    assert "2 folds" in bundle["text/html"] and "seasonal naive" in bundle["text/html"] and best.run_id in bundle["text/html"]
    assert f"{best.test['mae']:,.0f}" in bundle["text/plain"]


def test_stopping_a_study_that_has_ended_is_one_line(outcome: StudyOutcome, run_cell: Callable[[str], Any]) -> None:
    assert "ConflictError: study: the study has ended" in run_cell(f"%tsml stop {outcome.study}").text


def test_schedule_writes_one_dag_file(outcome: StudyOutcome, shell: Any, tmp_path: Path, run_cell: Callable[[str], Any]) -> None:
    shown = run_cell(f"%tsml schedule {outcome.result.best} --name nightly --dags-folder {tmp_path}")
    assert [path.suffix for path in tmp_path.glob("*.py")] == [".py"], shown.text
    bundle, _ = shell.display_formatter.format(shown.result)
    assert "nightly" in bundle["text/html"]
    bad = run_cell(f'%tsml schedule {outcome.result.best} --name "O\'Brien" --dags-folder {tmp_path}')
    assert bad.text.startswith("ScheduleError: name") and len(list(tmp_path.glob("*.py"))) == 1
