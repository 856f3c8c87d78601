"""What the shape of a series says: ten of the 22 statistics that Lubba et al. found to tell most series apart, by their definitions.

Lubba, Sethi, Knaute, Schultz, Fulcher and Jones 2019, "catch22: CAnonical Time-series CHaracteristics", table 1. Values are in deviations
from their mean, of deviation 1. What follows one another are rows of one entity with no missing value between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from dsframework.features._base import Floats

__all__ = ["SHAPES", "autocorrelation"]

_Whole = np.ndarray[Any, np.dtype[np.int64]]
_NAN = float("nan")
_LARGE = 0.04


def autocorrelation(values: Floats, entity: _Whole, *, lag: int) -> float:
    """The products of the distances from the mean of rows `lag` apart, over the squares of all distances, as of statsmodels' `acf`."""
    known = values[~np.isnan(values)]
    if len(known) < 2 or len(values) <= lag or known.min() == known.max():
        return _NAN
    distance = values - known.mean()
    products = distance[lag:] * distance[:-lag]
    products = products[(entity[lag:] == entity[:-lag]) & ~np.isnan(products)]
    return float(products.sum() / np.square(known - known.mean()).sum()) if len(products) else _NAN


def _scaled(values: Floats) -> Floats | None:
    """The values in deviations; None where they say nothing of a shape."""
    known = values[~np.isnan(values)]
    if len(known) < 2 or known.min() == known.max():
        return None
    scaled: Floats = (values - known.mean()) / known.std(ddof=1)
    return scaled


def _stretches(values: Floats, entity: _Whole) -> Iterator[Floats]:
    """The values that follow one another."""
    known = ~np.isnan(values)
    breaks = np.flatnonzero(~(known[1:] & known[:-1] & (entity[1:] == entity[:-1]))) + 1
    for part in np.split(values, breaks):
        if len(part) and not np.isnan(part[0]):
            yield part


def _mode(values: Floats, entity: _Whole, *, bins: int) -> float:
    """The middle of the fullest of some bins of equal width, or of those that are as full."""
    scaled = _scaled(values)
    if scaled is None:
        return _NAN
    counts, edges = np.histogram(scaled[~np.isnan(scaled)], bins)
    return float(((edges[:-1] + edges[1:]) / 2)[counts == counts.max()].mean())


def _correlation_length(values: Floats, entity: _Whole) -> float:
    """The first lag at which the autocorrelation is below 1 / e; the number of rows where it never is."""
    if _scaled(values) is None:
        return _NAN
    for lag in range(1, len(values)):
        if autocorrelation(values, entity, lag=lag) < 1.0 / np.e:
            return float(lag)
    return float(len(values))


def _first_minimum(values: Floats, entity: _Whole) -> float:
    """The first lag at which the autocorrelation is below those beside it; the number of rows where it never is."""
    if _scaled(values) is None:
        return _NAN
    before, here = 1.0, autocorrelation(values, entity, lag=1)
    for lag in range(1, len(values) - 1):
        after = autocorrelation(values, entity, lag=lag + 1)
        if here < before and here < after:
            return float(lag)
        before, here = here, after
    return float(len(values))


def _of_changes(values: Floats, entity: _Whole, *, figure: Callable[[Floats], Any]) -> float:
    scaled = _scaled(values)
    changes = [] if scaled is None else [np.diff(part) for part in _stretches(scaled, entity)]
    joined: Floats = np.concatenate(changes) if changes else np.empty(0)
    return float(figure(joined)) if len(joined) else _NAN


def _longest(values: Floats, entity: _Whole, *, holds: Callable[[Floats], np.ndarray[Any, Any]]) -> float:
    """How many rows, or changes, that follow one another all have a property, at most."""
    scaled = _scaled(values)
    if scaled is None:
        return _NAN
    found = 0
    for part in _stretches(scaled, entity):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], holds(part).astype(np.int8), [0]])))
        found = max(found, int((edges[1::2] - edges[::2]).max(initial=0)))
    return float(found)


def _mean_of_three_error(values: Floats, entity: _Whole) -> float:
    """The deviation of the errors of the mean of the three values before."""
    scaled = _scaled(values)
    parts = [] if scaled is None else [part for part in _stretches(scaled, entity) if len(part) > 3]
    errors = [part[3:] - (part[:-3] + part[1:-2] + part[2:-1]) / 3 for part in parts]
    joined: Floats = np.concatenate(errors) if errors else np.empty(0)
    return float(joined.std(ddof=1)) if len(joined) > 1 else _NAN


def _motif_entropy(values: Floats, entity: _Whole) -> float:
    """The entropy of pairs of thirds, by rank, in which a value and the next lie, in nats."""
    if _scaled(values) is None:
        return _NAN
    ranked = np.sort(values[~np.isnan(values)])
    letters = [3 * np.searchsorted(ranked, part) // len(ranked) for part in _stretches(values, entity)]
    pairs = np.concatenate([3 * part[:-1] + part[1:] for part in letters])
    if not len(pairs):
        return _NAN
    shares = np.bincount(pairs) / len(pairs)
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum() + 0.0)


SHAPES: dict[str, Callable[[Floats, _Whole], float]] = {
    "mode_5": partial(_mode, bins=5),
    "mode_10": partial(_mode, bins=10),
    "correlation_length": _correlation_length,
    "first_minimum": _first_minimum,
    "time_asymmetry": partial(_of_changes, figure=lambda changes: np.mean(changes**3)),
    "large_changes": partial(_of_changes, figure=lambda changes: np.mean(np.abs(changes) > _LARGE)),
    "longest_above_mean": partial(_longest, holds=lambda part: part > 0),
    "longest_fall": partial(_longest, holds=lambda part: np.diff(part) < 0),
    "mean_of_three_error": _mean_of_three_error,
    "motif_entropy": _motif_entropy,
}
