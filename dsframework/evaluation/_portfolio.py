"""A portfolio through time: what it earns, what its trades cost, and what could not be traded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dsframework.errors import EvaluationError
from dsframework.metrics import standing

__all__ = ["Costs", "Market", "Path", "Weights", "overlapping", "simulate", "target_weights"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Market:
    """What can be traded, at each time and for each entity, shape (times, entities).

    Attributes
    ----------
    returns
        Relative change of the price until the next time; the last row is not used. 0 where there is no price.
    tradable
        Whether there is a price to trade at.
    value
        Price times volume, for impact and participation; None without.
    volatility
        Deviation of the returns before, as it was known at the time; None without.
    """

    returns: Floats
    tradable: Flags
    value: Floats | None = None
    volatility: Floats | None = None


@dataclass(frozen=True)
class Costs:
    """What trading costs; shares of one, not per cent.

    Attributes
    ----------
    linear
        Of the traded value.
    impact
        Times the volatility and the root of the traded share of the volume (Almgren et al., 2005; Tóth et al., 2011).
    borrow
        Of the value sold short, for one period.
    participation
        The largest share of the volume that is traded; None for no limit.
    """

    linear: float = 0.0
    impact: float = 0.0
    borrow: float = 0.0
    participation: float | None = None


@dataclass(frozen=True)
class Weights:
    """How scores become a portfolio.

    Attributes
    ----------
    kind
        ``quantile``, ``rank`` or ``sign``.
    tail
        Share of the entities on each side, for ``quantile``.
    threshold
        Of the score, for ``sign``.
    side
        ``both``, ``long`` or ``short``.
    """

    kind: str = "quantile"
    tail: float = 0.2
    threshold: float = 0.0
    side: str = "both"


@dataclass(frozen=True)
class Path:
    """A portfolio's way, one number a period from each time to the next, shape (periods,), as shares of the equity at its beginning.

    Attributes
    ----------
    gross, linear, impact, borrow
        What the positions earned, and what they cost.
    turnover
        Value traded, buys and sells.
    long, short
        Value held on each side.
    unfilled
        Value that was wanted and not traded, for lack of a price or of volume.
    equity
        At the end of each period, beginning from 1.
    """

    gross: Floats
    linear: Floats
    impact: Floats
    borrow: Floats
    turnover: Floats
    long: Floats
    short: Floats
    unfilled: Floats
    equity: Floats

    @property
    def net(self) -> Floats:
        """What is left of each period's return."""
        return self.gross - self.linear - self.impact - self.borrow


def target_weights(scores: Floats, weights: Weights) -> Floats:
    """Return the weights that the scores of each time ask for; what is held adds up to at most 1 on both sides together.

    ``quantile`` gives the top and the bottom tail half of the capital each, equally; entities that are tied at a tail's border share the
    places that are left. ``rank`` weighs all by their rank's distance from the mean. ``sign`` gives each entity the same capital, long
    above the threshold and short below it. With one side only, that side has all of it.

    Parameters
    ----------
    scores
        Shape (times, entities); NaN where there is none.
    weights
        How.

    Returns
    -------
    Floats
        Shape (times, entities); 0 at times with fewer than two scores for ``quantile`` and ``rank``.
    """
    known = np.isfinite(scores)
    counts = known.sum(axis=1)
    result = np.zeros(scores.shape)
    if not known.any():
        return result
    if weights.kind == "sign":
        sides = np.sign(np.where(known, scores - weights.threshold, 0.0)) / np.maximum(counts, 1)[:, None]
        return _one_side(sides, weights.side, normalise=False)
    at, who = np.nonzero(known)
    place = standing(scores[known], at)
    n = counts[at].astype(np.float64)
    if weights.kind == "rank":
        result[at, who] = place.ranks - (n + 1.0) / 2.0
    else:
        size = np.maximum(np.floor(n * weights.tail + _ROUNDING), 1.0)
        top, bottom = (np.clip(size - before, 0.0, place.ties) / place.ties for before in (n - place.below - place.ties, place.below))
        result[at, who] = (top - bottom) / (2.0 * size)
    result[counts < 2] = 0.0
    if weights.kind == "quantile" and weights.side == "both":
        return result
    return _one_side(result, weights.side, normalise=True)


