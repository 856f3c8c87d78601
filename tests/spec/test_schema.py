"""The exported JSON Schema accepts what the parser accepts."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dsframework.spec import catalogue, json_schema, parse_spec, spec_from_dict, to_dict, to_yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    return jsonschema.Draft202012Validator(json_schema())


EXAMPLES = ("anomaly", "clusters", "deep_and_custom", "direction_variants", "volume_one_stock", "volume_panel")


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_fit_the_schema_as_they_stand(name: str, validator: jsonschema.Draft202012Validator, market_data: Path) -> None:
    path = market_data.parent / "examples" / f"{name}.yaml"
    document = yaml.safe_load(path.read_text())
    validator.validate(document)
    validator.validate(to_dict(parse_spec(path.read_text()), full=True))


def has_defaults(stage: str, name: str) -> bool:
    return not any(field.is_required() for field in catalogue.arguments(stage, name).model_fields.values())


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        (stage, name)
        for stage in ("models", "preprocessing", "target", "evaluation")
        for name in catalogue.usable(stage)
        if has_defaults(stage, name)
    ],
)
def test_a_component_with_all_its_defaults_written_out_means_the_same(stage: str, name: str) -> None:
    model = catalogue.arguments(stage, name)
    written = model().model_dump(mode="json", by_alias=True)
    assert model.model_validate(written).model_dump(mode="json", by_alias=True) == written


def test_every_field_of_the_form_has_a_title_and_a_type() -> None:
    for stage in ("features", "preprocessing", "models", "data"):
        for name in catalogue.names(stage):
            model = catalogue.arguments(stage, name)
            assert model.__doc__, f"{stage}.{name} says nothing of itself"
            for key, field in model.model_json_schema()["properties"].items():
                assert field.get("title"), f"{stage}.{name}.{key}"


models = st.lists(
    st.sampled_from(
        [
            "ridge",
            {"ridge": {"alpha": [0.1, 2.0]}},
            {"lightgbm": {"num_leaves": {"int": [4, 64]}, "learning_rate": {"log_uniform": [0.01, 0.3]}}},
            {"python": {"class": "a.B", "arguments": {"x": [1, None, "y"]}}},
            {"random_forest": {"max_depth": [None, 3]}},
        ]
    ),
    min_size=1,
    max_size=4,
)
features = st.lists(
    st.sampled_from(
        [
            {"lag": {"columns": ["v"], "periods": [0, 1]}},
            {"calendar": ["month", "day_of_week"]},
            {"rolling": {"columns": ["v", "w"], "windows": [5], "stats": ["mean", "zscore"]}},
            {"range": {"windows": [5]}},
        ]
    ),
    min_size=1,
    max_size=4,
)
texts = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1, max_size=30)


@settings(max_examples=100, deadline=None)
@given(
    name=texts,
    column=texts,
    tags=st.dictionaries(texts, texts, max_size=3),
    models=models,
    features=features,
    test=st.one_of(st.floats(0.01, 0.99), st.integers(1, 500), st.dates().map(str)),
    folds=st.integers(1, 9),
    window=st.one_of(st.just("expanding"), st.integers(1, 900)),
)
def test_form_yaml_python_form_loses_nothing(name, column, tags, models, features, test, folds, window) -> None:
    document = {
        "version": 1,
        "name": name,
        "task": "regression",
        "data": {"loader": "parquet", "path": name, "time": column},
        "target": {"column": column, "as": "return"},
        "features": features,
        "split": {"test": test, "cv": {"folds": folds, "window": window}},
        "models": models,
        "tracking": {"tags": tags},
    }
    spec = spec_from_dict(document)
    form = to_dict(spec, full=True)
    from_yaml = parse_spec(to_yaml(spec))
    assert from_yaml == spec
    assert to_dict(spec_from_dict(form), full=True) == form == to_dict(from_yaml, full=True)
