"""Targets and their scales in studies: what is recorded is in the target's unit, and the stored model says the same of raw rows."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from dsframework.data import load_panel
from dsframework.spec import parse_spec
from dsframework.study import StudyOutcome, run_study
from dsframework.tracking import load_pipeline, load_predictions, load_spec_of

INTRADAY = """
version: 1
name: scales
task: regression
data: {loader: sample, n_entities: 3, n_days: 40, frequency: 1h, calendar: XNYS, seed: 4}
variants:
  target:
    plain: {column: volume}
    log_by_entity: {column: volume, transform: [log, {standard: {by: entity}}]}
    mean: {column: volume, transform: log, estimate: mean}
    difference: {column: volume, horizon: 2h, transform: difference}
    seasonal: {column: volume, transform: [log, seasonal_difference]}
    profile: {column: volume, horizon: 3, transform: [slot_profile, log]}
    change: {column: close, as: return, horizon: 2, transform: [volatility_scale, seasonal_difference]}
    rank: {column: volume, as: rank}
features:
  - lag: {columns: [volume, close], periods: [0, 1]}
preprocessing: [standard_scale]
split: {test: 0.2, cv: {folds: 2}}
models: [ridge]
audit: features
metrics: [mae, rmse]
"""

CLASSES = """
version: 1
name: three-directions
task: classification
data: {loader: sample, n_entities: 3, n_days: 260, seed: 4}
target: {column: close, horizon: 2d, as: direction, threshold: 0.01}
features:
  - returns: {columns: [close], periods: [1, 2]}
split: {test: 0.2, cv: {folds: 2}}
models: [logistic_regression]
"""

RISING = ["plain", "log_by_entity", "mean", "difference", "seasonal", "profile"]


@pytest.fixture(scope="module")
def scales(tmp_path_factory: pytest.TempPathFactory) -> StudyOutcome:
    return run_study(parse_spec(INTRADAY), base=tmp_path_factory.mktemp("scales"))


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    data = parse_spec(INTRADAY).data
    assert data is not None
    return load_panel(data, base=tmp_path_factory.mktemp("rows")).frame


def told_and_recorded(outcome: StudyOutcome, run_id: str, rows: pl.DataFrame) -> pl.DataFrame:
    recorded = load_predictions(run_id, "test")
    assert recorded is not None
    said = outcome.predict(rows, run_id=run_id, every_row=True)
    if isinstance(said["time"].dtype, pl.Datetime):
        said = said.with_columns(pl.col("time").dt.convert_time_zone("UTC").dt.replace_time_zone(None))
    said = said.with_columns(pl.col("time").cast(recorded["time"].dtype), pl.col("ticker").alias("entity"))
    both = recorded.join(said, on=["time", "entity"], how="inner")
    assert both.height == recorded.height > 50
    return both


@pytest.mark.parametrize("variant", [*RISING, "change", "rank"])
def test_a_model_says_of_raw_rows_what_was_recorded(scales: StudyOutcome, rows: pl.DataFrame, variant: str) -> None:
    found = next(one for one in scales.result.experiments if one.variant["target"] == variant)
    assert (found.status, found.error) == ("finished", None)
    both = told_and_recorded(scales, found.run_id, rows)
    assert both["prediction"].to_list() == pytest.approx(both["predicted"].to_list(), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("variant", RISING)
def test_predictions_come_back_in_the_unit_of_the_target(scales: StudyOutcome, rows: pl.DataFrame, variant: str) -> None:
    found = next(one for one in scales.result.experiments if one.variant["target"] == variant)
    recorded = load_predictions(found.run_id, "test")
    assert recorded is not None
    assert set(recorded["actual"]) <= set(rows["volume"].cast(pl.Float64))
    assert recorded["predicted"].median() == pytest.approx(recorded["actual"].median(), rel=0.6)
    mae = (recorded["predicted"] - recorded["actual"]).abs().mean()
    assert found.test["mae"] == pytest.approx(mae, rel=1e-9)


def test_the_last_rows_alone_are_enough(scales: StudyOutcome, rows: pl.DataFrame) -> None:
    """As many rows as the model's lookback says; the season and the time of day of the target are those of the whole data."""
    for found in scales.result.experiments:
        lookback = load_pipeline(found.run_id).lookback
        whole = scales.predict(rows, run_id=found.run_id)
        short = scales.predict(rows.group_by("ticker", maintain_order=True).tail(lookback + 1).sort("time", "ticker"), run_id=found.run_id)
        assert short["prediction"].to_list() == pytest.approx(whole["prediction"].to_list(), rel=1e-12), found.name


def test_a_duration_stands_in_the_document_and_rows_in_the_model(scales: StudyOutcome) -> None:
    found = next(one for one in scales.result.experiments if one.variant["target"] == "difference")
    target = load_pipeline(found.run_id).target
    assert target is not None
    assert target.horizon == 2
    variants = load_spec_of(found.run_id).variants
    assert variants is not None
    assert variants.target is not None
    assert variants.target["difference"].horizon == "2h"


def test_three_directions_have_probabilities_and_baselines(tmp_path: Path) -> None:
    outcome = run_study(parse_spec(CLASSES), base=tmp_path)
    found = outcome.result.experiments[0]
    assert (found.status, found.error) == ("finished", None)
    assert set(found.baselines) == {"prior", "persistence"}
    recorded = load_predictions(found.run_id, "test")
    assert recorded is not None
    names = [f"probability_{name}" for name in ("down", "flat", "up")]
    assert recorded.select(pl.sum_horizontal(names)).to_series().to_list() == pytest.approx([1.0] * recorded.height)
    assert set(recorded["actual"]) == {0.0, 1.0, 2.0}
    data = parse_spec(CLASSES).data
    assert data is not None
    both = told_and_recorded(outcome, found.run_id, load_panel(data, base=tmp_path).frame)
    for name in names:
        assert both[f"{name}_right"].to_list() == pytest.approx(both[name].to_list(), rel=1e-9)
