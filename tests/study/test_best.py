"""An experiment that reads the future is never the best: not of its study, nor of a comparison, nor what the others are tested against."""

from __future__ import annotations

import math

import pytest
from tsml_kernel._lines import board_of_comparison, board_of_result, board_of_status
from tsml_kernel._table import board_text

from dsframework.cli import main
from dsframework.records import AuditVerdict, Comparison, standing
from dsframework.spec import parse_spec
from dsframework.study import StudyOutcome, run_study, study_status
from dsframework.tracking import compare_runs

SPEC = """
name: best
task: regression
data: {loader: sample, n_entities: 2, n_days: 260, seed: 4}
target: {column: volume, horizon: 1, transform: log}
variants:
  features:
    leaky:
      - lag: {columns: [volume], periods: [0, 1]}
      - python: {function: leaks_of_best.tomorrow, columns: [volume], lookback: 0}
    honest:
      - lag: {columns: [volume], periods: [0, 1]}
    poor:
      - lag: {columns: [close], periods: [20]}
split: {test: 0.2, cv: {folds: 3}}
models: [ridge]
metrics: [mae]
"""
LEAK = """
import polars as pl


def tomorrow(frame: pl.DataFrame) -> pl.Series:
    return frame["volume"].shift(-1).fill_null(strategy="forward").log()
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyOutcome:
    base = tmp_path_factory.mktemp("best")
    (base / "leaks_of_best.py").write_text(LEAK)
    return run_study(parse_spec(SPEC), base=base)


@pytest.fixture(scope="module")
def compared(study: StudyOutcome) -> Comparison:
    return compare_runs([one.run_id for one in study.result.experiments])


def test_the_best_of_a_study_is_one_that_can_be_believed(study: StudyOutcome) -> None:
    scores = {one.variant["features"]: one.cv["mae"].mean for one in study.result.experiments}
    verdicts = {one.variant["features"]: one.audit.verdict for one in study.result.experiments if one.audit}
    assert min(scores, key=lambda name: scores[name] or 0.0) == "leaky"
    assert (verdicts["leaky"], verdicts["honest"] == "failed") == ("failed", False)
    assert study.best is not None
    assert study.best.variant["features"] == "honest"
    status = study_status(study.result.study)
    assert status.best == study.best.run_id
    assert {line.variant["features"]: line.audit for line in status.experiments} == verdicts


def test_a_comparison_agrees_and_tests_the_others_against_one_that_can_be_believed(study: StudyOutcome, compared: Comparison) -> None:
    assert study.best is not None
    assert compared.best == study.best.run_id
    tested = {row.run.variant["features"]: row.significance for row in compared.rows}
    assert tested["leaky"] is None
    assert {tested[name].verdict for name in ("honest", "poor")} >= {"best"}  # type: ignore[union-attr]
    assert any("leaky" in note and "its audit failed" in note for note in compared.notes)


def test_of_experiments_that_all_failed_their_audit_the_first_is_the_best(study: StudyOutcome) -> None:
    (leaky,) = [one.run_id for one in study.result.experiments if one.variant["features"] == "leaky"]
    assert compare_runs([leaky]).best == leaky


def test_the_tables_of_a_notebook_put_it_behind_the_others(study: StudyOutcome, compared: Comparison) -> None:
    status = study_status(study.result.study)
    for board in (board_of_status(status), board_of_result(study.result, greater_is_better=False), board_of_comparison(compared)):
        assert board.best is not None
        assert "honest" in board.best.label
        assert "honest" in board_text(board)
        assert "leaky" in board.lines[-1].label


def test_the_command_line_marks_the_best(study: StudyOutcome, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *(one.run_id for one in study.result.experiments)]) == 0
    (marked,) = [line for line in capsys.readouterr().out.splitlines() if "(best)" in line]
    assert "honest" in marked


@pytest.mark.parametrize("greater", [False, True])
def test_standing_puts_scores_before_none_and_trust_before_scores(greater: bool) -> None:
    lines: list[tuple[float | None, AuditVerdict | None]]
    lines = [(3.0, "failed"), (0.5, "failed"), (None, None), (1.0, "clean"), (math.nan, "clean"), (2.0, None)]
    ranked = [score for score, _ in sorted(lines, key=lambda one: standing(*one, greater_is_better=greater))]
    assert ranked[:4] == ([2.0, 1.0, 3.0, 0.5] if greater else [1.0, 2.0, 0.5, 3.0])
