"""What is recorded of a trial."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dsframework.experiment import FoldOutcome
from dsframework.metrics import FoldScores, Scores, over_folds
from dsframework.records import MetricSummary, TrialRecord

__all__ = ["fitted", "scores_so_far", "shortened", "summaries"]


def summaries(scores: list[Scores]) -> dict[str, MetricSummary]:
    """Return the scores of several folds as they are recorded."""
    return {name: _summary(one) for name, one in over_folds(scores).items()}


def fitted(blank: TrialRecord, outcomes: Sequence[FoldOutcome]) -> TrialRecord:
    """Fill in what the fits of a trial gave."""
    rounds = [outcome.rounds for outcome in outcomes if outcome.rounds is not None]
    cv = summaries([outcome.scores for outcome in outcomes])
    return blank.model_copy(update={"cv": cv, "seconds": sum(outcome.seconds for outcome in outcomes), "rounds": rounds or None})


def scores_so_far(outcomes: Sequence[FoldOutcome], metric: str) -> list[float | None]:
    """Return one metric fold by fold, None where a fold has no value."""
    return [None if metric in outcome.scores.reasons else float(outcome.scores[metric]) for outcome in outcomes]


def shortened(record: TrialRecord, n_folds: int) -> TrialRecord:
    """Return a trial as if it had been pruned after its first folds."""
    cv = {name: _first(summary, n_folds) for name, summary in record.cv.items()}
    rounds = record.rounds[:n_folds] if record.rounds else None
    return record.model_copy(update={"status": "pruned", "cv": cv, "rounds": rounds})


def _summary(found: FoldScores) -> MetricSummary:
    return MetricSummary(mean=found.mean, std=found.std, folds=list(found.folds), note=found.note)


def _first(summary: MetricSummary, n_folds: int) -> MetricSummary:
    folds = summary.folds[:n_folds]
    known = [score for score in folds if score is not None]
    missing = [position for position, score in enumerate(folds) if score is None]
    why = (summary.note or "").partition(f"fold {missing[0] + 1}: ")[2] if missing else ""
    mean, std = (float(np.mean(known)), float(np.std(known))) if known else (None, None)
    return _summary(FoldScores(mean, std, tuple(folds), dict.fromkeys(missing, why)))
