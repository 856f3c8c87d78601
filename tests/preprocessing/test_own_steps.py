"""The step `python`: classes of a library and of a file of one's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.preprocessing import PolynomialFeatures

from dsframework.data import load_panel
from dsframework.errors import DataError, SpecError
from dsframework.preprocessing import make_steps, own_steps, own_steps_code
from dsframework.spec import Component, PythonStepArguments, SampleData, parse_spec
from dsframework.study import run_study
from dsframework.tracking import load_pipeline

NAMES = ["open", "close", "volume"]
OWN = """
import numpy as np


class Demean:
    def __init__(self, times=1.0):
        self.times = times

    def fit(self, X):
        self.mean_ = np.nanmean(X, axis=0)
        return self

    def transform(self, X):
        return (X - self.mean_) * self.times


class Peeks(Demean):
    def transform(self, X):
        return X - np.nanmean(X, axis=0)


class Breaks(Demean):
    def transform(self, X):
        raise RuntimeError("no luck")


class Infinite(Demean):
    def transform(self, X):
        return X / 0.0


class Flat(Demean):
    def transform(self, X):
        return X.sum(axis=1)


class Supervised(Demean):
    def fit(self, X, y):
        self.mean_ = y.mean()
        return self


class Lacking:
    def fit(self, X):
        return self


ready = 3
"""


@pytest.fixture
def own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of one's own in the current folder; its name differs from test to test, as modules are kept."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    name = f"steps_{abs(hash(str(tmp_path)))}"
    (tmp_path / f"{name}.py").write_text(OWN)
    return name


def python(path: str, **more: Any) -> Component:
    return Component(name="python", arguments=PythonStepArguments(class_=path, **more))


def rows(n: int = 60, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal((1.0, 20.0, 300.0), size=(n, 3))


def test_a_class_with_more_columns_names_them_and_the_others_come_first() -> None:
    train, test = rows(), rows(seed=1)
    steps = make_steps([python("sklearn.preprocessing.PolynomialFeatures", arguments={"include_bias": False}, columns=["o*", "close"])])
    found = steps.fit(train, NAMES).transform(test)
    expected = PolynomialFeatures(include_bias=False).fit(train[:, :2]).transform(test[:, :2])
    assert steps.names_out_ == ("volume", "open", "close", "open^2", "open close", "close^2")
    np.testing.assert_allclose(found, np.column_stack([test[:, 2], expected]), rtol=1e-12)


def test_a_class_that_needs_the_target_gets_it() -> None:
    x = rows(seed=2)
    y = x[:, 1] + 0.01 * x[:, 0]
    steps = make_steps([python("sklearn.feature_selection.SelectKBest", arguments={"score_func": f_regression, "k": 1})])
    found = steps.fit(x, NAMES, y=y).transform(x)
    assert steps.names_out_ == ("close",)
    np.testing.assert_array_equal(found, SelectKBest(f_regression, k=1).fit_transform(x, y))


def test_a_class_whose_target_has_no_default_is_refused_in_a_task_without_one(own_file: str) -> None:
    x = rows()
    steps = make_steps([python(f"{own_file}.Supervised")])
    np.testing.assert_allclose(steps.fit(x, NAMES, y=x[:, 2]).transform(x), x - x[:, 2].mean())
    with pytest.raises(DataError, match="learns from the target, and this task has none"):
        steps.fit(x, NAMES)


def test_an_own_class_learns_from_the_training_rows_only(own_file: str) -> None:
    train, test = rows(), rows(seed=1) * 7.0
    steps = make_steps([python(f"{own_file}.Demean", arguments={"times": 2.0}, columns=["volume"])])
    found = steps.fit(train, NAMES).transform(test)
    np.testing.assert_allclose(found[:, 2], 2.0 * (test[:, 2] - train[:, 2].mean()), rtol=1e-12)
    np.testing.assert_array_equal(found[:, :2], test[:, :2])
    assert own_steps([python(f"{own_file}.Demean")]) == [f"{own_file}.Demean"]
    assert own_steps_code([python(f"{own_file}.Demean")]).modules == [own_file]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Peeks", "gives a row other values when it is alone"),
        ("Breaks", "raised RuntimeError: no luck"),
        ("Infinite", "missing or infinite values"),
        ("Flat", r"gave shape \(60,\) for 60 rows"),
        ("Lacking", "has no method transform"),
        ("Demeen", "did you mean .*Demean"),
        ("ready", "is a int, not a class"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_is_wrong_with_a_class_is_one_line(own_file: str, name: str, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        make_steps([python(f"{own_file}.{name}")]).fit(rows(), NAMES)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("preprocessing.python")


def test_a_wrong_argument_and_a_module_that_is_not_there_are_named(own_file: str) -> None:
    with pytest.raises(DataError, match=r"arguments.*shift"):
        make_steps([python(f"{own_file}.Demean", arguments={"shift": 1})]).fit(rows(), NAMES)
    with pytest.raises(DataError, match="there is no module 'my_nowhere'"):
        make_steps([python("my_nowhere.Demean")]).fit(rows(), NAMES)


DOCUMENT = """
name: own-step
task: regression
data: {loader: sample, n_entities: 2, n_days: 120}
target: {column: volume, transform: log_ratio}
features: [{returns: {columns: [volume], periods: [1, 2], log: true}}]
preprocessing: [{python: {class: OWN.Demean, arguments: {times: 3.0}}}]
split: {test: 0.2, cv: {folds: 2}}
models: [ridge]
metrics: [mae]
"""


def test_a_study_runs_with_it_and_the_class_travels_with_the_model(own_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run_study(parse_spec(DOCUMENT.replace("OWN", own_file)))
    assert result.best is not None
    assert result.best.audit is not None
    assert result.best.audit.verdict in ("clean", "warned")
    panel = load_panel(SampleData(n_entities=2, n_days=120)).frame
    with_it = load_pipeline(result.best.run_id).predict(panel)
    monkeypatch.delitem(sys.modules, own_file)
    Path(f"{own_file}.py").unlink()
    assert load_pipeline(result.best.run_id).predict(panel).equals(with_it)
    assert isinstance(with_it, pl.DataFrame)


def test_a_class_of_the_notebook_itself_is_refused() -> None:
    with pytest.raises(SpecError, match=r"my_steps\.py"):
        parse_spec(DOCUMENT.replace("OWN", "__main__"))
