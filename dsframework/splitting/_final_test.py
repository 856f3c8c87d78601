"""The final test: the last part of the time axis."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np

from dsframework.errors import SplitError
from dsframework.spec import Length
from dsframework.splitting._axis import TimeAxis
from dsframework.splitting._base import Fold
from dsframework.splitting._gaps import left_out_before
from dsframework.splitting._span import Span

__all__ = ["final_test"]

_FIELD = "split.test"


def final_test(axis: TimeAxis, test: float | int | str, *, purge: Length = "auto", embargo: Length = 0) -> Fold:
    """Cut off the last part of the time axis.

    Parameters
    ----------
    axis
        All steps.
    test
        A share of the periods (``ceil(share * n)``, as scikit-learn's `train_test_split` counts), a number of periods, or an ISO 8601 day
        or time: the test begins with the first period that begins at or after it. A time with an offset is taken as UTC.
    purge
        Left out before the test; ``auto`` is ``horizon - 1`` steps.
    embargo
        Left out before that.

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
    >>> from dsframework.splitting import draw
    >>> axis = TimeAxis.of(24, horizon=3)
    >>> print(draw([final_test(axis, 0.25, embargo=2)], axis))
    0  TTTTTTTTTTTTTTeeppXXXXXX
    """
    if axis.n_steps < 2:
        raise SplitError(
            f"a test needs at least 2 time steps, there are {axis.n_steps}", field=_FIELD, mend="use more data or shorten the lags"
        )
    start = _first_of(axis, test) if isinstance(test, str) else axis.border(max(0, axis.n_periods - _count(axis.n_periods, test)))
    before = left_out_before(axis, start, purge, embargo)
    if before.stop < 1:
        raise SplitError(_nothing_left(axis, start, test), field=_FIELD, value=test, mend=_mend(start))
    return Fold(0, (Span(0, before.stop),), (Span(start, axis.n_steps),), before.purged, before.embargoed)


def _count(n_periods: int, test: float | int) -> int:
    if isinstance(test, bool) or not math.isfinite(test) or test <= 0 or (isinstance(test, float) and test >= 1):
        raise SplitError("expected a share between 0 and 1, a count of at least 1, or a day", field=_FIELD, value=test, mend="write 0.15")
    return math.ceil(test * n_periods) if isinstance(test, float) else int(test)


def _first_of(axis: TimeAxis, day: str) -> int:
    try:
        moment = dt.datetime.fromisoformat(day)
    except ValueError:
        raise SplitError("expected a day such as 2017-01-03", field=_FIELD, value=day, mend="write it as year-month-day") from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
    start = int(np.searchsorted(axis.times, np.datetime64(moment, "us"), side="left"))
    last = axis.border(axis.n_periods - 1)
    if start > last:
        what = "time step is" if axis.borders is None else "period begins with"
        text = f"the last {what} {_shown(axis.times[last])}, no step is left to test on"
        raise SplitError(text, field=_FIELD, value=day, mend="choose an earlier day")
    return start if axis.borders is None else int(axis.borders[np.searchsorted(axis.borders, start, side="left")])


def _shown(moment: np.datetime64) -> str:
    """A day without its midnight, a time to the second."""
    text = np.datetime_as_string(moment, unit="s")
    return text.removesuffix("T00:00:00").replace("T", " ")


def _nothing_left(axis: TimeAxis, start: int, test: float | int | str) -> str:
    tested = f"{axis.n_steps - start} of {axis.n_steps} time steps are tested"
    return f"{tested}, none is left to learn from" if start < 1 else f"{tested}, the {start} before them are all purged or embargoed"


def _mend(start: int) -> str:
    return "make the test shorter" if start < 1 else "make the test, the horizon, purge or embargo shorter"
