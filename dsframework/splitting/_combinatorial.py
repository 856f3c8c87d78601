"""Combinatorial purged validation: every choice of a few blocks is tested together."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from dsframework.errors import SplitError
from dsframework.spec import CombinatorialPurgedCv, CvSpec
from dsframework.splitting._axis import TimeAxis
from dsframework.splitting._base import Fold
from dsframework.splitting._gaps import fold_around

__all__ = ["combinatorial_purged", "n_paths"]


def combinatorial_purged(axis: TimeAxis, cv: CvSpec) -> list[Fold]:
    """Cut the steps before the final test into N equal blocks and test every choice of k of them.

    Each block is tested in ``C(N - 1, k - 1)`` folds. Its first test belongs to path 1, its second to path 2 and so on, so that every path
    predicts each step of the axis once, ``k / N * C(N, k)`` paths in all: a distribution of the score in place of one number [1]_.
    Every block of a test is purged on its own; what lies between two of them is learned from.

    Parameters
    ----------
    axis
        The steps before the final test.
    cv
        The spec's ``split.cv`` with ``method: combinatorial_purged``.

    Raises
    ------
    SplitError
        When there are fewer periods than blocks, or a fold has nothing left to learn from.

    References
    ----------
    .. [1] M. López de Prado, "Advances in Financial Machine Learning", Wiley 2018, chapter 12.

    Examples
    --------
    >>> from dsframework.splitting import draw
    >>> axis = TimeAxis.of(24, horizon=2)
    >>> print(draw(combinatorial_purged(axis, CombinatorialPurgedCv(blocks=4, test_blocks=2, purge="label")), axis))
    1       XXXXXXXXXXXXpTTTTTTTTTTT
    2       XXXXXXpTTTTpXXXXXXpTTTTT
    3       XXXXXXpTTTTTTTTTTpXXXXXX
    4       TTTTTpXXXXXXXXXXXXpTTTTT
    5       TTTTTpXXXXXXpTTTTpXXXXXX
    6       TTTTTTTTTTTpXXXXXXXXXXXX
    path 1  111111111111222222333333
    path 2  222222444444444444555555
    path 3  333333555555666666666666
    """
    assert isinstance(cv, CombinatorialPurgedCv)
    if axis.n_periods < cv.blocks:
        what = "time steps" if axis.borders is None else "periods"
        raise SplitError(
            f"{cv.blocks} blocks need as many {what}, there are {axis.n_periods}", field="split.cv.blocks", mend="lower blocks"
        )
    blocks = axis.parts(cv.blocks)
    tested = [0] * cv.blocks
    folds = []
    for number, chosen in enumerate(combinations(range(cv.blocks), cv.test_blocks), start=1):
        paths = []
        for block in chosen:
            tested[block] += 1
            paths.append(tested[block])
        fold = fold_around(axis, number, tuple(blocks[block] for block in chosen), cv.purge, cv.embargo)
        folds.append(replace(fold, paths=tuple(paths)))
    return folds


def n_paths(folds: list[Fold]) -> int:
    """Return how many times the folds predict the axis as a whole.

    >>> n_paths(combinatorial_purged(TimeAxis.of(60), CombinatorialPurgedCv(blocks=6, test_blocks=2)))
    5
    """
    return max((path for fold in folds for path in fold.paths), default=1)
