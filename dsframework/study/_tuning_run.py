"""One search while it runs: its points are fitted on some folds, recorded as they finish, and the best mean score wins."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import polars as pl

from dsframework.errors import MetricError, ModelError, TsmlError
from dsframework.experiment import FitJob, FoldOutcome, digest, fit_folds
from dsframework.records import MetricSummary, TrialRecord
from dsframework.splitting import Fold, fit_groups
from dsframework.study._course import Course
from dsframework.study._forecasts import prediction_frame
from dsframework.study._prepare import Prepared
from dsframework.study._search import Search
from dsframework.study._task import Task, TaskQueue
from dsframework.study._trial_record import fitted, scores_so_far, shortened
from dsframework.tracking import Journal, StoredTrial

__all__ = ["TuningRun"]

Status = Literal["finished", "failed", "pruned"]


class TuningRun:
    """The state of one search.

    Parameters
    ----------
    prepared
        Plan and rows.
    search
        Gives out the points to try.
    folds
        Those that each point is scored on.
    store
        Where trials are recorded.
    position
        The experiment's place in the study; task keys begin with it.
    greater_is_better
        Direction of the metric that decides.
    import_path
        A folder for the classes of the user's own.
    inside
        The fold whose training part is searched in, 0 for the part before the final test; None where the split is not nested, and then the
        best trial's out-of-fold predictions are recorded.
    offset
        The number of its first trial.
    """

    def __init__(
        self,
        prepared: Prepared,
        search: Search,
        folds: list[Fold],
        store: Journal,
        *,
        position: int,
        greater_is_better: bool,
        import_path: str | None,
        inside: int | None = None,
        offset: int = 0,
    ) -> None:
        self.prepared, self.search, self.folds, self.store = prepared, search, folds, store
        self.position, self.greater_is_better, self.import_path = position, greater_is_better, import_path
        self.inside, self.offset, self.keeps_predictions = inside, offset, inside is None
        self.trials: dict[int, TrialRecord] = {}
        self.ended: Counter[str] = Counter()
        self.resumed = 0
        self._spent: str | None = None
        self._best_history: list[float] = []
        self._groups = fit_groups(folds)
        self._course = Course(prepared.plan.tuning, len(self._groups), search.total, greater_is_better=greater_is_better)
        self._asked: deque[int] = deque()
        self._ready: deque[int] = deque()
        self._tasks = TaskQueue()
        self._run_id = ""
        self._cached: Mapping[str, StoredTrial] = {}
        self._points: dict[int, dict[str, Any]] = {}
        self._stored: dict[int, StoredTrial] = {}
        self._outcomes: dict[int, dict[int, FoldOutcome]] = {}
        self._news: list[TrialRecord] = []
        self._repeated: int | None = None
        self._best: TrialRecord | None = None

    @property
    def planned(self) -> int:
        """How many points the search has."""
        return self.search.total

    @property
    def total(self) -> int:
        """How many points are tried: all of them, or those that were begun when a budget was spent."""
        return self.planned if self._spent is None else len(self._points)

    @property
    def budget_notes(self) -> list[str]:
        """What is to be said of the budget that ended the search, if one did."""
        if self._spent is None:
            return []
        return [f"tuning{self._place}: ended by its budget ({self._spent}) after {self.total} of {self.planned} trials"]

    @property
    def _place(self) -> str:
        return "" if self.inside is None else f" inside fold {self.inside}" if self.inside else " before the final test"

    @property
    def history(self) -> list[float]:
        """The best mean score after every trial."""
        return self._best_history

    @property
    def problem(self) -> TsmlError | None:
        """Why there is nothing to go on with, when everything was tried and failed."""
        if len(self.trials) < self.total or self.best() is not None:
            return None
        failed = next(self.trials[number] for number in sorted(self.trials) if self.trials[number].status == "failed")
        return ModelError(f"no trial finished{self._place}: {failed.error}")

    @property
    def done(self) -> bool:
        """Whether every point was tried, and the best one's predictions are there where they are kept."""
        return len(self.trials) == self.total and self._repeated is None

    def start(self, run_id: str, cached: Mapping[str, StoredTrial]) -> None:
        """Begin under a run of MLflow, taking over the trials that are recorded already."""
        self._run_id, self._cached = run_id, cached
        self._advance()

    def next_task(self) -> Task | None:
        """Return a fit to be done, or None when all that can be done is under way."""
        while (waiting := self._next()) is not None:
            number, make = waiting
            try:
                task = make()
            except TsmlError as error:  # the rows of a setting of the stages can't be had
                self._fail(number, error)
                self._advance()
            else:
                self._course.budget.start_clock()
                return task
        return None

    def _next(self) -> tuple[int, Callable[[], Task]] | None:
        while not self._tasks and self._ready:
            if self._course.budget.late:
                self._end(f"seconds: {self.prepared.plan.tuning.seconds:g}", [*self._ready, *self._asked])
            else:
                self._enter(self._ready.popleft())
            if not self._tasks:  # an earlier process did its fits
                self._advance()
        return self._tasks.pop()

    def clear(self) -> None:
        """Forget what was not begun."""
        self._tasks.clear()
        self._asked.clear()
        self._ready.clear()

    def accept(self, what: str, outcome: Any) -> list[TrialRecord]:
        """Take in what the fit of some folds gave, which may be an error; returns the trials that have ended with it."""
        number = int(what)
        if number in self.trials and number != self._repeated:
            return []  # another fold of this trial failed before
        if isinstance(outcome, TsmlError):
            self._fail(number, outcome)
        else:
            self._outcomes.setdefault(number, {}).update((one.fold, one) for one in outcome)
            self._go_on(number)
            if number not in self.trials:
                self.store.fits.keep(self._key(self._points[number]), str(outcome[0].fold), outcome)
        self._advance()
        news, self._news = self._news, []
        return news

    def best(self) -> TrialRecord | None:
        """Return the finished trial with the best mean score, the lowest number on a tie."""
        return self._best

    def chosen(self) -> TrialRecord:
        """Return the trial that is refitted for the final test; there must be one."""
        best = self.best()
        assert best is not None
        return best

    def cv(self) -> dict[str, MetricSummary] | None:
        """Return what is told as the score over the folds, or None where there is none yet."""
        best = self.best()
        return best.cv if best else None

    def out_of_fold(self) -> pl.DataFrame | None:
        """Return the recorded out-of-fold predictions of the best trial."""
        best = self.best()
        return self.store.read_trial_predictions(self._run_id, best.number) if best else None

    def first_job(self) -> FitJob:
        """Return the fit that the first fold's predictions are of."""
        return self.job(self.chosen().params)

    def to_account(self) -> list[TrialRecord]:
        """Return the trials that the chosen one was the best of, in the order of their numbers."""
        return [self.trials[number] for number in sorted(self.trials)]

    def inside_of(self, number: int) -> int | None:
        """Return the fold of a nested split whose training part a trial is tried in; None of any other split."""
        return self.inside

    def job(self, params: dict[str, Any]) -> FitJob:
        """Return the fit of one point."""
        return self.prepared.job(params, import_path=self.import_path)

    def _rank(self, trial: TrialRecord) -> float:
        mean = trial.cv[self.prepared.plan.metric].mean
        assert mean is not None  # such a trial has failed
        return -mean if self.greater_is_better else mean

    def _is_best(self, record: TrialRecord) -> bool:
        best = self.best()
        return best is None or (self._rank(record), record.number) < (self._rank(best), best.number)

    def _ended(self, record: TrialRecord, predictions: pl.DataFrame | None) -> None:
        self._outcomes.pop(record.number, None)
        self.store.fits.forget(record.key)
        if record.number == self._repeated:
            self._repeated = None
        self._record(record, predictions)
        self._news.append(record)

    def _advance(self) -> None:
        """Begin what can be tried now; when everything was tried, the best trial again where nobody kept its predictions."""
        while self._decide() or self._admit() or self._ask():
            pass
        best = self.best()
        if len(self.trials) < self.total or best is None or not (self.keeps_predictions and self.resumed):
            return
        if self._repeated is None and self.store.read_trial_predictions(self._run_id, best.number) is None:
            self._repeated = best.number  # taken over from a run where another trial won
            self.resumed -= 1
            self._queue(best.number, self._groups)

    def _ask(self) -> bool:
        points = self.search.ask() if self._spent is None else []
        for number, params in points:
            self._points[self.offset + number] = params
            self._asked.append(self.offset + number)
        return bool(points)

    def _admit(self) -> bool:
        """Let the next trial begin if its fits are in the budget; one that is recorded is taken over at once."""
        if not self._asked or (room := self._course.budget.room()) is None:
            return False
        if not room:
            self._end(f"fits: {self.prepared.plan.tuning.fits}", list(self._asked))
            return True
        number = self._asked.popleft()
        self._course.begin(number - self.offset)
        stored = self._cached.get(self._key(self._points[number]))
        if stored is None:
            self._ready.append(number)
        else:
            self._stored[number] = stored
            self._enter(number)
        return True

    def _end(self, budget: str, left: list[int]) -> None:
        """Let the trials that are left not begin, nor any that the search would ask for."""
        self._spent = budget
        for number in left:
            del self._points[number]
            self._course.skip(number - self.offset)
        self._ready = deque(number for number in self._ready if number in self._points)
        self._asked.clear()

    def _enter(self, number: int) -> None:
        """Ask for the fits up to the trial's next stop, or take them from the record of an earlier run."""
        stored = self._stored.get(number)
        if stored is not None and stored.record.n_folds >= self._n_folds(number):
            self._reached(number)
            return
        self._stored.pop(number, None)
        groups = self._groups[: self._course.stop(number - self.offset)]
        done, kept = self._outcomes.setdefault(number, {}), self.store.fits.of(self._key(self._points[number]))
        for group in groups:
            done.update((one.fold, one) for one in kept.get(str(group[0].number), ()))
        if missing := [group for group in groups if group[0].number not in done]:
            self._queue(number, missing)
        else:
            self._reached(number)

    def _go_on(self, number: int) -> None:
        """See whether a trial has the scores of all folds up to its next stop."""
        done = self._outcomes[number]
        if number == self._repeated:
            if len(done) == len(self.folds):
                self._finish(number)
        elif len(done) == self._n_folds(number):
            self._reached(number)

    def _reached(self, number: int) -> None:
        """A trial has the scores of all folds up to its next stop: it ends there, or waits for a decision."""
        if self._course.is_last(number - self.offset):
            self._finish(number)
            return
        metric, stored = self.prepared.plan.metric, self._stored.get(number)
        known = scores_so_far(self._in_order(number), metric) if stored is None else stored.record.cv[metric].folds
        self._course.report(number - self.offset, known[: self._n_folds(number)])

    def _decide(self) -> bool:
        """Let trials go on, or end them, as far as the trials before them tell."""
        decisions = self._course.decide()
        for decision in decisions:
            (self._enter if decision.goes_on else self._prune)(self.offset + decision.number)
        return bool(decisions)

    def _prune(self, number: int) -> None:
        if stored := self._stored.pop(number, None):
            self._take_over(number, stored, shortened(stored.record, self._n_folds(number)))
        else:
            self._ended(self._trial(number, "pruned"), None)

    def _finish(self, number: int) -> None:
        if stored := self._stored.pop(number, None):
            self._take_over(number, stored, stored.record)
            return
        record = self._trial(number, "finished")
        decides = self.prepared.plan.metric
        if record.cv[decides].mean is None:
            self._fail(number, MetricError(f"{decides} has no value in any fold: {record.cv[decides].note}", field="tuning.metric"))
            return
        keep = self.keeps_predictions and (number == self._repeated or self._is_best(record))
        self._ended(record, self._out_of_fold(number) if keep else None)

    def _fail(self, number: int, error: TsmlError) -> None:
        self._tasks.drop(number)
        if number != self._repeated:
            self._course.fail(number - self.offset)
        self._ended(self._blank(number, "failed").model_copy(update={"error": str(error), "log": error.log or None}), None)

    def _n_folds(self, number: int) -> int:
        """How many folds a trial has at its next stop."""
        return sum(len(group) for group in self._groups[: self._course.stop(number - self.offset)])

    def _key(self, params: dict[str, Any]) -> str:
        key = self.prepared.trial_key(params)
        return key if self.inside is None else digest([key, "inside", self.inside])

    def _queue(self, number: int, groups: Sequence[tuple[Fold, ...]]) -> None:
        for group in groups:
            self._tasks.add(number, group[0].number, partial(self._task, number, group))

    def _task(self, number: int, group: tuple[Fold, ...]) -> Task:
        params = self._points[number]
        prepared = self.prepared.at(params)
        folds = {fold.number: fold for fold in prepared.folds} if prepared is not self.prepared else {}
        own = tuple(folds.get(fold.number, fold) for fold in group)
        return Task(f"{self.position}/{number}/{group[0].number}", fit_folds, prepared, (self.job(params), own))

    def _take_over(self, number: int, stored: StoredTrial, record: TrialRecord) -> None:
        """Take over a recorded trial as `record`; it is recorded again unless it is that very one."""
        self.resumed += 1
        record = record.model_copy(update={"number": number})
        if stored.run_id == self._run_id and stored.record == record:
            self._note(record)
            return
        keep = self.keeps_predictions and record.status == "finished" and self._is_best(record)
        self._record(record, self.store.read_trial_predictions(stored.run_id, stored.record.number) if keep else None)

    def _record(self, record: TrialRecord, predictions: pl.DataFrame | None) -> None:
        self.store.record_trial(self._run_id, record, predictions)
        self._note(record)

    def _note(self, record: TrialRecord) -> None:
        if (before := self.trials.get(record.number)) is not None:
            self.ended[before.status] -= 1
        self.ended[record.status] += 1
        self.trials[record.number] = record
        if record.status == "finished" and self._is_best(record):
            self._best = record
        elif record.status == "failed" and self._best is not None and self._best.number == record.number:  # fitted again, in vain
            finished = [trial for trial in self.trials.values() if trial.status == "finished"]
            self._best = min(finished, key=lambda trial: (self._rank(trial), trial.number), default=None)
        mean = None if record.status == "failed" else record.cv[self.prepared.plan.metric].mean
        front = [record.cv[name].mean if name in record.cv else None for name in self.prepared.plan.tuning.pareto]
        pruned = record.n_folds if record.status == "pruned" else None
        self.search.tell(record.number - self.offset, mean, pruned=pruned, scores=front)
        best = self.best()
        if best is not None:
            self._best_history.append(best.cv[self.prepared.plan.metric].mean or 0.0)

    def _blank(self, number: int, status: Status) -> TrialRecord:
        params = self._points[number]
        return TrialRecord(number=number, key=self._key(params), params=params, status=status, inside=self.inside)

    def _trial(self, number: int, status: Status) -> TrialRecord:
        return fitted(self._blank(number, status), self._in_order(number))

    def _in_order(self, number: int) -> list[FoldOutcome]:
        done = self._outcomes[number]
        return [done[fold.number] for fold in self.folds if fold.number in done]

    def _out_of_fold(self, number: int) -> pl.DataFrame:
        dataset, levels = self.prepared.dataset, self.prepared.plan.quantiles
        by_number = {fold.number: fold for fold in self.folds}
        outcomes = self._in_order(number)
        return pl.concat([prediction_frame(dataset, by_number[outcome.fold], outcome.forecast, levels) for outcome in outcomes])
