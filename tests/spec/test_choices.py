"""Choices whose values bring arguments of their own."""

from __future__ import annotations

import json

import jsonschema
import pytest
from pydantic import ConfigDict

from dsframework.errors import SpecError
from dsframework.spec import (
    Component,
    ExperimentSpec,
    ModelArguments,
    json_schema,
    model_params,
    parse_spec,
    search_space,
    spec_from_dict,
    to_dict,
    to_yaml,
)

START = """
version: 1
name: choices
task: regression
data: {loader: sample, n_entities: 3, n_days: 100}
target: {column: volume}
features: [{lag: {columns: [volume], periods: [1]}}]
models:
"""


def spec(model: str, tail: str = "") -> ExperimentSpec:
    return parse_spec(f"{START}  - {model}\n{tail}")


def only_model(model: str) -> Component:
    found = spec(model).models
    assert found is not None
    return found[0]


def problem(model: str, tail: str = "") -> str:
    with pytest.raises(SpecError) as caught:
        spec(model, tail)
    return str(caught.value)


MODELS = [
    "svm: {kernel: {choose: {rbf: {gamma: {log_uniform: [0.001, 1.0]}}, linear: {}}}, C: [1.0, 10.0]}",
    "svm: {kernel: {choose: {rbf: {gamma: {choose: {0.5: {C: [1.0, 2.0]}, 0.1: {}}}}, linear: {C: 3.0}}}}",
    "random_forest: {max_depth: {choose: {null: {min_samples_leaf: [5, 10]}, 4: {}}}}",
    "ridge: {fit_intercept: {choose: {true: {alpha: [1.0, 2.0]}, false: {}}}}",
    "mean: {models: [ridge, {svm: {kernel: {choose: {rbf: {gamma: [0.1, 1.0]}, linear: {}}}}}]}",
    "arima: {seasonal_p: {choose: {0: {}, 1: {season: [5, 10]}}}}",
    "python: {class: a.B, arguments: {kind: {choose: {deep: {rate: [1, 2], more: {choose: {2: {z: [1]}, null: {}, true: {}}}}, 4: {}}}}}",
]


@pytest.mark.parametrize("model", MODELS)
def test_the_text_the_form_and_json_mean_the_same(model: str) -> None:
    document = spec(model)
    full = to_dict(document, full=True)
    assert parse_spec(to_yaml(document)) == document
    assert to_dict(spec_from_dict(json.loads(json.dumps(full))), full=True) == full
    again = spec_from_dict(json.loads(json.dumps(to_dict(document))))
    assert again == document
    assert [search_space(one) for one in again.models or ()] == [search_space(one) for one in document.models or ()]
    jsonschema.Draft202012Validator(json_schema()).validate(json.loads(json.dumps(full)))


def test_keys_are_values_of_their_kind() -> None:
    assert search_space(only_model(MODELS[2]))["max_depth"] == {"choose": [[None, {"min_samples_leaf": [5, 10]}], [4, {}]]}
    assert search_space(only_model(MODELS[3]))["fit_intercept"] == {"choose": [[True, {"alpha": [1.0, 2.0]}], [False, {}]]}
    whole = {"choose": [[2, {"arguments.z": [1]}], [None, {}], [True, {}]]}
    assert search_space(only_model(MODELS[6]))["arguments.kind"] == {
        "choose": [["deep", {"arguments.rate": [1, 2], "arguments.more": whole}], [4, {}]]
    }


def test_a_brought_argument_is_converted_like_any_other() -> None:
    model = only_model("svm: {kernel: {choose: {rbf: {gamma: [1, 2]}, linear: {C: 3}}}}")
    assert search_space(model)["kernel"] == {"choose": [["rbf", {"gamma": [1.0, 2.0]}], ["linear", {"C": 3.0}]]}


def test_one_inside_an_ensemble_has_the_path_of_its_model() -> None:
    model = only_model(MODELS[4])
    stem = "models.1.svm"
    assert search_space(model) == {
        "models.0.ridge": {},
        f"{stem}.kernel": {"choose": [["rbf", {f"{stem}.gamma": [0.1, 1.0]}], ["linear", {}]]},
    }
    point = {"models.0.ridge": {}, f"{stem}.kernel": "rbf", f"{stem}.gamma": 0.1}
    assert model_params("mean", point) == {"models": [{"ridge": {}}, {"svm": {"kernel": "rbf", "gamma": 0.1}}]}


