"""What a model tells while it learns: how many rounds or epochs it has done, and how the loss goes that it watches.

A model calls `report` after every round. Where nobody listens, which is so unless an executor does, that costs a tenth of a microsecond
and does nothing. Listening changes nothing of what is learned.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Curve", "Progress", "Snapshot", "is_heard", "report"]

_MOST_POINTS = 20


class Snapshot(NamedTuple):
    """A curve at one moment.

    Attributes
    ----------
    of
        Which loss, and of which rows; empty where nothing is watched.
    step, steps
        The round or epoch that was done last, from 1, and how many there will be at most, where that is known.
    values
        At most 20 values in equal distances over the steps until now, the last of them at `step`; those that are not finite are left out.
    """

    of: str
    step: int
    steps: int | None
    values: tuple[float, ...]


@dataclass
class Curve:
    """How a loss goes over rounds or epochs: as many points as a picture needs, however many steps there are.

    Examples
    --------
    >>> curve = Curve("validation rmse", 1000)
    >>> for step in range(1, 101):
    ...     curve.add(step, 1.0 / step)
    >>> curve.snapshot().step, len(curve.snapshot().values), curve.snapshot().values[-1]
    (100, 13, 0.01)
    """

    of: str
    steps: int | None = None
    step: int = 0
    _reported: int = 0
    _stride: int = 1
    _values: list[float] = field(default_factory=list)
    _last: float = math.nan

    def add(self, step: int, value: float | None) -> None:
        """Note that a step is done, and the loss after it."""
        self.step = step
        if value is None:
            return
        self._last = float(value)
        self._reported += 1
        if self._reported % self._stride == 0:
            if len(self._values) == _MOST_POINTS - 1:  # one is left for the last step
                self._values = self._values[1::2]
                self._stride *= 2
            self._values.append(self._last)

    def snapshot(self) -> Snapshot:
        """Return the curve as it is now; may be called from another thread than the one that adds to it."""
        step, values, last = self.step, self._values[: _MOST_POINTS - 1], self._last
        if self._reported % self._stride:
            values = [*values, last]
        return Snapshot(self.of, step, self.steps, tuple(value for value in values if math.isfinite(value)))


class Progress:
    """Hears what the fits of one worker report.

    Parameters
    ----------
    tell
        Called after every step, in the thread that learns.

    Attributes
    ----------
    curve
        The newest curve of the task at hand; None where it has none.
    watched
        The newest one that has values.
    """

    def __init__(self, tell: Callable[[Curve], None] | None = None) -> None:
        self._tell = tell
        self.curve: Curve | None = None
        self.watched: Curve | None = None

    def clear(self) -> None:
        """Forget the curves: another task begins."""
        self.curve = self.watched = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear what is reported in this context, such as a thread; who listened before hears it as well."""
        token = _heard.set((*_heard.get(), self))
        try:
            yield
        finally:
            _heard.reset(token)

    def hear(self, step: int, value: float | None, steps: int | None, of: str) -> None:
        """Take what was reported; a step that is not later than the one before begins a new curve."""
        curve = self.curve
        if curve is None or step <= curve.step or of != curve.of:
            curve = self.curve = Curve(of, steps)
        curve.add(step, value)
        if value is not None:
            self.watched = curve
        if self._tell is not None:
            self._tell(curve)


_heard: ContextVar[tuple[Progress, ...]] = ContextVar("tsml_progress", default=())


def is_heard() -> bool:
    """Tell whether somebody listens, so that a library need not be asked to call back for nobody."""
    return bool(_heard.get())


def report(step: int, value: float | None = None, *, steps: int | None = None, of: str = "") -> None:
    """Say that a step of a fit is done.

    Parameters
    ----------
    step
        The number of the round or epoch, from 1.
    value
        The loss after it, of which less is better; None where nothing is watched.
    steps
        How many steps there will be at most.
    of
        Which loss, and of which rows, such as ``validation rmse``.
    """
    for progress in _heard.get():
        progress.hear(step, value, steps, of)
