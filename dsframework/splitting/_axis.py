"""The time axis that is cut, and lengths along it: steps, periods, shares and durations."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from dsframework.spec import Length, parse_duration
from dsframework.splitting._span import Span

__all__ = ["TimeAxis"]

Times = np.ndarray[Any, np.dtype[np.datetime64]]
Steps = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class TimeAxis:
    """The steps of time, and how far a row reaches along them.

    Attributes
    ----------
    times
        Sorted unique times, shape (steps,).
    horizon
        Steps between a row and its label.
    lookback
        Steps between a row and the oldest one that its features read.
    borders
        The first step of every period, and the number of steps, shape (periods + 1,); None where every step is a period of its own.

    Examples
    --------
    >>> axis = TimeAxis.of(10, horizon=2)
    >>> axis.back(8, 3), axis.back(8, 0.25), axis.back(8, "3d")
    (5, 5, 5)
    """

    times: Times
    horizon: int = 1
    lookback: int = 0
    borders: Steps | None = None

    @classmethod
    def of(cls, n_steps: int, *, horizon: int = 1, lookback: int = 0, period: int | None = None) -> TimeAxis:
        """Return `n_steps` days, for examples and tests; every `period` steps are one period."""
        times = np.datetime64("2020-01-01", "ns") + np.arange(n_steps) * np.timedelta64(1, "D")
        borders = None if period is None else np.append(np.arange(0, n_steps, period), n_steps)
        return cls(times, horizon, lookback, borders)

    @property
    def n_steps(self) -> int:
        """How many steps there are."""
        return len(self.times)

    @property
    def n_periods(self) -> int:
        """How many periods there are: sessions, days, weeks ..., or steps where nothing else is asked for."""
        return self.n_steps if self.borders is None else len(self.borders) - 1

    def border(self, period: int) -> int:
        """Return the first step of a period; the number of steps for the period after the last."""
        return period if self.borders is None else int(self.borders[period])

    def take(self, spans: tuple[Span, ...]) -> tuple[TimeAxis, Steps]:
        """Return the axis of some stretches, one after the other, and the step of this axis that each of its steps is."""
        steps = np.concatenate([np.arange(span.start, span.stop) for span in spans])
        borders = None
        if self.borders is not None:
            period = np.searchsorted(self.borders, steps, side="right")
            borders = np.append(np.flatnonzero(np.diff(period, prepend=-1)), len(steps))
        return replace(self, times=self.times[steps], borders=borders), steps

    def head(self, n_steps: int) -> TimeAxis:
        """Return the axis of the first `n_steps` steps."""
        return self.take((Span(0, n_steps),))[0]

    def parts(self, count: int) -> list[Span]:
        """Return `count` stretches of as many periods each, the first ones one longer where it does not come out even.

        >>> TimeAxis.of(5).parts(2)
        [Span(start=0, stop=3), Span(start=3, stop=5)]
        """
        size, longer = divmod(self.n_periods, count)
        cuts = [self.border(number * size + min(number, longer)) for number in range(count + 1)]
        return [Span(start, stop) for start, stop in pairwise(cuts)]

    def back(self, step: int, length: Length, *, whole: bool = False) -> int:
        """Return the first step of the stretch of that length which ends before `step`, and not less than 0.

        Parameters
        ----------
        step
            Where the stretch ends; the number of steps for the end of the axis.
        length
            Periods as a whole number, a share of all periods as a fraction, or a duration such as ``5d``.
        whole
            Begin a duration with the period that it begins in.
        """
        if isinstance(length, str):
            found = self._duration_back(step, length)
            return self.border(self._period_of(found)) if whole else found
        periods = self.count(length)
        return step if periods == 0 else self.border(max(0, self._period_of(step) - periods))

    def ahead(self, step: int, length: Length) -> int:
        """Return the step after the stretch of that length which begins at `step`, at most the number of steps."""
        if step >= self.n_steps:
            return self.n_steps
        if isinstance(length, str):
            return int(np.searchsorted(self.times, self.times[step] + _duration(length), side="left"))
        periods = self.count(length)
        if periods == 0:
            return step
        period = self._period_of(step)
        begun = period if self.border(period) == step else period + 1
        return self.border(min(self.n_periods, begun + periods))

    def count(self, length: float) -> int:
        """Return how many periods a count or a share is; a share is rounded up.

        >>> TimeAxis.of(100).count(0.07)
        7
        """
        if isinstance(length, int):
            return length
        return math.ceil(round(length * self.n_periods, 9))  # 0.07 * 100 is a little more than 7

    def _period_of(self, step: int) -> int:
        return step if self.borders is None else int(np.searchsorted(self.borders, step, side="right")) - 1

    def _duration_back(self, step: int, length: str) -> int:
        if self.n_steps == 0:
            return 0
        end = self.times[step] if step < self.n_steps else self.times[-1] + np.timedelta64(1, "ns")
        return min(step, int(np.searchsorted(self.times, end - _duration(length), side="left")))


def _duration(text: str) -> np.timedelta64:
    return np.timedelta64(parse_duration(text), "us")
