"""What is left out between training and test.

Labels and features are stretches of time. The label of a row at t covers what happens after t until its end, ``t < s <= t + horizon``: what
is known at t is no part of it. The features of the row read ``t - lookback <= s <= t``. A training row is purged where its label overlaps
the label of a test row; with ``purge: auto`` also where its features read what a test label covers, which is only possible after the test.
An embargo comes on top, counted from the last purged step and not from the end of the test.

References
----------
.. [1] M. López de Prado, "Advances in Financial Machine Learning", Wiley 2018, section 7.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dsframework.errors import SplitError
from dsframework.spec import Length
from dsframework.splitting._axis import TimeAxis
from dsframework.splitting._base import Fold
from dsframework.splitting._span import Span, joined, spans_of

__all__ = ["Before", "fold_around", "left_out_before", "reach_of"]

_WORDS = ("auto", "label")
_EMBARGOED, _PURGED, _TESTED = 1, 2, 3


@dataclass(frozen=True)
class Before:
    """What lies before a test: training ends at `stop`; what follows until the test is embargoed, then purged."""

    stop: int
    purged: tuple[Span, ...]
    embargoed: tuple[Span, ...]


def reach_of(purge: Length) -> Literal["label", "features"]:
    """Return what of a training row after a test must not reach back into it."""
    return "features" if purge == "auto" else "label"


def left_out_before(axis: TimeAxis, start: int, purge: Length, embargo: Length, gap: Length = 0) -> Before:
    """Return what lies before a test that begins at `start`, nothing of which is learned from.

    Examples
    --------
    >>> left_out_before(TimeAxis.of(20, horizon=3), 10, "auto", 2)
    Before(stop=6, purged=(Span(start=8, stop=10),), embargoed=(Span(start=6, stop=8),))
    """
    cut = max(0, start - (axis.horizon - 1))
    if purge not in _WORDS:
        cut = min(cut, axis.back(start, purge))
    stop = min(axis.back(cut, embargo), axis.back(start, gap))
    return Before(stop, _span(cut, start), _span(stop, cut))


def fold_around(axis: TimeAxis, number: int, test: tuple[Span, ...], purge: Length, embargo: Length) -> Fold:
    """Return the fold that learns from both sides of each block of a test.

    Raises
    ------
    SplitError
        When nothing is left to learn from.

    Examples
    --------
    >>> fold = fold_around(TimeAxis.of(20, horizon=3), 1, (Span(5, 8),), "label", 1)
    >>> fold.train, fold.purged, fold.embargoed
    ((Span(start=0, stop=3), Span(start=11, stop=20)), (Span(start=3, stop=5), Span(start=8, stop=10)), (Span(start=10, stop=11),))
    """
    kind = np.zeros(axis.n_steps, dtype=np.int8)
    for block in joined(test):
        before = max(0, block.start - (axis.horizon - 1))
        after = block.stop + axis.horizon - 1 + (axis.lookback + 1 if purge == "auto" else 0)
        if purge not in _WORDS:
            before, after = min(before, axis.back(block.start, purge)), max(after, axis.ahead(block.stop, purge))
        after = min(after, axis.n_steps)
        for first, last, what in (
            (before, after, _PURGED),
            (after, axis.ahead(after, embargo), _EMBARGOED),
            (block.start, block.stop, _TESTED),
        ):
            np.maximum(kind[first:last], what, out=kind[first:last])
    train = spans_of(kind == 0)
    if not train:
        raise _nothing_left(axis, number, kind, purge)
    return Fold(number, train, test, spans_of(kind == _PURGED), spans_of(kind == _EMBARGOED), reach=reach_of(purge))


def _span(start: int, stop: int) -> tuple[Span, ...]:
    return (Span(start, stop),) if start < stop else ()


def _nothing_left(axis: TimeAxis, number: int, kind: np.ndarray[tuple[int], np.dtype[np.int8]], purge: Length) -> SplitError:
    tested, purged, embargoed = (int((kind == what).sum()) for what in (_TESTED, _PURGED, _EMBARGOED))
    reads = purge == "auto" and axis.lookback >= axis.horizon
    text = (
        f"fold {number} has nothing left to learn from: of {axis.n_steps} time steps {tested} are tested, {purged} purged and "
        f"{embargoed} embargoed" + (f"; the features of a row read {axis.lookback} steps back into the test" if reads else "")
    )
    mend = "shorten the features' windows, or write purge: label" if reads else "use fewer folds, or a shorter horizon, purge or embargo"
    return SplitError(text, field="split.cv", mend=mend)
