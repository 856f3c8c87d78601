"""The contract of a splitter.

A splitter works on the steps of a `TimeAxis` (the sorted unique times of a panel), never on rows: all rows of one time are on the same
side of every cut. It is a function of that axis and of the spec's ``split.cv``, and of nothing else; it returns folds in the order of
time. In every fold

* test, train, and what is left out between them (`purged`, `embargoed`) have no step in common, and neither test nor train is empty;
* the label of every training step before a test block is known when that block begins: ``t + horizon <= block.start``;
* a training step after a test block lies at or after the end of the block's last label: ``t >= block.stop - 1 + horizon``; where the
  fold says ``reach="features"`` the oldest row that its features read does so too: ``t - lookback > block.stop - 1 + horizon``;
* a test that is not one stretch is taken block by block: what lies between two blocks may be learned from.

The test windows of two folds overlap only where a step is predicted in several paths, and then every path predicts it once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, Protocol

from dsframework.spec import CvSpec
from dsframework.splitting._axis import TimeAxis
from dsframework.splitting._span import Span, joined

__all__ = ["Fold", "Splitter", "everything", "fit_groups"]


@dataclass(frozen=True)
class Fold:
    """One cut of the time axis.

    Attributes
    ----------
    number
        1, 2, ... in the order of time; 0 is the final test.
    train
        What may be learned from, in the order of time; it may lie after the test.
    test
        What is predicted, in the order of time: one span, or several.
    purged, embargoed
        What is left out because labels or features reach over the cut, and what is left out beyond that.
    fitted
        The step at which the model is fitted, where that is not the beginning of the test: the model of an earlier fold predicts.
    paths
        The path that each span of `test` belongs to, 1, 2, ...; empty where there is only one.
    held_out
        Positions of the entities that are tested, all others are learned from; empty where a fold cuts the time only.
    reach
        What of a training row after the test must not reach back into the test's labels: its own label, or its features as well; ``none``
        where nothing is kept apart, because nothing is predicted.
    within
        The fold whose training rows this one cuts; None but for the folds of a nested split.

    Examples
    --------
    >>> fold = Fold(1, train=(Span(0, 4), Span(9, 12)), test=(Span(5, 7),))
    >>> fold.n_train, fold.n_test, fold.blocks
    (7, 2, (Span(start=5, stop=7),))
    """

    number: int
    train: tuple[Span, ...]
    test: tuple[Span, ...]
    purged: tuple[Span, ...] = ()
    embargoed: tuple[Span, ...] = ()
    fitted: int | None = None
    paths: tuple[int, ...] = ()
    held_out: tuple[int, ...] = ()
    reach: Literal["label", "features", "none"] = "label"
    within: Fold | None = None

    @property
    def blocks(self) -> tuple[Span, ...]:
        """The stretches of the test, spans that touch taken together."""
        return joined(self.test)

    @property
    def n_train(self) -> int:
        """How many steps may be learned from."""
        return sum(span.n_steps for span in self.train)

    @property
    def n_test(self) -> int:
        """How many steps are predicted."""
        return sum(span.n_steps for span in self.test)

    @property
    def known_by(self) -> int:
        """The step at which the model is fitted: what is learned from before the test must be known by then."""
        return self.test[0].start if self.fitted is None else self.fitted


class Splitter(Protocol):
    """See the module's text."""

    def __call__(self, axis: TimeAxis, cv: CvSpec) -> list[Fold]:
        """Cut the axis into folds; raises `SplitError` when it is too short."""
        ...


def everything(axis: TimeAxis, number: int) -> Fold:
    """Return the fold of a task that predicts nothing: its test rows are those that it learns from.

    Examples
    --------
    >>> fold = everything(TimeAxis.of(3), 1)
    >>> fold.train == fold.test == (Span(0, 3),)
    True
    """
    whole = (Span(0, axis.n_steps),)
    return Fold(number, train=whole, test=whole, reach="none")


def fit_groups(folds: Sequence[Fold]) -> list[tuple[Fold, ...]]:
    """Return the folds in groups that one fit serves: a model that is not refitted in every fold predicts those that follow.

    Examples
    --------
    >>> first, second = Fold(1, (Span(0, 4),), (Span(4, 6),)), Fold(2, (Span(0, 4),), (Span(6, 8),), fitted=4)
    >>> [[fold.number for fold in group] for group in fit_groups([first, second])]
    [[1, 2]]
    """

    def fit_of(fold: Fold) -> tuple[object, ...]:
        return fold.train, fold.known_by, fold.held_out, fold.within

    return [tuple(group) for _, group in groupby(folds, key=fit_of)]
