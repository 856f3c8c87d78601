"""The account of a search of which some trials were pruned."""

from __future__ import annotations

import numpy as np

from dsframework.records import MetricSummary, TrialRecord
from dsframework.study._trials import account_for_trials


def trial(number: int, folds: list[float], status: str = "finished") -> TrialRecord:
    cv = {"mae": MetricSummary(mean=float(np.mean(folds)), std=float(np.std(folds)), folds=list(folds))}
    return TrialRecord.model_validate({"number": number, "key": str(number), "params": {}, "status": status, "cv": cv})


def test_pruned_trials_count_as_tried_and_only_whole_ones_tell_of_overfitting() -> None:
    table = np.random.default_rng(1).normal(10.0, 1.0, size=(30, 6))
    whole = [trial(number, row.tolist()) for number, row in enumerate(table[:10])]
    pruned = [trial(10 + number, row[:2].tolist(), "pruned") for number, row in enumerate(table[10:])]
    failed = TrialRecord(number=99, key="99", params={}, status="failed", error="no")
    few, many = (account_for_trials(trials, "mae", greater_is_better=False) for trials in (whole, [*whole, *pruned, failed]))
    assert few is not None
    assert many is not None
    assert (few.n_trials, few.n_pruned, many.n_trials, many.n_pruned) == (10, 0, 30, 20)
    assert many.score == few.score
    assert few.by_luck is not None
    assert many.by_luck is not None
    assert many.by_luck > few.by_luck
    assert many.n_effective > few.n_effective
    assert (many.overfitting_probability, many.n_splits) == (few.overfitting_probability, few.n_splits)
    assert many.sentence.startswith("30 trials were tried, 20 of them pruned, as many as ")
    assert "the best of the 10 on every fold of one half is below the median" in many.sentence


def test_the_only_whole_trial_of_many_tells_nothing_of_luck() -> None:
    trials = [trial(0, [1.0, 2.0, 3.0]), trial(1, [5.0], "pruned"), trial(2, [6.0], "pruned")]
    found = account_for_trials(trials, "mae", greater_is_better=False)
    assert found is not None
    assert (found.n_trials, found.n_pruned, found.n_effective, found.deflated) == (3, 2, 3.0, None)
    assert found.sentence == (
        "3 trials were tried, 2 of them pruned; the one that was fitted on every fold can't tell how much of the best one's mae is luck."
    )
