"""Whole configurations of both dialects."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from dsframework.errors import SpecError
from dsframework.migration import migrate_text
from dsframework.spec import parse_spec, to_dict


def test_the_yaml_dialect_becomes_a_spec(yaml_dialect: str) -> None:
    found = migrate_text(yaml_dialect, source="gold.yml")
    spec = to_dict(found.spec)
    assert (spec["name"], spec["task"], spec["tracking"]) == ("bars-of-gold", "regression", {"experiment": "bars-of-gold"})
    assert spec["data"] == {
        "loader": "csv",
        "path": "data/gold.csv",
        "time": "Time",
        "joins": {"silver": {"source": {"loader": "csv", "path": "data/silver.csv", "time": "Time"}, "available": {"lag": "0d"}}},
    }
    assert spec["target"] == {"column": "volume", "horizon": 1}
    assert spec["features"] == [
        {"lag": {"columns": ["volume"], "periods": [0, 1, 4]}},
        {"calendar": ["hour", "minute"]},
        {"lag": {"columns": ["silver_volume"], "periods": [2]}},
        {"lag": {"columns": ["close"], "periods": [0]}},
    ]
    assert spec["preprocessing"] == [
        {"clip_outliers": {"n_std": 3.0, "columns": ["volume_lag_0", "volume_lag_1", "volume_lag_4"]}},
        {"slot_profile": {"how": "subtract", "days": 15, "columns": ["volume_lag_1"]}},
    ]
    assert spec["split"] == {"test": 0.2, "cv": {"method": "walk_forward", "folds": 4}}
    assert spec["models"] == [{"xgboost": {"learning_rate": [0.05, 0.1], "n_estimators": 200, "loss": "mae"}}]
    assert spec["tuning"] == {"method": "tpe", "trials": 12, "metric": "mape", "early_stopping": {"rounds": 25, "validation": 0.1}}
    assert spec["metrics"] == ["mape", "mae"]
    assert spec["resources"] == {"cpus": 2}


def test_what_differs_is_told_with_line_and_reason(yaml_dialect: str) -> None:
    found = migrate_text(yaml_dialect, source="gold.yml")
    told = {finding.field: finding for finding in found.findings}
    lines = yaml_dialect.splitlines()
    expected = {
        "general.url": "not taken over",
        "datafeeds[1]": "guessed",
        "datafeeds[2]": "not used",
        "features[0].periods": "changed",
        "features[3]": "not used",
        "preprocessors[0].target_columns": "changed",
        "preprocessors[2]": "not used",
        "training.loss": "changed",
        "training.models.XGBRegressor.init_params.eta": "changed",
        "training.models.XGBRegressor.init_params.max_delta_step": "no effect",
        "training.models.XGBRegressor.init_params.base_score": "not taken over",
        "training.models.XGBRegressor.fit_params.verbose": "no effect",
        "training.models.RandomForestRegressor": "not used",
        "training.search_cv.search_optimization": "changed",
        "evaluators[1]": "not used",
    }
    assert {field: told[field].kind for field in expected} == expected
    assert not found.complete
    for field, finding in told.items():
        key = field.rpartition(".")[2].partition("[")[0]
        assert finding.line is not None, field
        assert key in lines[finding.line - 1] or "class:" in lines[finding.line - 1], (field, lines[finding.line - 1])


def test_comments_stand_where_they_belong_and_what_was_not_used_is_kept(yaml_dialect: str) -> None:
    lines = migrate_text(yaml_dialect, source="gold.yml").text.splitlines()
    text = "\n".join(lines)
    assert "# Comments name the line of gold.yml" in lines[0]
    assert "  # - random_forest: {n_estimators: [50, 80], max_depth: 4}" in lines
    assert "  # - min_max_scale" in lines
    assert "  # - lag: {columns: [close], periods: [0]}" in lines
    assert (
        '  # data: {loader: csv, path: "data/tin.csv", time: Time}' in lines
        or "  # data: {loader: csv, path: data/tin.csv, time: Time}" in lines
    )
    above_tracking = text[: text.index("\ntracking:")].splitlines()[-2:]
    assert "MLFLOW_TRACKING_URI" in " ".join(above_tracking)
    assert text.index("changed: lag N there") < text.index("- lag: {columns: [volume], periods: [0, 1, 4]}")


def test_a_password_is_repeated_nowhere(yaml_dialect: str) -> None:
    found = migrate_text(yaml_dialect)
    assert "secret" in yaml_dialect
    assert "secret" not in found.text + str(found.findings)


def test_the_class_dialect_becomes_a_spec(class_dialect: dict[str, Any]) -> None:
    found = migrate_text(json.dumps(class_dialect), source="metals.json")
    spec = to_dict(found.spec)
    assert spec["name"] == "metals"
    assert spec["data"] == {
        "loader": "onetick",
        "db": "LME_BARS",
        "tick_type": "TRD",
        "symbols": ["CU", "ZN"],
        "start": "2021-03-01",
        "end": "2022-02-28",
        "bucket": "30min",
        "timezone": "America/New_York",
        "entity": "TICKER",
    }
    assert spec["features"] == [{"lag": {"columns": ["VOLUME"], "periods": [0, 1]}}]
    assert spec["split"] == {"test": 0.15, "cv": {"method": "hold_out", "test_size": 0.25}}
    assert spec["models"] == [{"catboost": {"iterations": 100, "depth": [2, 3]}}]
    assert spec["tuning"] == {"method": "grid", "metric": "mape", "seed": 11}
    assert "# - decision_tree: {max_depth: 3}" in found.text
    assert found.complete


def test_json_yaml_and_a_printed_dictionary_say_the_same(class_dialect: dict[str, Any]) -> None:
    texts = [
        json.dumps(class_dialect),
        json.dumps(class_dialect, indent="\t"),
        "\ufeff" + json.dumps(class_dialect, indent=2),
        yaml.safe_dump(class_dialect),
        repr(class_dialect),
    ]
    assert len({migrate_text(text).spec.model_dump_json() for text in texts}) == 1


def test_the_new_document_is_read_back_as_the_same_spec(yaml_dialect: str, class_dialect: dict[str, Any]) -> None:
    for text in (yaml_dialect, json.dumps(class_dialect)):
        found = migrate_text(text)
        assert parse_spec(found.text) == found.spec


@pytest.mark.parametrize("both", [{"models": []}, {"train_params": {"verbose": 0}}])
def test_a_configuration_of_both_dialects_is_refused(yaml_dialect: str, both: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=r"old.yaml:30: training: 'training' is of the older dialect"):
        migrate_text(yaml_dialect + yaml.safe_dump(both))
