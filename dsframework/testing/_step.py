"""The contract of a preprocessing step."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np

from dsframework.errors import DataError
from dsframework.models import make_model
from dsframework.preprocessing import ModelMaker, make_step
from dsframework.rows import Rows
from dsframework.spec import Component
from dsframework.testing._bars import renamed, renumbered, some_bars
from dsframework.testing._rows import Floats, Trial

__all__ = ["check_step"]

_TRAIN = 420


def check_step(component: Component) -> None:
    """Check that a registered preprocessing step keeps the contract of `dsframework.preprocessing.Step`.

    Raises
    ------
    AssertionError
        With what is broken.
    """
    trial = some_bars(gaps=True)
    if getattr(make_step(component), "refuses_nulls", False):
        _check_refusal(component, trial)
        trial = some_bars()
    train, test = trial.take(slice(0, _TRAIN)), trial.take(slice(_TRAIN, None))
    names = [f"column_{number}" for number in range(trial.x.shape[1])]
    _check_arguments(component, train, names)
    step = _fitted(component, train, names)
    result = _check_transform(step, test, names)
    _check_rows(step, trial, test, result)
    copy = pickle.loads(pickle.dumps(step))  # noqa: S301 (our own bytes)
    assert _transform(copy, test).tobytes() == result.tobytes(), "a pickled step gives other bits"
    _fit(step, replace(train, x=train.x * 2.0 + 1.0), names)
    assert _transform(_fit(step, train, names), test).tobytes() == result.tobytes(), "a step that is fitted again remembers the first fit"


def _check_arguments(component: Component, train: Trial, names: list[str]) -> None:
    step = make_step(component)
    stored = pickle.dumps(vars(step))
    learned = [key for key in vars(step) if key.endswith("_")]
    assert not learned, f"the constructor only stores, but there is {learned}"
    arguments = set(vars(step))
    assert _fit(step, train, names) is step, "fit returns self"
    hidden = [key for key in set(vars(step)) - arguments if not key.endswith("_")]
    assert not hidden, f"what fit learns has names that end in _, but there is {hidden}"
    assert pickle.dumps({key: vars(step)[key] for key in vars(step) if key in arguments}) == stored, "fit changed an argument"


def _check_refusal(component: Component, trial: Trial) -> None:
    names = [f"column_{number}" for number in range(trial.x.shape[1])]
    refused = ""
    try:
        _fitted(component, trial, names)
    except DataError as error:
        refused = str(error)
    assert refused, "refuses_nulls is True, but a missing value is not refused"
    assert "column_0" in refused, f"the column with the gap is not named: {refused}"


def _check_transform(step: Any, test: Trial, names: list[str]) -> Floats:
    given = np.array(test.x)
    result = _transform(step, replace(test, x=given))
    expected = (len(given), len(step.names_out_) if getattr(step, "changes_columns", False) else len(names))
    assert result.shape == expected, f"transform gives the shape {result.shape}, not {expected}"
    assert result.dtype == np.float64, f"transform gives {result.dtype}, not float64"
    assert not np.shares_memory(result, given), "transform gives back the array it was given"
    assert given.tobytes() == test.x.tobytes(), "transform changed its input"
    if step.fills_nulls or not np.isnan(test.x).any():
        assert not np.isnan(result).any() or getattr(step, "makes_nulls", False), "there are missing values after it"
    elif not getattr(step, "changes_columns", False):
        assert not (np.isnan(result) & ~np.isnan(test.x)).any(), "there are more missing values after it than before"
    assert _transform(step, test).tobytes() == result.tobytes(), "a second transform gives other bits"
    return result


def _check_rows(step: Any, trial: Trial, test: Trial, result: Floats) -> None:
    """A row depends on no other row but its history; entities go by their names, and may be new."""
    history = getattr(step, "history", 0)
    whole = _transform(step, trial)
    for first, last in ((_TRAIN, _TRAIN + 3), (_TRAIN + 5, _TRAIN + 6), (_TRAIN + 20, len(trial.x))):
        seen = trial.asking(first, last, history)
        assert seen.rows.asked is not None
        found = np.ascontiguousarray(_transform(step, seen)[seen.rows.asked])
        assert found.tobytes() == np.ascontiguousarray(whole[first:last]).tobytes(), "a row depends on the other rows"
    if getattr(step, "needs_rows", False):
        others = _transform(step, replace(test, rows=renumbered(test.rows)))
        assert others.tobytes() == result.tobytes(), "entities that are numbered another way get other values"
        unknown = _transform(step, replace(test, rows=renamed(test.rows)))
        assert unknown.shape == result.shape, "entities that were not there in training change the shape"
        assert not (np.isnan(unknown) & ~np.isnan(result)).any(), "entities that were not there in training get missing values"


def _fitted(component: Component, trial: Trial, names: list[str]) -> Any:
    return _fit(make_step(component), trial, names)


def _fit(step: Any, trial: Trial, names: list[str]) -> Any:
    return step.fit(trial.x, names, **_wanted(step, needs_rows=trial.rows, needs_target=trial.y, needs_models=_MODELS))


def _transform(step: Any, trial: Trial) -> Floats:
    rows: Rows = replace(trial.rows, label_time=None)
    found: Floats = step.transform(trial.x, **_wanted(step, needs_rows=rows))
    return found


_KEYWORDS = {"needs_rows": "rows", "needs_target": "y", "needs_models": "models"}


def _wanted(step: Any, **offered: Any) -> dict[str, Any]:
    return {_KEYWORDS[need]: value for need, value in offered.items() if getattr(step, need, False)}


def _model(component: Component) -> Any:
    params = component.arguments.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return make_model(component.name, params, task="regression")


_MODELS = ModelMaker("regression", _model)
