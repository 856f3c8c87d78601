"""Stretches of the time axis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Span", "joined", "spans_of"]


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


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans in the order of time, those that touch as one.

    >>> joined([Span(4, 6), Span(0, 2), Span(2, 4), Span(8, 9)])
    (Span(start=0, stop=6), Span(start=8, stop=9))
    """
    found: list[Span] = []
    for span in sorted(spans):
        if found and found[-1].stop == span.start:
            found[-1] = Span(found[-1].start, span.stop)
        else:
            found.append(span)
    return tuple(found)


def spans_of(mask: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[Span, ...]:
    """Return the stretches in which a mask over the steps is true.

    >>> spans_of(np.array([True, True, False, True]))
    (Span(start=0, stop=2), Span(start=3, stop=4))
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return tuple(Span(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True))
