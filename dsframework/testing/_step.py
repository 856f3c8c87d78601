"""The contract of a preprocessing step."""

from __future__ import annotations

import pickle

import numpy as np

from dsframework.preprocessing import make_step
from dsframework.spec import Component
from dsframework.testing._rows import Floats, some_rows, with_gaps

__all__ = ["check_step"]

_TRAIN = 180


def check_step(component: Component) -> None:
    """Check that a registered preprocessing step keeps the contract of `dsframework.preprocessing.Step`.

    Raises
    ------
    AssertionError
        With what is broken.
    """
    x = with_gaps(some_rows("regression")[0])
    train, test = x[:_TRAIN], x[_TRAIN:]
    names = [f"column_{number}" for number in range(x.shape[1])]
    step = make_step(component)
    stored = pickle.dumps(vars(step))
    learned = [key for key in vars(step) if key.endswith("_")]
    assert not learned, f"the constructor only stores, but there is {learned}"
    arguments = set(vars(step))
    assert step.fit(train, names) is step, "fit returns self"
    hidden = [key for key in set(vars(step)) - arguments if not key.endswith("_")]
    assert not hidden, f"what fit learns has names that end in _, but there is {hidden}"
    assert pickle.dumps({key: vars(step)[key] for key in vars(step) if key in arguments}) == stored, "fit changed an argument"
    _check_transform(component, train, test, names)


def _check_transform(component: Component, train: Floats, test: Floats, names: list[str]) -> None:
    step = make_step(component).fit(train, names)
    given = np.array(test)
    result = step.transform(given)
    assert result.shape == test.shape, f"transform gives the shape {result.shape}, not {test.shape}"
    assert result.dtype == np.float64, f"transform gives {result.dtype}, not float64"
    assert not np.shares_memory(result, given), "transform gives back the array it was given"
    assert given.tobytes() == test.tobytes(), "transform changed its input"
    missing, expected = np.isnan(result), np.zeros_like(test, dtype=bool) if step.fills_nulls else np.isnan(test)
    assert np.array_equal(missing, expected), f"fills_nulls is {step.fills_nulls}, but missing values are not treated so"
    assert step.transform(test[:3]).tobytes() == np.ascontiguousarray(result[:3]).tobytes(), "a row depends on the other rows"
    assert step.transform(test).tobytes() == result.tobytes(), "a second transform gives other bits"
    copy = pickle.loads(pickle.dumps(step))  # noqa: S301 (our own bytes)
    assert copy.transform(test).tobytes() == result.tobytes(), "a pickled step gives other bits"
    step.fit(train * 2.0 + 1.0, names)
    assert step.fit(train, names).transform(test).tobytes() == result.tobytes(), "a step that is fitted again remembers the first fit"