def overlapping(weights: Floats, formed: Flags, holding: int, delay: int) -> Floats:
    """Return the mean of the portfolios of the last `holding` times, each held as long (Jegadeesh & Titman, 1993), `delay` times later.

    Parameters
    ----------
    weights
        Of each time, shape (times, entities).
    formed
        At which times a portfolio is formed; another time adds none, shape (times,).
    holding, delay
        In times.
    """
    sums = np.cumsum(np.where(formed[:, None], weights, 0.0), axis=0)
    book = sums.copy()
    book[holding:] -= sums[:-holding]
    book[np.abs(book) < _ROUNDING] = 0.0
    held = np.zeros(weights.shape)
    held[delay:] = book[: len(book) - delay] / holding
    return held


def simulate(targets: Floats, market: Market, costs: Costs, *, capital: float = 1.0, band: float = 0.0) -> Path:
    """Trade towards the target weights at each time and hold until the next one.

    Positions drift with their prices between trades. A trade is cut to the largest share of the volume, and what is left is tried again at
    the next time. At the last one all is sold.

    Parameters
    ----------
    targets
        Wanted weights at each time, shape (times, entities).
    market, costs
        What can be traded, and at what cost.
    capital
        Value of the equity at the beginning, in the unit of `market.value`.
    band
        Trades below this share of the equity are not made, unless they close a position.

    Raises
    ------
    EvaluationError
        When nothing is left of the equity.
    """
    n = len(targets) - 1
    held, equity = np.zeros(targets.shape[1]), 1.0
    rows = {name: np.zeros(n) for name in ("gross", "linear", "impact", "borrow", "turnover", "long", "short", "unfilled", "equity")}
    for t in range(n):
        wanted = targets[t] * equity - held
        wanted[(np.abs(wanted) < band * equity) & (targets[t] != 0.0)] = 0.0
        trade = _filled(wanted, market, costs, t, capital)
        size = np.abs(trade)
        held = held + trade
        gained = held * market.returns[t]
        period = {
            "gross": float(gained.sum()),
            "linear": costs.linear * float(size.sum()),
            "impact": _impact(size, market, costs, t, capital),
            "turnover": float(size.sum()),
            "long": float(held[held > 0].sum()),
            "short": float(-held[held < 0].sum()),
            "unfilled": float(np.abs(wanted - trade).sum()),
        }
        period["borrow"] = costs.borrow * period["short"]
        held = held + gained
        if t == n - 1:
            size = np.abs(_filled(-held, market, costs, n, capital))
            period["turnover"] += float(size.sum())
            period["linear"] += costs.linear * float(size.sum())
            period["impact"] += _impact(size, market, costs, n, capital)
        for name, value in period.items():
            rows[name][t] = value / equity
        equity += period["gross"] - period["linear"] - period["impact"] - period["borrow"]
        rows["equity"][t] = equity
        if equity <= 0:
            text = f"nothing is left of the capital after {t + 1} periods"
            raise EvaluationError(text, field="evaluation.backtest", mend="look at the prices")
    return Path(**rows)


def _filled(wanted: Floats, market: Market, costs: Costs, t: int, capital: float) -> Floats:
    trade = np.where(market.tradable[t], wanted, 0.0)
    if market.value is None or (costs.participation is None and costs.impact == 0):
        return trade
    volume = market.value[t] / capital
    trade = np.where(volume > 0, trade, 0.0)
    if costs.participation is None:
        return trade
    most = np.where(volume > 0, costs.participation * volume, 0.0)
    return np.clip(trade, -most, most)


def _impact(size: Floats, market: Market, costs: Costs, t: int, capital: float) -> float:
    if costs.impact == 0 or market.value is None or market.volatility is None:
        return 0.0
    traded = size > 0
    share = size[traded] / (market.value[t][traded] / capital)
    return costs.impact * float(np.sum(size[traded] * market.volatility[t][traded] * np.sqrt(share)))


def _one_side(weights: Floats, side: str, *, normalise: bool) -> Floats:
    if side == "long":
        weights = np.maximum(weights, 0.0)
    elif side == "short":
        weights = np.minimum(weights, 0.0)
    if not normalise:
        return weights
    total = np.abs(weights).sum(axis=1, keepdims=True)
    scaled: Floats = np.divide(weights, total, out=np.zeros(weights.shape), where=total > 0)
    return scaled
