"""How many trials were tried, and what that says of the best one's score."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from dsframework.errors import EvaluationError
from dsframework.evaluation import deflated_score, overfitting_probability
from dsframework.records import TrialRecord, TrialsAccount

__all__ = ["account_for_trials"]

_MOST_PARTS = 16
_FEWEST_PARTS = 4

Floats = np.ndarray[Any, np.dtype[np.float64]]


def account_for_trials(
    trials: Iterable[TrialRecord],
    metric: str,
    *,
    greater_is_better: bool,
    what: str = "trials",
    earlier: frozenset[str] = frozenset(),
) -> TrialsAccount | None:
    """Return the account of trials that were scored on the same folds; None when none was scored on all of them.

    A fold that has no value for a trial is left out for all of them. Pruned trials were tried: they count for what the best one wins by
    luck, as if they were as different from each other as the others, and so do those of earlier studies, by their keys in `earlier`. `what`
    says in the sentence what the trials are.
    """
    trials = list(trials)
    n_earlier = len(earlier - {trial.key for trial in trials})
    scored = [trial for trial in trials if trial.status != "failed" and metric in trial.cv]
    table = _table([trial for trial in scored if trial.status == "finished"], metric)
    if table is None:
        return None
    n_folds, n_finished = table.shape
    n_trials, n_pruned = len(scored), len(scored) - n_finished
    if n_trials + n_earlier == 1:
        sentence = f"One trial was tried, so that its {metric} owes nothing to a choice."
        return TrialsAccount(n_trials=1, n_effective=1.0, n_folds=n_folds, score=float(table.mean()), sentence=sentence)
    best = float(table.mean(axis=0).max() if greater_is_better else table.mean(axis=0).min())
    if n_folds < 2 or n_finished < 2:
        few = "one fold can't tell" if n_folds < 2 else "the one that was fitted on every fold can't tell"
        sentence = f"{_tried(n_trials, n_pruned, n_earlier, what)}; {few} how much of the best one's {metric} is luck."
        return TrialsAccount(
            n_trials=n_trials,
            n_pruned=n_pruned,
            n_earlier=n_earlier,
            n_effective=float(n_trials + n_earlier),
            n_folds=n_folds,
            score=best,
            sentence=sentence,
        )
    found = deflated_score(table, greater_is_better=greater_is_better, n_more=n_pruned + n_earlier)
    probability, n_splits, note = _overfitting(table, greater_is_better=greater_is_better)
    account = TrialsAccount(
        n_trials=n_trials,
        n_pruned=n_pruned,
        n_earlier=n_earlier,
        n_effective=found.n_effective,
        n_folds=n_folds,
        score=found.score,
        by_luck=found.by_luck,
        deflated=found.deflated,
        p_value=found.p_value,
        overfitting_probability=probability,
        n_splits=n_splits,
        note=note,
    )
    return account.model_copy(update={"sentence": _sentence(account, metric, what)})


def _table(trials: list[TrialRecord], metric: str) -> Floats | None:
    """The score of each trial on each fold, shape (folds, trials); None when there is none that all have."""
    if not trials or len({len(trial.cv[metric].folds) for trial in trials}) > 1:
        return None
    table = np.array([[np.nan if value is None else value for value in trial.cv[metric].folds] for trial in trials]).T
    known: Floats = table[np.isfinite(table).all(axis=1)]
    return known if len(known) else None


def _overfitting(table: Floats, *, greater_is_better: bool) -> tuple[float | None, int, str | None]:
    n_parts = min(_MOST_PARTS, len(table) - len(table) % 2)
    if n_parts < _FEWEST_PARTS:
        return None, 0, f"{len(table)} folds are too few to be halved; at least {_FEWEST_PARTS} are needed"
    try:
        found = overfitting_probability(table, greater_is_better=greater_is_better, n_parts=n_parts)
    except EvaluationError as error:
        return None, 0, str(error)
    return found.probability, found.n_splits, None


def _sentence(account: TrialsAccount, metric: str, what: str) -> str:
    tried = _tried(account.n_trials, account.n_pruned, account.n_earlier, what)
    text = (
        f"{tried}, as many as {account.n_effective:.3g} independent ones: the best {metric}, "
        f"{account.score:.6g}, is {account.deflated:.6g} without what the best of so many wins by luck (p {account.p_value:.2g})"
    )
    if account.overfitting_probability is None:
        return f"{text}."
    share = f"{account.overfitting_probability:.0%}"
    whose = f" of the {account.n_trials - account.n_pruned} on every fold" if account.n_pruned else ""
    return f"{text}; in {share} of the ways to halve the folds, the best{whose} of one half is below the median on the other."


def _tried(n_trials: int, n_pruned: int, n_earlier: int, what: str) -> str:
    own = f"{n_trials} {what} were tried" if n_trials != 1 else f"1 {what.removesuffix('s')} was tried"
    before = f" after {n_earlier} in earlier studies" if n_earlier else ""
    return f"{own}{before}{f', {n_pruned} of them pruned' if n_pruned else ''}"
