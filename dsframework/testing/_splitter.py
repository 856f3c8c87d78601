"""The contract of a splitter."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from dsframework.errors import SplitError
from dsframework.spec import CvSpec, catalogue
from dsframework.splitting import Fold, Span, Splitter, TimeAxis, splitters

__all__ = ["check_splitter"]

_AXES = (
    {"n_steps": 61},
    {"n_steps": 60, "horizon": 4, "lookback": 2},
    {"n_steps": 120, "horizon": 2, "period": 5},
)


def check_splitter(name: str, settings: Sequence[dict[str, Any]] = ({},), *, splitter: Splitter | None = None) -> None:
    """Check that a splitter keeps the contract of `dsframework.splitting.Splitter`.

    Parameters
    ----------
    name
        The name of the method.
    settings
        Arguments to try, each as it is written in a spec below ``split.cv``, without the method. They must be possible on 60 time steps
        with a horizon of 4.
    splitter
        The function, where it is not in the registry.

    Raises
    ------
    AssertionError
        With what is broken.
    """
    function = splitters.get(name) if splitter is None else splitter
    model = catalogue.arguments("splitters", name)
    for setting in settings:
        cv = model.model_validate({"method": name, **setting})
        assert isinstance(cv, CvSpec)
        for given in _AXES:
            axis = TimeAxis.of(**given)
            where = f"{name} {setting} on {given}"
            folds = function(axis, cv)
            assert folds == function(axis, cv), f"a second cut differs ({where})"
            check_folds(folds, axis, where)
        _refuses_too_few(function, cv)


def check_folds(folds: Sequence[Fold], axis: TimeAxis, where: str) -> None:
    """Check what every splitter promises of its folds."""
    assert [fold.number for fold in folds] == list(range(1, len(folds) + 1)), f"the folds are not numbered 1, 2, ... ({where})"
    assert folds, f"there is no fold ({where})"
    for fold in folds:
        _check_fold(fold, axis, f"fold {fold.number} of {where}")
    _check_tests(folds, axis.n_steps, where)
    if axis.borders is not None:
        borders = set(axis.borders.tolist())
        cuts = {edge for fold in folds for span in fold.test for edge in (span.start, span.stop)}
        assert cuts <= borders, f"a test window begins or ends inside a period ({where})"


def _check_fold(fold: Fold, axis: TimeAxis, where: str) -> None:
    assert fold.train, f"no training span in {where}"
    assert fold.test, f"no test span in {where}"
    spans = (*fold.train, *fold.test, *fold.purged, *fold.embargoed)
    assert all(0 <= span.start < span.stop <= axis.n_steps for span in spans), f"an empty span, or one outside the steps, in {where}"
    assert all(left.stop <= right.start for left, right in pairwise(sorted(spans))), f"spans overlap in {where}"
    for parts in (fold.train, fold.test, fold.purged, fold.embargoed):
        assert list(parts) == sorted(parts), f"spans that are not in the order of time in {where}"
    for block in fold.blocks:
        end = block.stop - 1 + axis.horizon
        before = [step for step in _steps(fold.train) if step < block.start]
        after = [step for step in _steps(fold.train) if step >= block.stop]
        known_by = min(block.start, fold.known_by) if block == fold.blocks[0] else block.start
        assert all(step + axis.horizon <= known_by for step in before), f"a training label not known when the test begins in {where}"
        assert all(step >= end for step in after), f"a training label that overlaps one of the test before it in {where}"
        if fold.reach == "features":
            assert all(step - axis.lookback > end for step in after), f"a training row whose features read a label of the test in {where}"


def _check_tests(folds: Sequence[Fold], n_steps: int, where: str) -> None:
    """No step is predicted twice, in any path; every path predicts the same steps."""
    times: dict[tuple[int, tuple[int, ...]], np.ndarray[Any, Any]] = {}
    for fold in folds:
        assert not fold.paths or len(fold.paths) == len(fold.test), f"not every test span has a path in fold {fold.number} of {where}"
        for span, path in zip(fold.test, fold.paths or [0] * len(fold.test), strict=True):
            counts = times.setdefault((path, fold.held_out), np.zeros(n_steps, dtype=int))
            counts[span.start : span.stop] += 1
    assert all(counts.max() == 1 for counts in times.values()), f"two test windows overlap ({where})"
    first = next(iter(times.values()))
    assert all((counts == first).all() for counts in times.values()), f"not every path predicts the same steps ({where})"


def _steps(spans: Sequence[Span]) -> list[int]:
    return [step for span in spans for step in range(span.start, span.stop)]


def _refuses_too_few(splitter: Splitter, cv: CvSpec) -> None:
    for n_steps, horizon in ((0, 1), (1, 1), (12, 50)):
        try:
            splitter(TimeAxis.of(n_steps, horizon=horizon), cv)
        except SplitError as error:
            assert error.mend, "a SplitError says what to do"  # noqa: PT017 (this is no pytest test)
            assert error.field, "a SplitError names its field"  # noqa: PT017
        else:
            raise AssertionError(f"no SplitError for {n_steps} steps with horizon {horizon}")
