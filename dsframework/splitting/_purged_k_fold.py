"""Purged k-fold validation: every part of the axis is tested once, and both sides of it are learned from."""

from __future__ import annotations

from dsframework.errors import SplitError
from dsframework.spec import CvSpec, PurgedKFoldCv
from dsframework.splitting._axis import TimeAxis
from dsframework.splitting._base import Fold
from dsframework.splitting._gaps import fold_around

__all__ = ["purged_k_fold"]


def purged_k_fold(axis: TimeAxis, cv: CvSpec) -> list[Fold]:
    """Cut the steps before the final test into equal parts, each of which is tested by a model of the others.

    What overlaps a part is purged on both sides of it, and an embargo follows behind it [1]_. With ``purge: auto`` the rows after a part
    whose features read back into its labels are purged as well; ``purge: label`` is the purging of the book. Without labels and features
    that reach over a cut these are the folds of scikit-learn's ``KFold``.

    Such folds use more of the data than walk-forward ones and show every regime as a test, but a model learns from what came after its
    test: they measure how well a relation holds, not what would have been earned.

    Parameters
    ----------
    axis
        The steps before the final test.
    cv
        The spec's ``split.cv`` with ``method: purged_k_fold``.

    Raises
    ------
    SplitError
        When there are fewer periods than folds, or a fold has nothing left to learn from.

    References
    ----------
    .. [1] M. López de Prado, "Advances in Financial Machine Learning", Wiley 2018, sections 7.4.1 to 7.4.3.

    Examples
    --------
    >>> from dsframework.splitting import draw
    >>> axis = TimeAxis.of(24, horizon=3)
    >>> print(draw(purged_k_fold(axis, PurgedKFoldCv(folds=3, purge="label", embargo=1)), axis))
    1  XXXXXXXXppeTTTTTTTTTTTTT
    2  TTTTTTppXXXXXXXXppeTTTTT
    3  TTTTTTTTTTTTTTppXXXXXXXX
    """
    assert isinstance(cv, PurgedKFoldCv)
    if axis.n_periods < cv.folds:
        what = "time steps" if axis.borders is None else "periods"
        raise SplitError(f"{cv.folds} folds need as many {what}, there are {axis.n_periods}", field="split.cv.folds", mend="lower folds")
    return [fold_around(axis, number, (part,), cv.purge, cv.embargo) for number, part in enumerate(axis.parts(cv.folds), start=1)]
