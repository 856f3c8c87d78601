"""Nested validation: the training part of a fold is cut again, so that tuning never sees the fold's test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from dsframework.errors import SplitError
from dsframework.spec import CvSpec
from dsframework.splitting._axis import Steps, TimeAxis
from dsframework.splitting._base import Fold
from dsframework.splitting._registry import make_folds
from dsframework.splitting._span import Span

__all__ = ["inner_folds"]


def inner_folds(axis: TimeAxis, fold: Fold, inner: CvSpec) -> list[Fold]:
    """Cut the training steps of a fold into folds of their own.

    Where the fold's training part has a hole (its test, what is purged) the steps on both sides count as neighbours, so that a gap across
    the hole is longer than it need be and never shorter. Every inner fold knows the fold that it lies in (`within`), whose training rows
    it cuts: rows that the outer fold purges, and entities that it holds out, are in none of them.

    Parameters
    ----------
    axis
        The axis that the fold cuts.
    fold
        A validation fold, or the final test.
    inner
        The spec's ``split.inner``.

    Raises
    ------
    SplitError
        When the training part is too short for the inner folds; it names the fold.

    Examples
    --------
    >>> from dsframework.spec import WalkForwardCv
    >>> from dsframework.splitting import draw
    >>> outer = Fold(1, (Span(0, 12),), (Span(12, 18),))
    >>> print(draw(inner_folds(TimeAxis.of(24), outer, WalkForwardCv(folds=2)), TimeAxis.of(24)))
    1  TTTTXXXX
    2  TTTTTTTTXXXX
    """
    sub, steps = axis.take(fold.train)
    try:
        folds = make_folds(sub, inner)
    except SplitError as error:
        where = "the training part before the final test" if fold.number == 0 else f"the training part of fold {fold.number}"
        field = (error.field or "split.cv").replace("split.cv", "split.inner", 1)
        raise SplitError(f"{where}: {error.message}", field=field, value=error.value, mend=error.mend) from None
    return [_placed(one, steps, fold) for one in folds]


def _placed(fold: Fold, steps: Steps, outer: Fold) -> Fold:
    """A fold of the shortened axis as one of the axis itself."""
    test, paths = [], []
    for number, span in enumerate(fold.test):
        for piece in _pieces([span], steps):
            test.append(piece)
            paths.append(fold.paths[number] if fold.paths else 0)
    return replace(
        fold,
        train=_pieces(fold.train, steps),
        test=tuple(test),
        purged=_pieces(fold.purged, steps),
        embargoed=_pieces(fold.embargoed, steps),
        fitted=None if fold.fitted is None else int(steps[fold.fitted]),
        paths=tuple(paths) if fold.paths else (),
        within=outer,
    )


def _pieces(spans: Iterable[Span], steps: Steps) -> tuple[Span, ...]:
    """The stretches of the axis that spans of the shortened one are."""
    stretches = (steps[span.start : span.stop] for span in spans)
    pieces = (piece for inside in stretches for piece in np.split(inside, np.flatnonzero(np.diff(inside) > 1) + 1))
    return tuple(Span(int(piece[0]), int(piece[-1]) + 1) for piece in pieces)