def test_a_default_beside_a_choice_that_brings_it_does_no_harm() -> None:
    model = only_model("svm: {gamma: null, C: 1.0, kernel: {choose: {rbf: {gamma: [0.1, 1.0]}, linear: {}}}}")
    assert set(search_space(model)) == {"kernel", "C"}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (
            "svm: {kernel: {choose: {rbf: {gama: 1.0}, linear: {}}}}",
            "spec:9: models[0].svm.kernel.choose.rbf.gama: unknown key 'gama', did you mean 'gamma'?",
        ),
        ("svm: {kernel: {choose: {rbf: {gamma: -1.0}}}}", "models[0].svm.kernel.choose.rbf.gamma: expected a number > 0"),
        ("svm: {kernel: {choose: {liner: {}}}}", "models[0].svm.kernel.choose.liner: expected a text (rbf, linear)"),
        ("svm: {kernel: {choose: {linear: {gamma: 2.0}}}}", "models[0].svm.kernel.choose.linear: gamma would do nothing"),
        ("svm: {gamma: 2.0, kernel: {choose: {rbf: {}, linear: {}}}}", "models[0].svm.kernel.choose.linear: gamma would do nothing"),
        (
            "svm: {C: 5.0, kernel: {choose: {rbf: {C: 2.0}, linear: {}}}}",
            "models[0].svm.kernel.choose.rbf.C: 'C' stands outside this choice as well; remove one of the two",
        ),
        (
            "svm: {kernel: {choose: {rbf: {gamma: {choose: {0.5: {kernel: linear}}}}}}}",
            "models[0].svm.kernel.choose.rbf: 'kernel' stands inside its own choice; remove it there",
        ),
        ("svm: {kernel: {choose: {rbf: 5}}}", "models[0].svm.kernel.choose.rbf: expected the arguments that rbf brings"),
        ("svm: {kernel: {choose: [rbf, linear]}}", "models[0].svm.kernel.choose: choose takes values, each with the arguments"),
        ("svm: {kernel: {choose: {}}}", "models[0].svm.kernel.choose: choose takes values"),
        ("svm: {kernel: {chose: {rbf: {}}}}", "('chose' is not available, try choose)"),
        ("random_forest: {max_depth: {choose: {4: {}, '4': {}}}}", "models[0].random_forest.max_depth.choose.4: '4' stands twice"),
        (
            "python: {class: a.B, arguments: {rate: 1, kind: {choose: {deep: {rate: 2}}}}}",
            "models[0].python.arguments.kind.choose.deep.rate: 'rate' stands outside this choice as well",
        ),
        (
            "python: {class: a.B, arguments: {a: {choose: {x: {c: 1}}}, b: {choose: {y: {c: 2}}}}}",
            "models[0].python.arguments.a.choose.x.c: 'c' stands outside this choice as well",
        ),
        (
            "python: {class: a.B, arguments: {kind: {choose: {deep: 3}}}}",
            "models[0].python.arguments.kind.choose.deep: expected the arguments",
        ),
        (
            "mean: {models: [ridge, {svm: {kernel: {choose: {rbf: {gamma: 0.0}}}}}]}",
            "models[0].mean.models[1].svm.kernel.choose.rbf.gamma: expected a number > 0",
        ),
    ],
)
def test_a_mistake_is_told_where_it_stands(model: str, expected: str) -> None:
    assert expected in problem(model)


def test_arguments_that_a_package_does_not_declare_are_chosen_as_well() -> None:
    kind = type("OpenArguments", (ModelArguments,), {"model_config": ConfigDict(extra="allow")})
    arguments = kind.model_validate({"kind": {"choose": {"a": {"rate": [1, 2]}, "4": None}}})
    assert search_space(Component(name="theirs", arguments=arguments)) == {"kind": {"choose": [["a", {"rate": [1, 2]}], [4, {}]]}}


def test_a_model_that_is_not_searched_has_no_choices() -> None:
    tail = "preprocessing: [{select: {keep: 3, model: {random_forest: {max_depth: {choose: {4: {}, 5: {}}}}}}}]\n"
    assert "the model of a selection is not searched; give max_depth one value" in problem("ridge", tail)


@pytest.mark.parametrize(
    ("model", "tuning", "expected"),
    [
        (
            "svm: {C: {log_uniform: [1, 10]}}",
            "method: cmaes",
            "tuning.method: cmaes needs two ranges to search or more, and models[0].svm has one",
        ),
        (
            "mean: {models: [ridge, {svm: {C: {uniform: [1, 2]}, gamma: {uniform: [1, 2]}, kernel: [rbf, linear]}}]}",
            "method: cmaes",
            "models[0].mean.models[1].svm.kernel: cmaes searches ranges of numbers only; give it a range or one value, or use method: tpe",
        ),
        ("svm: {kernel: {choose: {rbf: {}, linear: {}}}}", "method: gp", "models[0].svm.kernel: gp has no choices that bring arguments"),
        ("svm: {kernel: {choose: {rbf: {}, linear: {}}}}", "method: cmaes", "models[0].svm.kernel: cmaes has no choices that bring"),
        (
            "svm: {C: [1, 2]}",
            "method: sobol, batch: 4",
            "tuning.batch: would do nothing: sobol learns nothing from scores; use method: tpe",
        ),
        ("svm: {C: [1, 2]}", "warm_start: [abcdef]", "tuning.warm_start: would do nothing: grid learns nothing from scores"),
        ("ridge", "method: tpe, warm_start: [abcdef]", "tuning.warm_start: would do nothing: no model has anything to tune"),
        ("svm: {C: [1, 2]}", "method: tpe, warm_start: [last]", "tuning.warm_start[0]: 'last' is not a study's id"),
        ("svm: {C: [1, 2]}", "pareto: [mae]", "tuning.pareto: one metric has a best trial and no front"),
        ("svm: {C: [1, 2]}", "pareto: [mae, bias]", "tuning.pareto[1]: 'bias' can't rank trials"),
        ("svm: {C: [1, 2]}", "pareto: [mae, mae]", "tuning.pareto[1]: 'mae' stands twice"),
        ("svm: {C: [1, 2]}", "pareto: [mae, median_ae]", "tuning.pareto[1]: 'median_ae' is not computed; add it to metrics"),
    ],
)
def test_what_a_search_can_not_do_is_told_when_the_document_is_read(model: str, tuning: str, expected: str) -> None:
    assert expected in problem(model, f"tuning: {{{tuning}}}\n")


def test_a_list_of_one_value_is_no_choice_to_cmaes() -> None:
    read = spec("mlp: {hidden: [20], alpha: {uniform: [0.1, 1]}, learning_rate: {log_uniform: [0.001, 0.1]}}", "tuning: {method: cmaes}\n")
    assert (read.tuning.method, read.models[0].arguments.hidden) == ("cmaes", [[20]])
