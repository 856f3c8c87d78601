"""Components of another package: named in a spec like ours, validated, drawn in the form, fitted."""

import sys

import numpy as np
import pytest

from dsframework.errors import ModelError, SpecError
from dsframework.spec import catalogue, json_schema, parse_spec, to_dict, to_yaml
from dsframework.study import run_study
from dsframework.testing import check_model, check_step

PACKAGE = '''
import numpy as np
import polars as pl
from typing import Annotated, Any
from dsframework.features import FeatureColumn
from dsframework.spec import DataSpec, ModelArguments, Searchable

class MeanArguments(ModelArguments):
    """A constant beside the mean."""
    shift: Annotated[Any, Searchable(float, ge=0)] = 0.0

class Mean:
    arguments = MeanArguments
    tasks = ("regression",)
    takes_null = early_stops = False
    def __init__(self, params, *, task, seed, threads): self.params = dict(params)
    def fit(self, x, y, *, rounds=None):
        self.mean_ = float(np.mean(y)) + self.params.get("shift", 0.0)
        return self
    def predict(self, x): return np.full(len(x), self.mean_)
    def feature_importance(self): return None

class Free(Mean):
    arguments = None

class Halve:
    fills_nulls = False
    def __init__(self, by=2.0): self.by = by
    def fit(self, x, names): return self
    def transform(self, x): return x / self.by

def square(arguments):
    return [FeatureColumn(f"{name}_squared", (("columns", name),), expression=pl.col(name) ** 2) for name in arguments.columns]

class CountArguments(DataSpec):
    """Numbers in order."""
    rows: int = 60

def count(data, request):
    return pl.DataFrame({"time": pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 1, 1) + pl.duration(days=data.rows - 1), eager=True),
                         "v": [float(n % 7) for n in range(data.rows)]})
count.arguments = CountArguments
'''
ENTRY_POINTS = """
[jupyterlab_tsml.models]
level = tsml_other:Mean
free = tsml_other:Free
ridge = tsml_other:Mean
broken = tsml_not_there:Model
[jupyterlab_tsml.preprocessing]
halve = tsml_other:Halve
[jupyterlab_tsml.features]
square = tsml_other:square
[jupyterlab_tsml.loaders]
count = tsml_other:count
"""
SPEC = """
name: other
task: regression
data: {loader: count, rows: 80}
target: {column: v}
features: [square: {columns: [v]}]
preprocessing: [halve: {by: 4.0}]
split: {cv: {folds: 2}}
models: [level: {shift: [0.0, 5.0]}, free: {shift: 1.0}]
metrics: [mae]
"""


@pytest.fixture
def other_package(tmp_path, monkeypatch):
    from dsframework.data._registry import _loaders
    from dsframework.features._registry import _features

    (tmp_path / "tsml_other.py").write_text(PACKAGE)
    info = tmp_path / "tsml_other-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tsml-other\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("tsml_other", None)
    _loaders.pop("count", None)
    _features.pop("square", None)
    from dsframework.models import models
    from dsframework.preprocessing import steps

    for registry in (models, steps):
        for name in ("level", "free", "halve"):
            registry._loaded.pop(name, None)


def said(text):
    with pytest.raises(SpecError) as caught:
        parse_spec(text)
    return str(caught.value)


def test_a_spec_names_them_and_the_study_gives_what_they_compute(other_package):
    spec = parse_spec(SPEC)
    assert parse_spec(to_yaml(spec)) == spec
    mean, free = run_study(spec).result.experiments
    assert (mean.error, free.error) == (None, None)
    values = np.array([n % 7 for n in range(80)], dtype=float)
    rows, labels = 79, values[1:]
    test = -(-rows * 15 // 100)
    expected = np.mean(np.abs(labels[rows - test :] - labels[: rows - test].mean()))
    assert mean.params == {"shift": 0.0}
    assert mean.test["mae"] == pytest.approx(expected, abs=1e-12)
    assert free.test["mae"] == pytest.approx(np.mean(np.abs(labels[rows - test :] - labels[: rows - test].mean() - 1.0)), abs=1e-12)


def test_what_they_declare_is_checked_like_ours(other_package):
    assert "models[0].level.shif: unknown key 'shif', did you mean 'shift'?" in said(
        SPEC.replace("[level: {shift: [0.0, 5.0]}", "[level: {shif: 1}")
    )
    assert "models[0].level.shift: expected a number >= 0, a list" in said(SPEC.replace("shift: [0.0, 5.0]", "shift: -1.0"))
    assert "'levle' is not available, try level" in said(SPEC.replace("[level:", "[levle:"))


def test_a_package_that_can_not_be_imported_is_one_line_and_hides_nothing_else(other_package):
    line = said(SPEC.replace("free: {shift: 1.0}", "broken"))
    assert "models[1]: 'broken' can't be imported: No module named 'tsml_not_there'; repair or remove the package" in line
    assert len(line.splitlines()) == 1
    drawn = str(json_schema())
    assert "Numbers in order." in drawn
    assert "'level'" in drawn
    assert "'broken'" not in drawn


def test_a_name_of_ours_is_never_hidden(other_package):
    assert catalogue.arguments("models", "ridge").__name__ == "RidgeArguments"
    assert to_dict(parse_spec(SPEC.replace("free: {shift: 1.0}", "ridge")))["models"][1] == "ridge"


def test_the_contract_suites_know_them(other_package):
    check_step(parse_spec(SPEC).preprocessing[0])
    with pytest.raises(ModelError, match="'level' can't do a classification; try calibrated, catboost"):
        check_model("level", {"shift": 1.0}, "classification")
