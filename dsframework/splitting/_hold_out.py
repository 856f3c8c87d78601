"""The final test: the last part of the time axis."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any, Literal

import numpy as np

from dsframework.errors import SplitError
from dsframework.splitting._base import Fold, Span, gap_spans, gap_steps

__all__ = ["hold_out"]

_FIELD = "split.test"


def hold_out(
    axis: np.ndarray[Any, np.dtype[np.datetime64]],
    test: float | int | str,
    *,
    horizon: int = 1,
    purge: int | Literal["auto"] = "auto",
    embargo: int = 0,
) -> Fold:
    """Cut off the last part of the time axis.

    ::

        time   ------------------------------------------->
        fold   TTTTTTTTTTTTTTTTTTTTTTTTTTTTTT e e p p XXXXXXX
               train                  embargo purge    test

    Parameters
    ----------
    axis
        Sorted unique times, shape (steps,).
    test
        A share of the steps (``ceil(share * n)``, as scikit-learn's `train_test_split` counts), a number of steps, or an ISO 8601 day or
        time: the test begins with the first step at or after it. A time with an offset is taken as UTC.
    horizon
        Steps between a row and its label.
    purge
        Steps left out before the test; ``auto`` is ``horizon - 1``.
    embargo
        Further steps left out.

    Returns
    -------
    Fold
        Number 0.

    Raises
    ------
    SplitError
        When nothing is left to learn from or to test on.

    Examples
    --------
    >>> days = np.arange("2020-01-01", "2020-01-11", dtype="datetime64[D]")
    >>> hold_out(days, 0.25, horizon=2)
    Fold(number=0, train=(Span(start=0, stop=6),), test=Span(start=7, stop=10), purged=(Span(start=6, stop=7),), embargoed=())
    """
    n_steps = len(axis)
    if n_steps < 2:
        raise SplitError(f"a test needs at least 2 time steps, there are {n_steps}", field=_FIELD, mend="use more data or shorten the lags")
    start = _first_of(axis, test) if isinstance(test, str) else n_steps - _count(n_steps, test)
    purged_steps, embargoed_steps = gap_steps(purge, embargo, horizon)
    stop = start - purged_steps - embargoed_steps
    if stop < 1:
        raise SplitError(_nothing_left(n_steps, start, purged_steps, embargoed_steps), field=_FIELD, value=test, mend=_mend(start))
    purged, embargoed = gap_spans(start, purged_steps, embargoed_steps)
    return Fold(0, (Span(0, stop),), Span(start, n_steps), purged, embargoed)


def _count(n_steps: int, test: float | int) -> int:
    if isinstance(test, bool) or not math.isfinite(test) or test <= 0 or (isinstance(test, float) and test >= 1):
        raise SplitError("expected a share between 0 and 1, a count of at least 1, or a day", field=_FIELD, value=test, mend="write 0.15")
    return math.ceil(test * n_steps) if isinstance(test, float) else int(test)


def _first_of(axis: np.ndarray[Any, np.dtype[np.datetime64]], day: str) -> int:
    try:
        moment = dt.datetime.fromisoformat(day)
    except ValueError:
        raise SplitError("expected a day such as 2017-01-03", field=_FIELD, value=day, mend="write it as year-month-day") from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
    start = int(np.searchsorted(axis, np.datetime64(moment, "us"), side="left"))
    if start == len(axis):
        raise SplitError(
            f"the last time step is {_shown(axis[-1])}, no step is left to test on", field=_FIELD, value=day, mend="choose an earlier day"
        )
    return start


def _shown(moment: np.datetime64) -> str:
    """A day without its midnight, a time to the second."""
    text = np.datetime_as_string(moment, unit="s")
    return text.removesuffix("T00:00:00").replace("T", " ")


def _nothing_left(n_steps: int, start: int, purge: int, embargo: int) -> str:
    tested = f"{n_steps - start} of {n_steps} time steps are tested"
    if start < 1:
        return f"{tested}, none is left to learn from"
    return f"{tested}, the {start} before them are all purged ({purge}) or embargoed ({embargo})"


def _mend(start: int) -> str:
    return "make the test shorter" if start < 1 else "make the test, the horizon, purge or embargo shorter"
