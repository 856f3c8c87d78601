"""Forms of stages, and values inside of them, that the search chooses: what is read, and what is refused where it stands."""

from __future__ import annotations

import pytest

from dsframework.errors import SpecError
from dsframework.spec import ExperimentSpec, SearchedStages, parse_spec, spec_from_dict, to_dict, to_yaml, validate_text

TEXT = """
version: 1
name: searched
task: regression
data: {loader: sample, n_entities: 3, n_days: 120, seed: 4}
target: {column: volume, transform: log}
models: [{ridge: {alpha: [0.1, 1.0]}}]
search:
  features:
    short: [{lag: {columns: [volume], periods: [0, 1]}}]
    long: [{lag: {columns: [volume], periods: [0, 1]}}, {rolling: {columns: [volume], windows: [5], stats: [mean]}}]
  preprocessing: {plain: [], pca: [standard_scale, {pca: {n_components: 2}}]}
  values:
    features.long[1].rolling.windows: [[5], [5, 21]]
    preprocessing.pca.1.pca.n_components: {int: [1, 2]}
    split.cv.window: [expanding, 30]
tuning: {method: tpe, trials: 6}
"""


def stages_of(spec: ExperimentSpec) -> SearchedStages:
    assert spec.searched_stages is not None
    return spec.searched_stages


def test_a_search_over_stages_is_written_as_it_was_read() -> None:
    spec = parse_spec(TEXT)
    assert parse_spec(to_yaml(spec)) == spec
    assert spec_from_dict(to_dict(spec, full=True)) == spec


def test_what_is_searched_inside_of_a_form_belongs_to_that_form() -> None:
    assert stages_of(parse_spec(TEXT)).space() == {
        "features": {"choose": [["short", {}], ["long", {"features.long.1.rolling.windows": [[5], [5, 21]]}]]},
        "preprocessing": {"choose": [["plain", {}], ["pca", {"preprocessing.pca.1.pca.n_components": {"int": [1, 2]}}]]},
        "split.cv.window": ["expanding", 30],
    }


def test_forms_that_bring_nothing_are_a_list() -> None:
    text = TEXT.partition("  values:")[0] + "tuning: {method: gp, trials: 6}\n"
    assert stages_of(parse_spec(text)).space() == {"features": ["short", "long"], "preprocessing": ["plain", "pca"]}


def test_a_point_becomes_stages() -> None:
    point = {"features": "long", "features.long.1.rolling.windows": [5, 21], "preprocessing": "pca", "split.cv.window": 30}
    settled = stages_of(parse_spec(TEXT)).settle(point)
    assert [component.to_plain() for component in settled["features"]] == [
        {"lag": {"columns": ["volume"], "periods": [0, 1]}},
        {"rolling": {"columns": ["volume"], "windows": [5, 21], "stats": ["mean"]}},
    ]
    assert [component.to_plain() for component in settled["preprocessing"]] == ["standard_scale", {"pca": {"n_components": 1}}]
    assert settled["split"].cv.window == 30
    assert stages_of(parse_spec(TEXT)).settle({})["features"][0].to_plain() == {"lag": {"columns": ["volume"], "periods": [0, 1]}}


def test_a_value_stands_inside_a_stage_that_the_document_has_once() -> None:
    text = TEXT.partition("search:")[0] + (
        "features: [{rolling: {columns: [volume], windows: [5], stats: [mean]}}]\n"
        "search: {values: {'features[0].rolling.windows[0]': {int: [2, 9]}}}\n"
    )
    spec = parse_spec(text)
    assert stages_of(spec).space() == {"features.0.rolling.windows.0": {"int": [2, 9]}}
    windows = [stages_of(spec).settle(point)["features"][0].arguments.windows for point in ({}, {"features.0.rolling.windows.0": 7})]
    assert windows == [[2], [7]]


WINDOWS = "features.long[1].rolling.windows: [[5], [5, 21]]"


