"""Schema, validation and the canonical forms."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from dsframework.spec import parse_spec, spec_from_dict, to_dict, to_yaml
from jupyterlab_tsml.services._concise import concise

VOLUME = """\
version: 1
name: volume
task: regression
data: {loader: sample}
target: {column: volume, horizon: 1}
features:
- lag: {columns: [volume], periods: {range: [0, 5]}}
- calendar: [month]
models:
- ridge
- xgboost: {max_depth: [4, 6], learning_rate: {log_uniform: [0.01, 0.3]}}
variants:
  split:
    short: {test: 0.2, cv: {folds: 2}}
    long: {test: 2017-01-03}
"""


async def test_the_default_document_is_one_that_validates(ask):
    schema = (await ask("GET", "schema")).body
    answer = await ask("POST", "validate", {"spec": schema["default_spec"]})
    assert answer.code == 200
    assert answer.body == {"valid": True, "issues": [], "yaml": schema["default_yaml"], "spec": schema["default_spec"]}


async def test_the_schema_accepts_the_default_document_and_the_catalogue_names_its_components(ask):
    body = (await ask("GET", "schema")).body
    jsonschema.Draft202012Validator.check_schema(body["schema"])
    jsonschema.validate(yaml.safe_load(body["default_yaml"]), body["schema"])
    names = {stage: {entry["name"] for entry in entries} for stage, entries in body["catalogue"].items()}
    assert names["data"] >= {"csv", "parquet", "frame", "sample"}
    assert names["features"] >= {"lag", "rolling", "returns", "range", "rank", "calendar"}
    assert names["preprocessing"] >= {"impute", "clip_outliers", "standard_scale"}
    assert names["models"] >= {"ridge", "logistic_regression", "random_forest", "xgboost", "lightgbm", "catboost", "python"}
    assert all(entry["description"] for entries in body["catalogue"].values() for entry in entries)


async def test_a_right_document_comes_back_canonical_and_its_yaml_is_the_one_that_was_written(ask):
    body = (await ask("POST", "validate", {"yaml": VOLUME})).body
    spec = parse_spec(VOLUME)
    assert body["valid"]
    assert body["issues"] == []
    assert body["spec"] == json.loads(json.dumps(to_dict(spec, full=True)))
    assert parse_spec(body["yaml"]) == spec
    assert "horizon: 1" in body["yaml"]  # a default that was written stays


async def test_a_form_gets_yaml_that_a_person_would_write_and_nothing_is_lost(ask):
    full = (await ask("POST", "validate", {"yaml": VOLUME})).body["spec"]
    body = (await ask("POST", "validate", {"spec": full})).body
    assert body["spec"] == full
    assert parse_spec(body["yaml"]) == parse_spec(VOLUME)
    assert "horizon" not in body["yaml"]
    assert "null" not in body["yaml"]
    assert len(body["yaml"].splitlines()) <= len(to_yaml(parse_spec(VOLUME)).splitlines())


@pytest.mark.parametrize("name", ["volume_panel", "volume_one_stock", "direction_variants"])
def test_a_concise_document_means_the_same(name, market_data):
    file = market_data.parent / "examples" / f"{name}.yaml"
    if not file.is_file():
        pytest.skip(f"no {file.name} beside the market data")
    spec = parse_spec(file.read_text())
    from_form = spec_from_dict(json.loads(json.dumps(to_dict(spec, full=True))))
    assert concise(from_form) == from_form == spec
    assert to_dict(concise(from_form), full=True) == to_dict(spec, full=True)


@pytest.mark.parametrize(
    ("text", "field", "line", "hint"),
    [
        (VOLUME.replace("horizon", "horizn"), "target.horizn", 5, "horizon"),
        (VOLUME.replace("- ridge", "- rigde"), "models[0]", 10, None),
        (VOLUME.replace("periods: {range: [0, 5]}", "periods: five"), "features[0].lag.periods", 7, None),
        ("a: [1, 2", "", None, None),
        ("", "", None, None),
        ("a: 1\na: 2\n", "", 2, None),
        ("&a [*a]", "", None, None),
        ("- " * 3000, "", None, None),
        ("\0", "", None, None),
    ],
    ids=["near miss", "unknown model", "wrong type", "broken", "empty", "a key twice", "an anchor in itself", "nested", "a null byte"],
)
async def test_a_wrong_document_is_a_200_with_its_mistakes(ask, text, field, line, hint):
    answer = await ask("POST", "validate", {"yaml": text})
    assert answer.code == 200, answer
    assert not answer.body["valid"]
    assert answer.body["yaml"] is None
    assert answer.body["spec"] is None
    issue = answer.body["issues"][0]
    assert issue["field"] == field
    assert issue["message"]
    assert "\n" not in issue["message"]
    if line is not None:
        assert issue["line"] == line
    if hint is not None:
        assert issue["hint"] == hint


async def test_every_mistake_is_told_at_once(ask):
    text = VOLUME.replace("horizon", "horizn").replace("task: regression", "task: regresion")
    fields = {issue["field"] for issue in (await ask("POST", "validate", {"yaml": text})).body["issues"]}
    assert fields >= {"target.horizn", "task"}


async def test_a_wrong_document_can_not_be_drawn_or_run(ask):
    for route in ("folds", "studies"):
        answer = await ask("POST", route, {"yaml": VOLUME.replace("- ridge", "- rigde")})
        assert answer.code == 422
        assert answer.body["code"] == "spec.invalid"
        assert answer.body["issues"][0]["line"] == 10
