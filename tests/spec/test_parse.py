"""Mistakes in a document: the line, the field, the near-miss."""

from __future__ import annotations

import pytest

from dsframework.errors import SpecError
from dsframework.spec import load_spec, parse_spec, spec_from_dict, to_dict, to_yaml, validate_text
from dsframework.spec._text import read_value

GOOD = """version: 1
name: a
task: regression
data: {loader: csv, path: x.csv, time: date}
target: {column: v}
features:
  - lag: {columns: [v], periods: [1]}
models:
  - ridge
"""


def said(text: str) -> list[str]:
    return [str(issue) for issue in validate_text(text)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: a", "nam: a", "spec:2: nam: unknown key 'nam', did you mean 'name'?"),
        ("time: date", "tiem: date", "spec:4: data.tiem: unknown key 'tiem', did you mean 'time'?"),
        ("loader: csv", "loader: hdf5", "spec:4: data: loader 'hdf5' is not available, try csv, duckdb, frame, onetick"),
        ("periods: [1]", "period: [1]", "spec:7: features[0].lag.period: unknown key 'period', did you mean 'periods'?"),
        (
            "periods: [1]",
            "periods: [-1]",
            "spec:7: features[0].lag.periods: expected whole numbers >= 0, got -1; a negative lag would read the future",
        ),
        ("- lag:", "- lagg:", "spec:7: features[0]: 'lagg' is not available, try lag"),
        ("- ridge", "- xgbost", "spec:9: models[0]: 'xgbost' is not available, try xgboost"),
        ("- ridge", "- keras_mpl: {hidden: [3]}", "spec:9: models[0]: 'keras_mpl' is not available, try keras_mlp"),
        ("- ridge", "- ridge: {alhpa: 1.0}", "spec:9: models[0].ridge.alhpa: unknown key 'alhpa', did you mean 'alpha'?"),
        ("- ridge", "- ridge: {alpha: big}", "spec:9: models[0].ridge.alpha: expected a number > 0"),
        ("- ridge", "- logistic_regression", "spec:9: models[0]: 'logistic_regression' can't do a regression; try"),
        ("task: regression", "task: anomalies", "spec:3: task: 'anomalies' is not available, try anomaly"),
        ("task: regression", "task: anomaly", "spec:9: models[0]: 'ridge' can't do anomalies; try"),
        ("- ridge", "- mean: {models: [ridge]}", "spec:9: models[0].mean.models: expected at least two models"),
        ("- ridge", "- mean: [ridge, lasso]", "spec:9: models[0].mean: expected"),
        ("- ridge", "- mean: {models: [ridge, rigde]}", "spec:9: models[0].mean.models[1]: 'rigde' is not available, try ridge"),
        ("- ridge", "- mean: {models: [ridge, {lasso: {alhpa: 1}}]}", "models[0].mean.models[1].lasso.alhpa: unknown key 'alhpa', did you"),
        ("- ridge", "- stacking: {models: [ridge, lasso], mta: ridge}", "models[0].stacking.mta: unknown key 'mta', did you mean 'meta'?"),
        ("- ridge", "- mean: {models: [ridge, kmeans]}", "spec:9: models[0].mean.models[1]: 'kmeans' can't do a regression; try"),
        ("- ridge", "- stacking: {models: [ridge, lasso], meta: {mean: {models: [ridge, lasso]}}}", "meta: 'mean' has no place inside"),
        ("- ridge", "- stacking: {models: [ridge, lasso], meta: logistic_regression}", "meta: 'logistic_regression' can't do a regression"),
        (
            "target: {column: v}",
            "target: {column: v, horizon: soon}",
            "spec:5: target.horizon: expected a number of rows from 1 to 10000, or a duration such as 5d or 30min, got 'soon'",
        ),
        ("target: {column: v}", "target: {column: v, as: direction}", "spec:5: target.as: 'direction' is a class"),
        ("target: {column: v}\n", "", "target: 'target' is missing"),
        ("- ridge", "- ridge\nsplit: {test: 1.5}", "spec:10: split.test: a share lies between 0 and 1"),
        ("- ridge", "- ridge\nsplit: {inner: {folds: 2}}", "spec:10: split.inner: would do nothing: no model has anything to tune; give"),
        ("- ridge", "- ridge\nmetrics: [mea]", "spec:10: metrics[0]: 'mea' is not available, try mae"),
        ("- ridge", "- ridge\nmetrics: [roc_auc]", "spec:10: metrics[0]: 'roc_auc' does not fit a regression"),
        ("- ridge", "- ridge\nname: b", "spec:10: not valid YAML: the key 'name' stands twice (first in line 2)"),
        ("- ridge", "- ridge: {alpha: [1, 2", "not valid YAML"),
        ("- ridge", "- ridge\nvariants: {features: {s: [lag: {columns: [v], periods: [2]}]}}", "variants.features: features stands above"),
        ("version: 1", "version: 2", "spec:1: version: '2' is not available, try 1"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_what_was_meant(old: str, new: str, expected: str) -> None:
    assert old in GOOD
    lines = said(GOOD.replace(old, new))
    assert any(expected in line for line in lines), lines
    assert all("\n" not in line for line in lines)


def test_every_mistake_is_named_at_once_and_once() -> None:
    lines = said(GOOD.replace("name: a", "nam: a").replace("- ridge", "- xgbost").replace("periods", "period"))
    assert len(lines) == 3  # a misspelt key is not called missing as well


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just a text", "null", "[1", "\x00", "a: &x [*x]", "? [1, 2]\n: 3\n"])
def test_what_is_no_document_at_all_is_one_clear_line(text: str) -> None:
    lines = said(text)
    assert lines
    assert all("\n" not in line for line in lines)


def test_a_right_document_has_no_mistakes() -> None:
    assert said(GOOD) == []


def test_settings_change_a_document_from_outside() -> None:
    spec = parse_spec(GOOD, settings=["split.cv.folds=3", "models[0].ridge.alpha=[1, 10]", "features[0].lag.periods={range: [0, 3]}"])
    assert to_dict(spec)["split"] == {"cv": {"folds": 3}}
    assert to_dict(spec)["models"] == [{"ridge": {"alpha": [1.0, 10.0]}}]
    assert to_dict(spec)["features"][0]["lag"]["periods"] == [0, 1, 2]
    for wrong in ("folds", "models[7].ridge.alpha=1"):
        with pytest.raises(SpecError, match="--set"):
            parse_spec(GOOD, settings=[wrong])


def test_yaml_and_the_canonical_form_lose_nothing() -> None:
    spec = parse_spec(GOOD)
    assert parse_spec(to_yaml(spec)) == spec
    again = spec_from_dict(to_dict(spec, full=True))
    assert to_dict(again, full=True) == to_dict(spec, full=True)


def test_a_file_that_is_not_there_is_one_line(tmp_path) -> None:
    with pytest.raises(SpecError, match=r"nothing\.yaml: can't be read: No such file"):
        load_spec(tmp_path / "nothing.yaml")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("17:00", "17:00"),
        ("1e-3", 0.001),
        ("010", 10),
        ("yes", "yes"),
        ("no", "no"),
        ("2017-01-03", "2017-01-03"),
        ("1_000", "1_000"),
        ("0x1f", 31),
    ],
)
def test_words_and_numbers_are_read_as_yaml_1_2_as_the_form_reads_them(text: str, value: object) -> None:
    spec = parse_spec(f"{GOOD}tracking: {{tags: {{'{text}': '{text}'}}}}\n")
    assert read_value(text) == value
    assert type(read_value(text)) is type(value)
    assert parse_spec(to_yaml(spec)) == spec  # a text that looks like a number stays a text