@pytest.mark.parametrize(
    ("given", "instead", "field", "message"),
    [
        (
            WINDOWS,
            "features.long[1].rolling.windos: [[5], [6]]",
            "search.values.features.long[1].rolling.windos",
            "there is no [1].rolling.",
        ),
        (
            WINDOWS,
            "features.long[1].roling.windows: [[5], [6]]",
            "search.values.features.long[1].roling.windows",
            "is 'rolling', not 'roling'",
        ),
        (
            WINDOWS,
            "features.long[7].lag.periods: [[5], [6]]",
            "search.values.features.long[7].lag.periods",
            "has 2 entries, numbered from 0",
        ),
        (WINDOWS, "features.lon[1].lag.periods: [[5], [6]]", "search.values.features.lon[1].lag.periods", "did you mean features.long?"),
        (WINDOWS, "features.long: [[5], [6]]", "search.values.features.long", "names a whole stage; write its forms with names"),
        (
            WINDOWS,
            "models[0].ridge.alpha: [1, 2]",
            "search.values.models[0].ridge.alpha",
            "a model's arguments are searched where they stand",
        ),
        (WINDOWS, "features.long[1].rolling.windows: [[5]]", "search.values.features.long[1].rolling.windows", "one value is no choice"),
        (WINDOWS, "features.long[1].rolling.windows: [[5], [5]]", "search.values.features.long[1].rolling.windows", "a value stands twice"),
        (WINDOWS, "features.long[1].rolling.windows: {int: [9, 2]}", "search.values.features.long[1].rolling.windows", "low < high"),
        (
            WINDOWS,
            "features.long[1].rolling.windows: [[5], [0]]",
            "search.values.features.long[1].rolling.windows",
            "[0] can't stand there",
        ),
        ("method: tpe", "method: gp", "search.features", "gp has no choices that bring arguments of their own"),
        ("plain: [], ", "", "search", "preprocessing has one form; name two or more, or write it as preprocessing"),
        ("{plain: [], ", "{a.b: [], ", "search", "preprocessing: 'a.b' can't name a form"),
        ("tuning:", "features: [{lag: {columns: [volume], periods: [1]}}]\ntuning:", "search.features", "stands above as well"),
        ("tuning:", "split: {inner: {folds: 2}}\ntuning:", "split.inner", "a nested split searches models only"),
        ("plain: []", "plain: [{winsorise: {}}]", "search.preprocessing.plain[0]", "is not available"),
    ],
)
def test_a_mistake_is_told_with_its_place(given: str, instead: str, field: str, message: str) -> None:
    assert given in TEXT
    issues = {issue.field: issue.message for issue in validate_text(TEXT.replace(given, instead))}
    assert message in issues.get(field, ""), issues


def test_a_mistake_in_a_value_has_the_line_of_its_path() -> None:
    text = TEXT.replace(WINDOWS, "features.long[1].rolling.windos: [[5], [6]]")
    (issue,) = validate_text(text)
    assert issue.line is not None
    assert "windos" in text.splitlines()[issue.line - 1]


def test_scores_in_the_features_themselves_are_not_compared() -> None:
    text = TEXT.replace("task: regression", "task: anomaly").replace("models: [{ridge: {alpha: [0.1, 1.0]}}]", "models: [isolation_forest]")
    with pytest.raises(
        SpecError, match="search: anomalies are scored in their own features, so that those of other ones can't be compared"
    ):
        parse_spec(text)


def test_values_that_are_wrong_together_are_told_when_they_meet() -> None:
    text = TEXT.partition("search:")[0] + (
        "features: [{ewm: {columns: [volume], spans: [5]}}]\n"
        "search: {values: {'features[0].ewm.spans': [[5], null], 'features[0].ewm.alphas': [[0.1], null]}}\n"
    )
    stages = stages_of(parse_spec(text))
    assert stages.settle({"features.0.ewm.spans": None})["features"][0].arguments.alphas == [0.1]
    with pytest.raises(SpecError, match=r"search.features: features.0.ewm.spans: None, features.0.ewm.alphas: None: .*say how fast"):
        stages.settle({"features.0.ewm.spans": None, "features.0.ewm.alphas": None})
