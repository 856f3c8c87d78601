"""How many trials were tried, and how much of the best one's score that explains."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsframework.errors import EvaluationError
from dsframework.evaluation._bootstrap import BlockKind, block_length, bootstrap_means

__all__ = ["DeflatedScore", "Overfitting", "deflated_score", "effective_trials", "overfitting_probability"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
_MOST_SPLITS = 20_000
_ROUNDING = 1e-12


@dataclass(frozen=True)
class DeflatedScore:
    """The best trial's score without what the best of as many trials wins by luck.

    Attributes
    ----------
    score
        Mean score of the best trial.
    by_luck
        How far the best trial is expected to be above the mean of all when none is better than another.
    deflated
        `score` without it, but no worse than the mean of all trials.
    p_value
        How likely a best trial this far above the mean of all is when none is better than another.
    n_trials, n_effective
        How many trials there are, and how many independent ones their differences amount to: what makes some times harder for all of them
        is no difference.
    block
        Length of the bootstrap's blocks.
    """

    score: float
    by_luck: float
    deflated: float
    p_value: float
    n_trials: int
    n_effective: float
    block: int


@dataclass(frozen=True)
class Overfitting:
    """What combinatorially symmetric cross-validation says of a search.

    Attributes
    ----------
    probability
        How often the trial that was best on one half of the times is below the median on the other half.
    logits
        Of the rank on the other half, one a way to halve the times; below 0 is below the median.
    slope
        Of the chosen trial's score on the other half over that on its own half: below 0 the better it looked the worse it was.
    loss_probability
        How often the chosen trial's score on the other half is below 0.
    n_splits
        Ways to halve the times that were looked at.
    """

    probability: float
    logits: Floats
    slope: float
    loss_probability: float
    n_splits: int


def effective_trials(scores: Floats) -> float:
    """Return how many independent trials a search amounts to.

    The number of equal, independent series whose covariances have the same spread as those of the trials: the squared sum of the
    eigenvalues of their correlations over the sum of squares. Trials that are the same count once.

    Parameters
    ----------
    scores
        Score of each trial at each time, shape (times, trials).

    >>> same = np.arange(4.0)[:, None]
    >>> round(effective_trials(np.hstack([same, same, same])), 6)
    1.0
    """
    left = scores - scores.mean(axis=0)
    spread = np.sqrt(np.sum(np.square(left), axis=0))
    varies = spread > 0
    if not varies.any():
        return 1.0
    scaled = left[:, varies] / spread[varies]
    n = int(varies.sum())
    cross = np.einsum("ti,tj->ij", scaled, scaled)
    return float(n * n / np.sum(np.square(cross)))


def deflated_score(
    scores: Floats,
    *,
    greater_is_better: bool,
    n_more: int = 0,
    n: int = 2000,
    seed: int = 0,
    block: int | None = None,
    kind: BlockKind = "stationary",
) -> DeflatedScore:
    """Tell how much of the best trial's score is luck, for any score that is a mean over times.

    The trials are resampled together in blocks of time, each around its own mean, so that none is better than another; how far the best of
    them then is above the mean of all is what luck gives (White, 2000).

    Parameters
    ----------
    scores
        Score or loss of each trial at each time (or fold), shape (times, trials).
    greater_is_better
        Which way is up.
    n_more
        How many trials were tried beside those in `scores`, and were given up before their last time. They count as if as many columns as
        there are had been drawn again, independently, until all trials are there.
    n, seed, block, kind
        Of the bootstrap.

    Raises
    ------
    EvaluationError
        When there are fewer than two times, or a score is not finite.
    """
    _check(scores, 2)
    sign = 1.0 if greater_is_better else -1.0
    signed = sign * scores
    around = signed - signed.mean(axis=1, keepdims=True)
    around[np.abs(around) <= _ROUNDING * np.abs(signed).max()] = 0.0
    length = block or block_length(around, kind)
    drawn = bootstrap_means(around - around.mean(axis=0), n, block=length, seed=seed, kind=kind).max(axis=1)
    means = signed.mean(axis=0)
    best, level = float(means.max()), float(means.mean())
    times = (scores.shape[1] + n_more) / scores.shape[1]
    luck = max(_mean_of_largest(drawn, times), 0.0)
    p_value = (1.0 + float(np.sum(drawn >= best - level - 1e-15))) / (n + 1.0) if scores.shape[1] > 1 else 1.0
    if n_more:
        p_value = 1.0 - (1.0 - p_value) ** times
    return DeflatedScore(
        score=sign * best,
        by_luck=luck,
        deflated=sign * max(best - luck, level),
        p_value=p_value,
        n_trials=scores.shape[1] + n_more,
        n_effective=1.0 + times * effective_trials(around) if around.any() else 1.0,
        block=length,
    )


def _mean_of_largest(drawn: Floats, times: float) -> float:
    """The mean of the largest of so many independent values of a sample; `times` need not be whole."""
    if times == 1:
        return float(drawn.mean())
    below = np.arange(len(drawn) + 1) / len(drawn)
    return float(np.sum(np.sort(drawn) * np.diff(below**times)))


def overfitting_probability(
    scores: Floats,
    *,
    greater_is_better: bool = True,
    n_parts: int = 16,
    seed: int = 0,
    summary: Callable[[Floats], Floats] | None = None,
) -> Overfitting:
    """Tell how often the best trial of one half of the times is a bad one on the other half (Bailey, Borwein, López de Prado & Zhu, 2017).

    The times are cut into `n_parts` stretches, and every choice of half of them is one half. Of more than 20,000 choices as many are drawn.

    Parameters
    ----------
    scores
        Score, loss or return of each trial at each time, shape (times, trials).
    greater_is_better
        Which way is up.
    n_parts
        An even number of stretches.
    seed
        Of the drawing, where choices are drawn.
    summary
        From the scores of a half, shape (times, trials), to one number a trial; the mean when None.

    Raises
    ------
    EvaluationError
        When there are fewer than two trials or fewer times than parts, or a score is not finite.
    """
    if n_parts < 2 or n_parts % 2:
        raise EvaluationError("the number of parts is even and at least 2", value=n_parts)
    _check(scores, n_parts)
    if scores.shape[1] < 2:
        raise EvaluationError("there is one trial only, so none was chosen", value=scores.shape[1])
    signed = scores if greater_is_better else -scores
    parts = np.array_split(np.arange(len(signed)), n_parts)
    halves = _halves(n_parts, seed)
    inside, outside = np.empty((len(halves), signed.shape[1])), np.empty((len(halves), signed.shape[1]))
    if summary is None:
        sums, sizes = np.stack([signed[part].sum(axis=0) for part in parts]), np.array([len(part) for part in parts], dtype=np.float64)
        for row, half in enumerate(halves):
            inside[row] = sums[half].sum(axis=0) / sizes[half].sum()
            outside[row] = sums[~half].sum(axis=0) / sizes[~half].sum()
    else:
        for row, half in enumerate(halves):
            inside[row] = summary(signed[np.concatenate([part for part, own in zip(parts, half, strict=True) if own])])
            outside[row] = summary(signed[np.concatenate([part for part, own in zip(parts, half, strict=True) if not own])])
    return _judged(inside, outside)


def _judged(inside: Floats, outside: Floats) -> Overfitting:
    rows = np.arange(len(inside))
    chosen = np.argmax(inside, axis=1)
    own = outside[rows, chosen][:, None]
    rank = np.sum(outside < own, axis=1) + (np.sum(outside == own, axis=1) + 1.0) / 2.0
    share = rank / (outside.shape[1] + 1.0)
    logits = np.log(share / (1.0 - share))
    seen, kept = inside[rows, chosen], outside[rows, chosen]
    spread = float(np.sum(np.square(seen - seen.mean())))
    slope = float(np.sum((seen - seen.mean()) * (kept - kept.mean())) / spread) if spread > 0 else 0.0
    return Overfitting(float(np.mean(logits <= 0)), logits, slope, float(np.mean(kept < 0)), len(inside))


def _halves(n_parts: int, seed: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Every choice of half of the parts, or a seeded draw of many, shape (choices, parts)."""
    from math import comb

    if comb(n_parts, n_parts // 2) <= _MOST_SPLITS:
        chosen = np.array(list(itertools.combinations(range(n_parts), n_parts // 2)))
    else:
        random = np.random.default_rng(seed)
        chosen = np.argsort(random.random((_MOST_SPLITS, n_parts)), axis=1)[:, : n_parts // 2]
    halves = np.zeros((len(chosen), n_parts), dtype=bool)
    halves[np.arange(len(chosen))[:, None], chosen] = True
    return halves


def _check(scores: Floats, least: int) -> None:
    if scores.ndim != 2 or len(scores) < least or not scores.shape[1]:
        raise EvaluationError(f"scores of the shape {scores.shape} are too few; at least {least} times and one trial are needed")
    if not np.isfinite(scores).all():
        raise EvaluationError("a trial's score is not finite", field="metrics")
