"""The contract of a splitter."""

from __future__ import annotations

import itertools

from dsframework.errors import SplitError
from dsframework.spec import CvSpec
from dsframework.splitting import Fold, Span, Splitter

__all__ = ["check_splitter"]


def check_splitter(splitter: Splitter, *, n_steps: int = 61) -> None:
    """Check that a splitter keeps the contract of `dsframework.splitting.Splitter`, over many settings.

    Parameters
    ----------
    splitter
        The function.
    n_steps
        Time steps to cut; enough for 5 folds.

    Raises
    ------
    AssertionError
        With what is broken.
    """
    for folds, window, embargo, horizon in itertools.product((1, 2, 5), ("expanding", 1, 7, 10_000), (0, 3), (1, 4)):
        cv = CvSpec(folds=folds, window=window, embargo=embargo)  # type: ignore[arg-type]
        cut = splitter(n_steps, cv, horizon=horizon)
        setting = f"folds={folds}, window={window}, embargo={embargo}, horizon={horizon}"
        assert cut == splitter(n_steps, cv, horizon=horizon), f"a second cut differs ({setting})"
        assert [fold.number for fold in cut] == list(range(1, folds + 1)), f"the folds are not 1 to {folds} ({setting})"
        for fold in cut:
            _check_fold(fold, n_steps, horizon, embargo, f"fold {fold.number} of {setting}")
        for left, right in itertools.pairwise(cut):
            assert left.test.stop <= right.test.start, f"the test windows of folds {left.number} and {right.number} overlap ({setting})"
    _refuses_too_few(splitter)


def _check_fold(fold: Fold, n_steps: int, horizon: int, embargo: int, where: str) -> None:
    assert fold.train, f"no training span in {where}"
    spans: tuple[Span, ...] = (*fold.train, fold.test, *fold.purged, *fold.embargoed)
    assert all(0 <= span.start < span.stop <= n_steps for span in spans), f"an empty span, or one outside the steps, in {where}"
    ordered = sorted(spans)
    assert all(left.stop <= right.start for left, right in itertools.pairwise(ordered)), f"spans overlap in {where}"
    last = max(span.stop for span in fold.train) - 1
    assert last < fold.test.start, f"a training step after the test begins in {where}"
    assert last + horizon + embargo <= fold.test.start, f"a training label that is not known when the test begins in {where}"


def _refuses_too_few(splitter: Splitter) -> None:
    for n_steps, horizon in ((0, 1), (1, 1), (5, 1), (12, 50)):
        try:
            splitter(n_steps, CvSpec(folds=5), horizon=horizon)
        except SplitError as error:
            assert error.mend, "a SplitError says what to do"  # noqa: PT017 (this is no pytest test)
        else:
            raise AssertionError(f"no SplitError for 5 folds of {n_steps} steps with horizon {horizon}")
