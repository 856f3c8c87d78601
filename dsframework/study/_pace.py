"""How many fits a second are done."""

from __future__ import annotations

from collections import deque

__all__ = ["Pace"]

_SECONDS = 60.0
_PIECE = 1.0


class Pace:
    """Counts what is done over the last minute.

    Parameters
    ----------
    now
        When the counting begins, on any clock in seconds.

    Examples
    --------
    >>> pace = Pace(now=100.0)
    >>> for second in range(1, 11):
    ...     pace.note(5, now=100.0 + second)
    >>> pace.a_second(now=110.0), pace.a_second(now=1000.0)
    (5.0, 0.0)
    """

    def __init__(self, now: float) -> None:
        self._began = now
        self._done: deque[tuple[float, int]] = deque()

    def note(self, number: int, now: float) -> None:
        """So many are done."""
        if self._done and now - self._done[-1][0] < _PIECE:
            self._done[-1] = (self._done[-1][0], self._done[-1][1] + number)
        elif number:
            self._done.append((now, number))

    def a_second(self, now: float) -> float | None:
        """Return how many are done a second; None before a second is over."""
        while self._done and self._done[0][0] < now - _SECONDS:
            self._done.popleft()
        over = min(_SECONDS, now - self._began)
        return sum(number for _, number in self._done) / over if over >= _PIECE else None
