"""A nested search while it runs: every fold tunes inside its own training part, and is predicted by what it chose for itself.

The same procedure inside the whole part before the final test chooses the point that is refitted and tested.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

import polars as pl

from dsframework.errors import MetricError, TsmlError
from dsframework.experiment import FitJob, FoldOutcome, digest, fit_folds
from dsframework.metrics import Score, Scores
from dsframework.records import MetricSummary, TrialRecord
from dsframework.splitting import Fold, fit_groups
from dsframework.study._forecasts import prediction_frame
from dsframework.study._prepare import Prepared
from dsframework.study._search import SearchOf
from dsframework.study._task import OUTER, Task
from dsframework.study._trial_record import summaries
from dsframework.study._tuning_run import TuningRun
from dsframework.tracking import Journal, StoredTrial

__all__ = ["NestedRun"]


class NestedRun:
    """The state of the searches inside the folds and before the final test; its parameters are those of `TuningRun`.

    Folds that one fit serves are tuned once. Trials are numbered over all searches, the folds' in their order and the final one last.
    """

    def __init__(
        self,
        prepared: Prepared,
        new_search: SearchOf,
        store: Journal,
        *,
        position: int,
        greater_is_better: bool,
        import_path: str | None,
    ) -> None:
        self.prepared, self.store, self.position = prepared, store, position
        self.problem: TsmlError | None = None
        self.outer: dict[int, TrialRecord] = {}
        self.history: list[float] = []
        self._groups = {group[0].number: group for group in fit_groups(prepared.folds)}
        self._searches: dict[int, TuningRun] = {}
        self._asked: set[int] = set()
        self._tasks: deque[Task] = deque()
        self._run_id = ""
        self._cached: Mapping[str, StoredTrial] = {}
        for inside in (*self._groups, 0):
            self._searches[inside] = TuningRun(
                prepared,
                new_search(inside),
                prepared.inner[inside],
                store,
                position=position,
                greater_is_better=greater_is_better,
                import_path=import_path,
                inside=inside,
                offset=self.planned,
            )
        self._first_outer = self.planned

    @property
    def planned(self) -> int:
        """How many points all searches together have."""
        return sum(search.planned for search in self._searches.values())

    @property
    def total(self) -> int:
        """How many points are tried, in all searches together."""
        return sum(search.total for search in self._searches.values())

    @property
    def budget_notes(self) -> list[str]:
        """What is to be said of budgets that ended a search, in the order of the searches."""
        return [note for search in self._searches.values() for note in search.budget_notes]

    @property
    def trials(self) -> dict[int, TrialRecord]:
        """The trials of all searches that have ended, by their number."""
        return {number: trial for search in self._searches.values() for number, trial in search.trials.items()}

    @property
    def ended(self) -> Counter[str]:
        """How many of them ended in which way."""
        return sum((search.ended for search in self._searches.values()), Counter())

    @property
    def resumed(self) -> int:
        """How many trials were taken over from an earlier run."""
        return sum(search.resumed for search in self._searches.values())

    @property
    def done(self) -> bool:
        """Whether every fold is predicted by what it chose, and what is tested is chosen."""
        return self.problem is None and self._searches[0].done and len(self.outer) == len(self.prepared.folds)

    def start(self, run_id: str, cached: Mapping[str, StoredTrial]) -> None:
        """Begin under a run of MLflow, taking over what is recorded already."""
        self._run_id, self._cached = run_id, cached
        for search in self._searches.values():
            search.start(run_id, cached)
        self._advance()

    def next_task(self) -> Task | None:
        """Return a fit to be done, or None when all that can be done is under way."""
        if self._tasks:
            return self._tasks.popleft()
        for search in self._searches.values():
            if task := search.next_task():
                return task
        self._advance()  # a budget may have ended a search
        return self._tasks.popleft() if self._tasks else None

    def clear(self) -> None:
        """Forget what was not begun."""
        self._tasks.clear()
        for search in self._searches.values():
            search.clear()

    def accept(self, what: str, outcome: Any) -> list[TrialRecord]:
        """Take in what a fit gave, which may be an error; returns the trials that have ended with it."""
        trials: list[TrialRecord] = []
        if what.startswith(OUTER):
            self._accept_outer(int(what.removeprefix(OUTER)), outcome)
        else:
            trials = self._search_of(int(what)).accept(what, outcome)
        self._advance()
        return trials

    def best(self) -> TrialRecord | None:
        """Return the best trial of the search before the final test."""
        return self._searches[0].best()

    def chosen(self) -> TrialRecord:
        """Return the trial that is refitted for the final test; there must be one."""
        return self._searches[0].chosen()

    def chosen_in(self, fold: Fold) -> tuple[TrialRecord, int]:
        """Return the trial that a fold chose for itself, and among how many."""
        search = self._searches[self._leader(fold)]
        return search.chosen(), len(search.trials)

    def cv(self) -> dict[str, MetricSummary] | None:
        """Return the scores of the folds by what each chose for itself; None while some are missing."""
        if len(self.outer) < len(self.prepared.folds):
            return None
        return summaries([_scores(self.outer[fold.number]) for fold in self.prepared.folds])

    def out_of_fold(self) -> pl.DataFrame | None:
        """Return the recorded predictions of the folds by what each chose for itself."""
        if len(self.outer) < len(self.prepared.folds):
            return None
        frames = [self.store.read_trial_predictions(self._run_id, self._number(fold)) for fold in self.prepared.folds]
        return pl.concat([frame for frame in frames if frame is not None])

    def job(self, params: dict[str, Any]) -> FitJob:
        """Return the fit of one point."""
        return self._searches[0].job(params)

    def first_job(self) -> FitJob:
        """Return the fit that the first fold's predictions are of."""
        return self.job(self.chosen_in(self.prepared.folds[0])[0].params)

    def to_account(self) -> list[TrialRecord]:
        """Return the trials that the chosen one was the best of, in the order of their numbers."""
        return self._searches[0].to_account()

    def inside_of(self, number: int) -> int | None:
        """Return the fold whose training part a trial is tried in."""
        return self._search_of(number).inside

    def _search_of(self, number: int) -> TuningRun:
        return next(search for search in reversed(self._searches.values()) if search.offset <= number)

    def _leader(self, fold: Fold) -> int:
        return next(leader for leader, group in self._groups.items() if fold in group)

    def _number(self, fold: Fold) -> int:
        """The number that a fold's own score is recorded under, behind those of all trials."""
        return self._first_outer + self.prepared.folds.index(fold)

    def _key(self, fold: Fold, params: dict[str, Any]) -> str:
        return digest([self.prepared.trial_key(params), "outer", fold.number])

    def _advance(self) -> None:
        """Ask for the fits of the folds whose tuning is done."""
        for search in self._searches.values():
            self.problem = self.problem or search.problem
        if self.problem is not None:
            return
        for leader, group in self._groups.items():
            if self._searches[leader].done and leader not in self._asked:
                self._asked.add(leader)
                params = self._searches[leader].chosen().params
                if not self._take_over(group, params):
                    self._tasks.append(Task(f"{self.position}/{OUTER}{leader}/0", fit_folds, self.prepared, (self.job(params), group)))

    def _take_over(self, group: tuple[Fold, ...], params: dict[str, Any]) -> bool:
        """Take over the scores of the folds of a fit, where all of them and their predictions are recorded."""
        found = []
        for fold in group:
            stored = self._cached.get(self._key(fold, params))
            predictions = self.store.read_trial_predictions(stored.run_id, stored.record.number) if stored else None
            if stored is None or predictions is None:
                return False
            found.append((fold, stored, predictions))
        for fold, stored, predictions in found:
            record = stored.record.model_copy(update={"number": self._number(fold)})
            if stored.run_id == self._run_id and stored.record.number == record.number:
                self._note(fold, record)
            else:
                self._record(fold, record, predictions)
        return True

    def _accept_outer(self, leader: int, outcome: Any) -> None:
        if isinstance(outcome, TsmlError):
            self.problem = self.problem or outcome
            return
        params = self._searches[leader].chosen().params
        for fold, one in zip(self._groups[leader], outcome, strict=True):
            self._record(
                fold,
                self._outer(fold, params, one),
                prediction_frame(self.prepared.dataset, fold, one.forecast, self.prepared.plan.quantiles),
            )

    def _outer(self, fold: Fold, params: dict[str, Any], outcome: FoldOutcome) -> TrialRecord:
        return TrialRecord(
            number=self._number(fold),
            key=self._key(fold, params),
            params=params,
            status="finished",
            cv=summaries([outcome.scores]),
            seconds=outcome.seconds,
            rounds=None if outcome.rounds is None else [outcome.rounds],
            inside=fold.number,
            part="outer",
        )

    def _record(self, fold: Fold, record: TrialRecord, predictions: pl.DataFrame) -> None:
        self.store.record_trial(self._run_id, record, predictions)
        self._note(fold, record)

    def _note(self, fold: Fold, record: TrialRecord) -> None:
        self.outer[fold.number] = record
        metric = self.prepared.plan.metric
        known = [one.cv[metric].mean for one in self.outer.values()]
        values = [value for value in known if value is not None]
        if values:
            self.history.append(math.fsum(values) / len(values))
        elif len(known) == len(self.prepared.folds):
            self.problem = MetricError(f"{metric} has no value in any fold: {record.cv[metric].note}", field="tuning.metric")


def _scores(record: TrialRecord) -> Scores:
    """The scores of one fold as they were before they were recorded."""
    found = {}
    for name, summary in record.cv.items():
        value = summary.folds[0]
        why = (summary.note or "").partition("fold 1: ")[2] if value is None else None
        found[name] = Score(math.nan if value is None else value, why)
    return Scores(found)
