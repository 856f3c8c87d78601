"""Steps that learn from the target, from slots or from all columns: in every fold of a study, and the same where the model serves."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from dsframework.data import load_panel
from dsframework.spec import parse_spec
from dsframework.study import StudyOutcome, run_study
from dsframework.tracking import load_pipeline, load_predictions

TEXT = """
version: 1
name: steps
task: regression
data: {loader: sample, n_entities: 3, n_days: 30, frequency: 1h, calendar: XNYS, seed: 4}
target: {column: volume, transform: log}
features:
  - lag: {columns: [volume, close], periods: [0, 1, 2]}
  - returns: {columns: [close], periods: [1]}
variants:
  preprocessing:
    importance: [{select: {model: {lightgbm: {n_estimators: 5}}, keep: 3}}]
    shap: [{select: {by: shap, model: {lightgbm: {n_estimators: 5}}, keep: 3}}]
    pca: [standard_scale, {pca: {n_components: 3}}]
    profile: [{slot_profile: {columns: ["volume_*"], days: 10}}, standard_scale]
    encoded: [{target_encode: {columns: [entity, slot]}}, standard_scale]
split: {test: 0.2, cv: {folds: 2}}
models: [ridge]
audit: full
metrics: [mae]
"""
COLUMNS = {"importance": 3, "shap": 3, "pca": 3, "profile": 7, "encoded": 9}


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> StudyOutcome:
    return run_study(parse_spec(TEXT), base=tmp_path_factory.mktemp("steps"))


@pytest.mark.parametrize("variant", COLUMNS)
def test_a_step_serves_as_it_was_fitted(steps: StudyOutcome, variant: str, tmp_path: Path) -> None:
    found = next(one for one in steps.result.experiments if one.variant["preprocessing"] == variant)
    assert (found.status, found.error) == ("finished", None)
    data = parse_spec(TEXT).data
    assert data is not None
    rows = load_panel(data, base=tmp_path).frame
    recorded = load_predictions(found.run_id, "test")
    assert recorded is not None
    said = steps.predict(rows, run_id=found.run_id, every_row=True).with_columns(
        pl.col("time").dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(recorded["time"].dtype), pl.col("ticker").alias("entity")
    )
    both = recorded.join(said, on=["time", "entity"], how="inner")
    assert both.height == recorded.height > 50
    assert both["prediction"].to_list() == pytest.approx(both["predicted"].to_list(), rel=1e-9)
    assert len(load_pipeline(found.run_id).learned.steps.names_out_) == COLUMNS[variant]


@pytest.mark.parametrize("variant", COLUMNS)
def test_what_a_step_learns_depends_on_nothing_outside_its_fold(steps: StudyOutcome, variant: str) -> None:
    found = next(one for one in steps.result.experiments if one.variant["preprocessing"] == variant)
    assert found.audit is not None
    assert {check.name: check.verdict for check in found.audit.checks}["fold"] == "clean"
