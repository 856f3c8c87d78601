"""How many trials of a search may begin."""

from __future__ import annotations

import time
from collections.abc import Callable

from dsframework.spec import Tuning

__all__ = ["Budget"]


class Budget:
    """Counts the fits that the trials of a search need, and the seconds since its first one.

    Parameters
    ----------
    tuning
        Says how many fits and seconds there are.
    n_fits
        What a trial needs that is not pruned.
    clock
        Gives seconds.
    """

    def __init__(self, tuning: Tuning, n_fits: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._fits, self._n_fits, self._clock = tuning.seconds, tuning.fits, n_fits, clock
        self._least = self._most = 0
        self._started: float | None = None

    def room(self) -> bool | None:
        """Return whether another trial may begin by its fits; None while that depends on trials that are not decided."""
        if self._fits is None or not self._most or self._most + self._n_fits <= self._fits:
            return True
        return False if self._least + self._n_fits > self._fits else None

    def begin(self, first: int) -> None:
        """Count a trial, of which the `first` fits are certain."""
        self._least += first
        self._most += self._n_fits

    def go_on(self, more: int) -> None:
        """Count fits of a trial that are certain now."""
        self._least += more

    def end(self, reached: int) -> None:
        """Give back what a trial does not need that ended after `reached` fits."""
        self._most -= self._n_fits - reached

    def start_clock(self) -> None:
        """Begin to count seconds, once."""
        if self._started is None:
            self._started = self._clock()

    @property
    def late(self) -> bool:
        """Whether no trial may begin any more."""
        return self._seconds is not None and self._started is not None and self._clock() - self._started >= self._seconds
