"""Walk-forward validation: learn from the past, test on what follows, move on."""

from __future__ import annotations

from itertools import pairwise

from dsframework.errors import SplitError
from dsframework.spec import CvSpec, Length, WalkForwardCv
from dsframework.splitting._axis import TimeAxis
from dsframework.splitting._base import Fold
from dsframework.splitting._gaps import left_out_before
from dsframework.splitting._span import Span

__all__ = ["walk_forward"]


def walk_forward(axis: TimeAxis, cv: CvSpec) -> list[Fold]:
    """Cut the steps before the final test into folds that learn from the past only.

    Every test window has ``periods // (folds + 1)`` periods (a period is a step unless the split says ``by``), or `test_size`; together
    they are the tail of the axis. With purge, embargo and gap of one number of steps these are the folds of scikit-learn's
    ``TimeSeriesSplit(folds, max_train_size=window, test_size=test_size, gap=gap)``, and one fold is allowed as well. A sliding window that
    reaches back before the first step is cut short there. With ``refit: k`` every k-th fold is fitted; its model predicts the next
    ``k - 1`` windows as well, whose folds therefore have its training steps and `fitted`, the step at which it was fitted.

    Nothing is left out behind a test window, which the training part of a later fold takes in again: an embargo lies before a test.

    Parameters
    ----------
    axis
        The steps before the final test.
    cv
        The spec's ``split.cv`` with ``method: walk_forward``.

    Raises
    ------
    SplitError
        When there are too few steps, or two test windows would overlap.

    Examples
    --------
    >>> from dsframework.splitting import draw
    >>> axis = TimeAxis.of(24, horizon=2)
    >>> print(draw(walk_forward(axis, WalkForwardCv(folds=3)), axis))
    1  TTTTTpXXXXXX
    2  TTTTTTTTTTTpXXXXXX
    3  TTTTTTTTTTTTTTTTTpXXXXXX
    >>> print(draw(walk_forward(axis, WalkForwardCv(folds=3, window=6, test_size=4, step=5, embargo=2)), axis))
    1   TTTTTTeepXXXX
    2        TTTTTTeepXXXX
    3             TTTTTTeepXXXX
    >>> print(draw(walk_forward(axis, WalkForwardCv(folds=4, refit=2)), axis))
    1  TTTTTTTpXXXX
    2  TTTTTTTp    XXXX
    3  TTTTTTTTTTTTTTTpXXXX
    4  TTTTTTTTTTTTTTTp    XXXX
    """
    assert isinstance(cv, WalkForwardCv)
    windows = _windows(axis, cv)
    folds = []
    for first in range(0, cv.folds, cv.refit):
        start = windows[first].start
        before = left_out_before(axis, start, cv.purge, cv.embargo, cv.gap)
        if before.stop < 1:
            raise _too_few(axis, cv, f"the model of fold {first + 1} has nothing to learn from")
        begin = 0 if cv.window == "expanding" else axis.back(before.stop, cv.window, whole=True)
        train = (Span(begin, before.stop),)
        for number, test in enumerate(windows[first : first + cv.refit], start=first + 1):
            fitted = None if test.start == start else start
            folds.append(Fold(number, train, (test,), before.purged, before.embargoed, fitted))
    return folds


def _windows(axis: TimeAxis, cv: WalkForwardCv) -> list[Span]:
    """The test windows, in the order of time."""
    size: Length = axis.n_periods // (cv.folds + 1) if cv.test_size is None else cv.test_size
    if size == 0:
        raise _too_few(axis, cv, "a test window has no step")
    windows: list[Span] = []
    stop = axis.n_steps
    for _ in range(cv.folds):
        start = axis.back(stop, size, whole=True)
        if start < 1:
            raise _too_few(axis, cv, "the test windows take all of them")
        windows.append(Span(start, stop))
        stop = axis.back(stop, size if cv.step is None else cv.step, whole=True)
    for later, earlier in pairwise(windows):
        if earlier.stop > later.start:
            raise SplitError(
                "the test windows overlap", field="split.cv.step", value=cv.step, mend="make step at least as long as test_size"
            )
    return windows[::-1]


def _too_few(axis: TimeAxis, cv: WalkForwardCv, why: str) -> SplitError:
    counts = _counts(axis, cv)
    gap = axis.n_steps - left_out_before(axis, axis.n_steps, cv.purge, cv.embargo, cv.gap).stop if counts is None else counts[0]
    between = f" with {gap} steps left out before each ({_parts(axis, cv)})" if gap else ""
    count = f"{cv.folds} fold{'' if cv.folds == 1 else 's'}"
    lower = "lower folds, purge or embargo, or shorten the horizon or the lags" if gap else "lower folds or shorten the lags"
    if counts is None:
        what = "time steps" if axis.borders is None else "periods"
        text = f"{count}{between} need more than the {axis.n_periods} {what} there are: {why}"
    else:
        text = f"{count}{between} need at least {_enough(axis, cv, *counts)} time steps, there are {axis.n_steps}"
    return SplitError(text, field="split.cv.folds", mend=lower)


def _parts(axis: TimeAxis, cv: WalkForwardCv) -> str:
    label = axis.horizon - 1
    purge = max(label, cv.purge) if isinstance(cv.purge, int) else label if cv.purge == "auto" else cv.purge
    return f"purge {purge}, embargo {cv.embargo}" + (f", gap {cv.gap}" if cv.gap else "")


def _counts(axis: TimeAxis, cv: WalkForwardCv) -> tuple[int, int, int] | None:
    """The steps left out before a test, test size and step (0 by default); None where a length is a share or a duration."""
    lengths = (cv.purge, cv.embargo, cv.gap, 0 if cv.test_size is None else cv.test_size, 0 if cv.step is None else cv.step)
    if axis.borders is not None or not all(isinstance(length, int) or length == "auto" for length in lengths):
        return None
    purge, embargo, gap, size, step = (length if isinstance(length, int) else 0 for length in lengths)
    return max(max(axis.horizon - 1, purge) + embargo, gap), size, step


def _enough(axis: TimeAxis, cv: WalkForwardCv, left_out: int, size: int, step: int) -> int:
    """The next larger number of steps that is enough."""
    if size:
        return (cv.folds - 1) * (step or size) + size + left_out + 1
    # Not every larger number is enough, because the test windows grow with it: look for the next one that is.
    n = max(axis.n_steps, cv.folds)
    while True:
        n += 1
        window = n // (cv.folds + 1)
        if n - (cv.folds - 1) * (step or window) - window > left_out:
            return n
