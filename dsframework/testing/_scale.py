"""The contract of a scale that a target is learned on."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np

from dsframework.preprocessing import TargetTransform
from dsframework.rows import Rows
from dsframework.spec import Component
from dsframework.testing._bars import renamed, renumbered, some_bars
from dsframework.testing._rows import Floats, Trial, frozen

__all__ = ["check_scale"]

_TRAIN = 420
_CLOSE = 1e-9


def check_scale(component: Component) -> None:
    """Check that a registered scale of the target keeps the contract of `dsframework.preprocessing.Scale`.

    Raises
    ------
    AssertionError
        With what is broken.
    """
    trial = some_bars()
    train, test = trial.take(slice(0, _TRAIN)), trial.take(slice(_TRAIN, None))
    _check_arguments(component, train)
    scale = _fitted(component, train)
    _check_round_trip(scale, train, "training")
    _check_round_trip(scale, test, "test")
    z = _forward(scale, test)
    _check_arrays(scale, test, z)
    _check_rows(scale, test, z)
    _check_order(scale, test, z)
    copy = pickle.loads(pickle.dumps(scale))  # noqa: S301 (our own bytes)
    assert _forward(copy, test).tobytes() == z.tobytes(), "a pickled scale gives other bits"
    assert _forward(_fitted(component, train), test).tobytes() == z.tobytes(), "a second fit gives other bits"
    scale.fit(_y(train) * 2.0 + 1.0, train.rows)
    scale.fit(_y(train), train.rows)
    assert _forward(scale, test).tobytes() == z.tobytes(), "a scale that is fitted again remembers the first fit"


def _check_arguments(component: Component, train: Trial) -> None:
    (scale,) = TargetTransform(component).scales
    learned = [key for key in vars(scale) if key.endswith("_")]
    assert not learned, f"the constructor only stores, but there is {learned}"
    arguments = set(vars(scale))
    assert scale.fit(_y(train), train.rows) is scale, "fit returns self"
    hidden = [key for key in set(vars(scale)) - arguments if not key.endswith("_")]
    assert not hidden, f"what fit learns has names that end in _, but there is {hidden}"


def _check_round_trip(scale: TargetTransform, trial: Trial, which: str) -> None:
    y = _y(trial)
    back = scale.inverse(_forward(scale, trial), _told(trial.rows))
    wrong = np.abs(back - y) > _CLOSE * np.abs(y)
    assert not wrong.any(), f"inverse does not undo forward for {int(wrong.sum())} of {len(y)} {which} rows"


def _check_arrays(scale: TargetTransform, test: Trial, z: Floats) -> None:
    given = np.array(_y(test))
    found = scale.forward(given, _told(test.rows))
    assert found.shape == given.shape, f"forward gives the shape {found.shape}, not {given.shape}"
    assert not np.shares_memory(found, given), "forward gives back the array it was given"
    assert given.tobytes() == _y(test).tobytes(), "forward changed its input"
    assert np.isfinite(z).all(), "a value that has a place on the scale is not finite there"
    held = np.array(z)
    assert not np.shares_memory(scale.inverse(held, _told(test.rows)), held), "inverse gives back the array it was given"
    assert held.tobytes() == z.tobytes(), "inverse changed its input"


def _check_rows(scale: TargetTransform, test: Trial, z: Floats) -> None:
    """A row depends on no other one; entities go by their names, and may be new."""
    back = scale.inverse(z, _told(test.rows))
    for chosen in (slice(0, 1), slice(3, 7), np.array([2, 11, 40])):
        part = test.take(chosen)
        assert _forward(scale, part).tobytes() == z[chosen].tobytes(), "a value on the scale depends on the other rows"
        alone = scale.inverse(z[chosen], _told(part.rows))
        assert alone.tobytes() == back[chosen].tobytes(), "a value of the inverse depends on the other rows"
    others = replace(test, rows=renumbered(test.rows))
    assert _forward(scale, others).tobytes() == z.tobytes(), "entities that are numbered another way get other values"
    _check_round_trip(scale, replace(test, rows=renamed(test.rows)), "unknown entities'")


def _check_order(scale: TargetTransform, test: Trial, z: Floats) -> None:
    """What is more on the scale is not less in the target's unit, so that quantiles stay in order."""
    last: Floats | None = None
    for moved in (-0.5, -0.1, 0.0, 0.1, 0.5):
        found = scale.inverse(z + moved, _told(test.rows), quantile=True)
        if last is not None:
            assert (found >= last).all(), "a larger value on the scale is a smaller one of the target"
        last = found


def _fitted(component: Component, train: Trial) -> TargetTransform:
    return TargetTransform(component).fit(_y(train), train.rows)


def _forward(scale: TargetTransform, trial: Trial) -> Floats:
    return scale.forward(_y(trial), _told(trial.rows))


def _y(trial: Trial) -> Floats:
    assert trial.y is not None
    return frozen(trial.y)


def _told(rows: Rows) -> Rows:
    """The rows as they are when nothing ahead of them is known."""
    return replace(rows, label_time=None)
