"""Hold-out validation: the last part of the training time is predicted once."""

from __future__ import annotations

from dsframework.errors import SplitError
from dsframework.spec import CvSpec, HoldOutCv
from dsframework.splitting._axis import TimeAxis
from dsframework.splitting._base import Fold
from dsframework.splitting._gaps import left_out_before
from dsframework.splitting._span import Span

__all__ = ["hold_out"]


def hold_out(axis: TimeAxis, cv: CvSpec) -> list[Fold]:
    """Cut the last part off the steps before the final test; one fold.

    Parameters
    ----------
    axis
        The steps before the final test.
    cv
        The spec's ``split.cv`` with ``method: hold_out``.

    Raises
    ------
    SplitError
        When nothing is left to learn from.

    Examples
    --------
    >>> from dsframework.splitting import draw
    >>> axis = TimeAxis.of(24, horizon=2)
    >>> print(draw(hold_out(axis, HoldOutCv(test_size=0.25, embargo=1)), axis))
    1  TTTTTTTTTTTTTTTTepXXXXXX
    """
    assert isinstance(cv, HoldOutCv)
    start = axis.back(axis.n_steps, cv.test_size, whole=True)
    before = left_out_before(axis, start, cv.purge, cv.embargo)
    if start >= axis.n_steps or before.stop < 1:
        tested = axis.n_steps - start
        raise SplitError(
            f"{tested} of {axis.n_steps} time steps are validated on, {start - before.stop} before them are purged or embargoed, "
            "and none is left to learn from",
            field="split.cv.test_size",
            value=cv.test_size,
            mend="make it, the horizon, purge or embargo shorter",
        )
    return [Fold(1, (Span(0, before.stop),), (Span(start, axis.n_steps),), before.purged, before.embargoed)]
