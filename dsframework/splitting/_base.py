"""The contract of a splitter.

A splitter works on positions of the time axis, 0 to `n_steps` (the sorted unique times of a panel), never on rows: all rows of one time
are on the same side of every cut. It is a function of the number of steps, the spec's ``split.cv`` and the horizon, and of nothing else.
It returns folds in the order of time. In every fold

* all training steps lie before the test;
* with ``purge: auto`` the label of every training step is known when the test begins: ``t + horizon <= test.start``;
* what was left out for that reason is `purged`, what was left out beyond it is `embargoed`;

and the test windows of two folds do not overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from dsframework.spec import CvSpec

__all__ = ["Fold", "Span", "Splitter", "gap_spans", "gap_steps"]


@dataclass(frozen=True, order=True)
class Span:
    """The steps `start` to `stop`, `stop` not included.

    >>> Span(3, 5).n_steps
    2
    """

    start: int
    stop: int

    @property
    def n_steps(self) -> int:
        """How many steps there are."""
        return self.stop - self.start


@dataclass(frozen=True)
class Fold:
    """One cut of the time axis.

    Attributes
    ----------
    number
        1, 2, ... in the order of time; 0 is the final test.
    train
        What may be learned from; one span, or several for a splitter that leaves out a part in the middle.
    test
        What is predicted.
    purged, embargoed
        What is left out between them, for drawing; empty when nothing is.
    """

    number: int
    train: tuple[Span, ...]
    test: Span
    purged: tuple[Span, ...] = ()
    embargoed: tuple[Span, ...] = ()


class Splitter(Protocol):
    """See the module's text."""

    def __call__(self, n_steps: int, cv: CvSpec, *, horizon: int) -> list[Fold]:
        """Cut `n_steps` time steps into folds; raises `SplitError` when there are too few."""
        ...


def gap_steps(purge: int | Literal["auto"], embargo: int, horizon: int) -> tuple[int, int]:
    """Return how many steps are purged and embargoed before a test.

    The label of step t is known at ``t + horizon``, so the last step whose label is known when the test begins is `horizon` before it.

    >>> gap_steps("auto", 2, horizon=5)
    (4, 2)
    """
    return (horizon - 1 if purge == "auto" else purge), embargo


def gap_spans(test_start: int, purge: int, embargo: int) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return the purged and the embargoed steps before a test, purged ones next to it; without empty spans."""
    cut = max(0, test_start - purge)
    purged = (Span(cut, test_start),) if cut < test_start else ()
    far = max(0, cut - embargo)
    return purged, ((Span(far, cut),) if far < cut else ())
