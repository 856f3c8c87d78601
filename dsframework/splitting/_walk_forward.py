"""Walk-forward validation: learn from the past, test on what follows, move on."""

from __future__ import annotations

from dsframework.errors import SplitError
from dsframework.spec import CvSpec
from dsframework.splitting._base import Fold, Span, gap_spans, gap_steps

__all__ = ["walk_forward"]


def walk_forward(n_steps: int, cv: CvSpec, *, horizon: int = 1) -> list[Fold]:
    """Cut the steps before the final test into folds.

    ::

        window: expanding                        window: 8
        time ------------------------------>     time ------------------------------>
        1    TTTTTTTTT p XXXXX                   1     TTTTTTTT p XXXXX
        2    TTTTTTTTTTTTTT p XXXXX              2          TTTTTTTT p XXXXX
        3    TTTTTTTTTTTTTTTTTTT p XXXXX         3               TTTTTTTT p XXXXX

    Every test window has ``n_steps // (folds + 1)`` steps; together they are the tail of the steps. These are the folds of
    scikit-learn's ``TimeSeriesSplit(folds, max_train_size=window, gap=purge + embargo)``, and one fold is allowed as well. A sliding
    window that reaches back before the first step is cut short there.

    Parameters
    ----------
    n_steps
        Time steps before the final test.
    cv
        The spec's ``split.cv``: folds, window, purge, embargo.
    horizon
        Steps between a row and its label.

    Raises
    ------
    SplitError
        When there are too few steps.

    Examples
    --------
    >>> for fold in walk_forward(12, CvSpec(folds=2, embargo=1), horizon=2):
    ...     print(fold.train, fold.embargoed, fold.purged, fold.test)
    (Span(start=0, stop=2),) (Span(start=2, stop=3),) (Span(start=3, stop=4),) Span(start=4, stop=8)
    (Span(start=0, stop=6),) (Span(start=6, stop=7),) (Span(start=7, stop=8),) Span(start=8, stop=12)
    """
    purge, embargo = gap_steps(cv.purge, cv.embargo, horizon)
    size = n_steps // (cv.folds + 1)
    first = n_steps - cv.folds * size
    if size < 1 or first - purge - embargo < 1:
        raise _too_few(n_steps, cv.folds, purge, embargo)
    folds = []
    for number, start in enumerate(range(first, n_steps, size), start=1):
        stop = start - purge - embargo
        begin = 0 if cv.window == "expanding" else max(0, stop - cv.window)
        purged, embargoed = gap_spans(start, purge, embargo)
        folds.append(Fold(number, (Span(begin, stop),), Span(start, start + size), purged, embargoed))
    return folds


def _too_few(n_steps: int, folds: int, purge: int, embargo: int) -> SplitError:
    gap = purge + embargo
    # Not every larger number is enough, because the test windows grow with it: look for the next one that is.
    enough = next(n for n in range(max(n_steps, folds) + 1, (folds + 1) * (gap + 1) + 1) if n - folds * (n // (folds + 1)) > gap)
    count = f"{folds} fold{'' if folds == 1 else 's'}"
    between = f" with {gap} steps left out before each (purge {purge}, embargo {embargo})" if gap else ""
    mend = "lower folds, purge or embargo, or shorten the horizon or the lags" if gap else "lower folds or shorten the lags"
    return SplitError(f"{count}{between} need at least {enough} time steps, there are {n_steps}", field="split.cv.folds", mend=mend)
