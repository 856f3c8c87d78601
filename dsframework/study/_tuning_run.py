"""One search while it runs: its points are fitted on some folds, recorded as they finish, and the best mean score wins."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from dsframework.errors import MetricError, ModelError, TsmlError
from dsframework.execution import Work
from dsframework.experiment import FitJob, FoldOutcome, digest, fit_folds
from dsframework.metrics import Scores, over_folds
from dsframework.records import MetricSummary, TrialRecord
from dsframework.splitting import Fold, fit_groups
from dsframework.study._forecasts import prediction_frame
from dsframework.study._prepare import Prepared
from dsframework.study._search import Search
from dsframework.tracking import Journal, StoredTrial

__all__ = ["Task", "TuningRun", "summaries"]


@dataclass(frozen=True)
class Task:
    """One fit to be done: a function of the executor's handle of the rows."""

    key: str
    function: Callable[..., Any]
    dataset_key: str
    arguments: tuple[Any, ...]

    def work(self, rows: Any, *, tame: bool) -> Work:
        """Return it as a task for an executor, which knows the rows by a handle."""
        position, _, fold = self.key.split("/")
        return Work(
            self.key,
            self.function,
            (rows, *self.arguments),
            kind=f"{position}/{self.function.__name__}",
            near=f"{self.dataset_key}/{fold}",
            tame=tame,
        )


