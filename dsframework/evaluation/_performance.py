"""What a portfolio's way says in a few figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsframework.errors import EvaluationError
from dsframework.evaluation._portfolio import Path
from dsframework.evaluation._sharpe import Moments, minimum_track_record, moments, probabilistic_sharpe

__all__ = ["FIGURES", "drawdowns", "performance", "periods_in_a_year"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
_BPS = 1e4
_YEAR = np.timedelta64(31_556_952, "s")
FIGURES = {
    "annual_return": "growth of the equity a year, after costs",
    "annual_return_gross": "mean return before costs times the periods of a year",
    "annual_volatility": "deviation of the net returns times the root of the periods of a year",
    "sharpe": "mean net return over its deviation, of a year",
    "sharpe_gross": "the same before costs",
    "probabilistic_sharpe": "probability that the true Sharpe ratio is above 0",
    "years_needed": "years of such returns that would show a Sharpe ratio above 0 with 95 % confidence",
    "max_drawdown": "largest fall of the equity from a peak, as a share of it",
    "hit_rate": "share of the periods with a position whose net return is above 0",
    "turnover": "value traded in a year, buys and sells, as a multiple of the equity",
    "cost": "all costs of a year as a share of the equity",
    "cost_linear": "of it spread and fees",
    "cost_impact": "of it market impact",
    "cost_borrow": "of it borrowing",
    "breakeven_bps": "linear cost, in hundredths of a per cent of the traded value, at which nothing would be left on average",
    "capacity": "capital at which impact would take all that is left",
    "gross_exposure": "mean value held, both sides",
    "net_exposure": "mean value held, long minus short",
    "unfilled": "share of the wanted trades that could not be made",
}
"""What each figure means."""


def performance(path: Path, *, periods: float, capital: float) -> dict[str, float | None]:
    """Return the figures of `FIGURES`; None where the way can't tell.

    Parameters
    ----------
    path
        The portfolio's.
    periods
        Of a year.
    capital
        At the beginning, for the capacity.
    """
    net, gross = path.net, path.gross
    mean, traded = float(net.mean()), float(path.turnover.mean())
    cost = {name: float(getattr(path, name).mean()) for name in ("linear", "impact", "borrow")}
    left = _moments(net)
    exposed = (path.long + path.short) > 0
    wanted = float((path.turnover + path.unfilled).sum())
    root = float(np.sqrt(periods))
    return {
        "annual_return": float(path.equity[-1] ** (periods / len(net)) - 1.0),
        "annual_return_gross": float(gross.mean()) * periods,
        "annual_volatility": float(np.std(net, ddof=1)) * root if len(net) > 1 else None,
        "sharpe": None if left is None else left.sharpe * root,
        "sharpe_gross": None if (before := _moments(gross)) is None else before.sharpe * root,
        "probabilistic_sharpe": _guarded(left),
        "years_needed": _years(left, periods),
        "max_drawdown": float(drawdowns(path.equity).max()),
        "hit_rate": float(np.mean(net[exposed] > 0)) if exposed.any() else None,
        "turnover": traded * periods,
        "cost": sum(cost.values()) * periods,
        "cost_linear": cost["linear"] * periods,
        "cost_impact": cost["impact"] * periods,
        "cost_borrow": cost["borrow"] * periods,
        "breakeven_bps": float(gross.mean()) / traded * _BPS if traded > 0 else None,
        "capacity": capital * ((mean + cost["impact"]) / cost["impact"]) ** 2 if cost["impact"] > 0 and mean + cost["impact"] > 0 else None,
        "gross_exposure": float((path.long + path.short).mean()),
        "net_exposure": float((path.long - path.short).mean()),
        "unfilled": float(path.unfilled.sum()) / wanted if wanted > 0 else None,
    }


def drawdowns(equity: Floats) -> Floats:
    """Return how far the equity, which begins at 1, is below its highest value so far, as a share of that.

    >>> drawdowns(np.array([1.1, 0.88, 1.2]))
    array([0. , 0.2, 0. ])
    """
    peak = np.maximum.accumulate(np.concatenate([[1.0], equity]))[1:]
    below: Floats = 1.0 - equity / peak
    return below


def periods_in_a_year(times: np.ndarray[Any, Any]) -> float:
    """Return how many of the times there are in a year.

    Raises
    ------
    EvaluationError
        For fewer than two times.
    """
    if len(times) < 2:
        raise EvaluationError(
            "a backtest needs at least 2 times", field="evaluation.backtest", value=len(times), mend="make the test longer"
        )
    span = (times[-1] - times[0]).astype("timedelta64[s]")
    return float((len(times) - 1) * (_YEAR / span))


def _moments(returns: Floats) -> Moments | None:
    try:
        return moments(returns)
    except EvaluationError:
        return None


def _guarded(of: Moments | None) -> float | None:
    try:
        return None if of is None else probabilistic_sharpe(of)
    except EvaluationError:
        return None


def _years(of: Moments | None, periods: float) -> float | None:
    if of is None or of.sharpe <= 0 or _guarded(of) is None:
        return None
    return minimum_track_record(of) / periods