def summaries(scores: list[Scores]) -> dict[str, MetricSummary]:
    """Return the scores of several folds as they are recorded."""
    found = over_folds(scores)
    return {name: MetricSummary(mean=one.mean, std=one.std, folds=list(one.folds), note=one.note) for name, one in found.items()}


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
        self._best_history: list[float] = []
        self.resumed = 0
        self._tasks: deque[Task] = deque()
        self._run_id = ""
        self._cached: Mapping[str, StoredTrial] = {}
        self._points: dict[int, dict[str, Any]] = {}
        self._outcomes: dict[int, dict[int, FoldOutcome]] = {}
        self._repeated: int | None = None
        self._best: TrialRecord | None = None

    @property
    def total(self) -> int:
        """How many points there are to try."""
        return self.search.total

    @property
    def history(self) -> list[float]:
        """The best mean score after every trial."""
        return self._best_history

    @property
    def problem(self) -> TsmlError | None:
        """Why there is nothing to go on with, when everything was tried and failed."""
        if len(self.trials) < self.total or self.best() is not None:
            return None
        place = "" if self.inside is None else f" inside fold {self.inside}" if self.inside else " before the final test"
        first = min(self.trials.values(), key=lambda trial: trial.number)
        return ModelError(f"no trial finished{place}: {first.error}")

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
        return self._tasks.popleft() if self._tasks else None

    def clear(self) -> None:
        """Forget what was not begun."""
        self._tasks.clear()

    def accept(self, what: str, outcome: Any) -> TrialRecord | None:
        """Take in what the fit of some folds gave, which may be an error; returns the trial that is finished with it, if one is."""
        number = int(what)
        repeated = number == self._repeated
        if number in self.trials and not repeated:
            return None  # another fold of this trial failed before
        if isinstance(outcome, TsmlError):
            self._tasks = deque(task for task in self._tasks if not task.key.startswith(f"{self.position}/{number}/"))
            self._outcomes.pop(number, None)
            return self._ended(self._failed(number, outcome), None)
        done = self._outcomes.setdefault(number, {})
        done.update((one.fold, one) for one in outcome)
        if len(done) < len(self.folds):
            return None
        outcomes = [done[fold.number] for fold in self.folds]
        del self._outcomes[number]
        record = self._trial(number, outcomes)
        keep = self.keeps_predictions and record.status == "finished" and (repeated or self._is_best(record))
        return self._ended(record, self._out_of_fold(outcomes) if keep else None)

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

    def _ended(self, record: TrialRecord, predictions: pl.DataFrame | None) -> TrialRecord:
        if record.number == self._repeated:
            self._repeated = None
        self._record(record, predictions)
        self._advance()
        return record

    def _advance(self) -> None:
        """Queue what can be tried now; when everything was tried, the best trial again where nobody kept its predictions."""
        while points := self.search.ask():
            for number, params in points:
                self._begin(self.offset + number, params)
        best = self.best()
        if len(self.trials) < self.total or best is None or not (self.keeps_predictions and self.resumed):
            return
        if self.store.read_trial_predictions(self._run_id, best.number) is None:
            self._repeated = best.number  # taken over from a run where another trial won
            self.resumed -= 1
            self._queue(best.number)

    def _key(self, params: dict[str, Any]) -> str:
        key = self.prepared.trial_key(params)
        return key if self.inside is None else digest([key, "inside", self.inside])

    def _begin(self, number: int, params: dict[str, Any]) -> None:
        self._points[number] = params
        stored = self._cached.get(self._key(params))
        if stored is None:
            self._queue(number)
        else:
            self._take_over(number, stored)

    def _queue(self, number: int) -> None:
        job = self.job(self._points[number])
        for group in fit_groups(self.folds):
            self._tasks.append(Task(f"{self.position}/{number}/{group[0].number}", fit_folds, self.prepared.dataset_key, (job, group)))

    def _take_over(self, number: int, stored: StoredTrial) -> None:
        record = stored.record.model_copy(update={"number": number})
        self.resumed += 1
        if stored.run_id == self._run_id and stored.record.number == number:
            self._note(record)
            return
        keep = self.keeps_predictions and self._is_best(record)
        self._record(record, self.store.read_trial_predictions(stored.run_id, stored.record.number) if keep else None)

    def _record(self, record: TrialRecord, predictions: pl.DataFrame | None) -> None:
        self.store.record_trial(self._run_id, record, predictions)
        self._note(record)

    def _note(self, record: TrialRecord) -> None:
        self.trials[record.number] = record
        if record.status == "finished" and self._is_best(record):
            self._best = record
        elif record.status == "failed" and self._best is not None and self._best.number == record.number:  # fitted again, in vain
            finished = [trial for trial in self.trials.values() if trial.status == "finished"]
            self._best = min(finished, key=lambda trial: (self._rank(trial), trial.number), default=None)
        mean = record.cv[self.prepared.plan.metric].mean if record.status == "finished" else None
        self.search.tell(record.number - self.offset, mean)
        best = self.best()
        if best is not None:
            self._best_history.append(best.cv[self.prepared.plan.metric].mean or 0.0)

    def _trial(self, number: int, outcomes: list[FoldOutcome]) -> TrialRecord:
        rounds = [outcome.rounds for outcome in outcomes if outcome.rounds is not None]
        cv = summaries([outcome.scores for outcome in outcomes])
        decides = self.prepared.plan.metric
        if cv[decides].mean is None:
            return self._failed(number, MetricError(f"{decides} has no value in any fold: {cv[decides].note}", field="tuning.metric"))
        return TrialRecord(
            number=number,
            key=self._key(self._points[number]),
            params=self._points[number],
            status="finished",
            cv=cv,
            seconds=sum(outcome.seconds for outcome in outcomes),
            rounds=rounds or None,
            inside=self.inside,
        )

    def _failed(self, number: int, error: TsmlError) -> TrialRecord:
        params = self._points[number]
        return TrialRecord(number=number, key=self._key(params), params=params, status="failed", error=str(error), inside=self.inside)

    def _out_of_fold(self, outcomes: list[FoldOutcome]) -> pl.DataFrame:
        dataset, levels = self.prepared.dataset, self.prepared.plan.quantiles
        by_number = {fold.number: fold for fold in self.folds}
        return pl.concat([prediction_frame(dataset, by_number[outcome.fold], outcome.forecast, levels) for outcome in outcomes])
