"""One experiment while it runs: trials are fitted fold by fold, recorded as they finish, and the best is refitted and tested."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import polars as pl

from dsframework.errors import MetricError, ModelError, TsmlError
from dsframework.experiment import (
    AuditOutcome,
    FinalOutcome,
    FitJob,
    FoldOutcome,
    audit_fit,
    fit_final,
    fit_folds,
    searched,
)
from dsframework.metrics import over_folds
from dsframework.records import ExperimentProgress, ExperimentResult, MetricSummary, Status, TrialRecord
from dsframework.splitting import fit_groups
from dsframework.study._forecasts import prediction_frame, recorded_forecast
from dsframework.study._intervals import Intervals
from dsframework.study._prepare import Prepared
from dsframework.study._search import Search
from dsframework.study._trials import account_for_trials
from dsframework.tracking import StoredTrial, StudyStore

__all__ = ["ExperimentRun", "Task"]

_FINAL = -1
_AUDIT = -2


@dataclass(frozen=True)
class Task:
    """One fit to be done: a function of the executor's handle of the rows."""

    key: str
    function: Callable[..., Any]
    dataset_key: str
    arguments: tuple[Any, ...]


class ExperimentRun:
    """The state of one experiment of a study.

    Parameters
    ----------
    position
        Its place in the study; task keys begin with it.
    prepared
        Plan, rows and folds.
    search
        Gives out the points to try.
    store
        Where trials are recorded.
    greater_is_better
        Direction of the metric that decides.
    import_path
        A folder for the classes of the user's own.
    """

    def __init__(
        self, position: int, prepared: Prepared, search: Search, store: StudyStore, *, greater_is_better: bool, import_path: str | None
    ) -> None:
        self.position, self.prepared, self.search, self.store = position, prepared, search, store
        self.greater_is_better, self.import_path = greater_is_better, import_path
        self.run_id = ""
        self.status: Status = "queued"
        self.error: str | None = None
        self.trials: dict[int, TrialRecord] = {}
        self.result: ExperimentResult | None = None
        self.resumed = 0
        self._cached: dict[str, StoredTrial] = {}
        self._points: dict[int, dict[str, Any]] = {}
        self._folds: dict[int, dict[int, FoldOutcome]] = {}
        self._tasks: deque[Task] = deque()
        self._started = 0.0
        self._best_history: list[float] = []
        self._final_asked = False
        self._repeated: int | None = None
        self.final: FinalOutcome | None = None
        self.audit: AuditOutcome | None = None

    @property
    def name(self) -> str:
        """The experiment's name within the study."""
        return self.prepared.plan.name

    @property
    def active(self) -> bool:
        """Whether there is still something to do or to wait for."""
        return self.status in ("queued", "running")

    @property
    def begun(self) -> bool:
        """Whether `start` or `adopt` was called."""
        return self.status != "queued"

    @property
    def seconds(self) -> float:
        """How long it has run."""
        if self.result is not None:
            return self.result.seconds
        return time.time() - self._started if self._started else 0.0

    def start(self, run_id: str, cached: dict[str, StoredTrial]) -> None:
        """Begin under a run of MLflow, taking over the trials that are recorded already."""
        self.run_id, self._cached, self.status, self._started = run_id, cached, "running", time.time()
        self._advance()

    def adopt(self, result: ExperimentResult) -> None:
        """Take over a finished result."""
        self.run_id, self.result, self.status = result.run_id, result, "finished"
        self.resumed = result.n_trials

    def next_task(self) -> Task | None:
        """Return a fit to be done, or None when all that can be done is under way."""
        return self._tasks.popleft() if self._tasks else None

    def accept(self, key: str, outcome: Any) -> TrialRecord | None:
        """Take in a fit's outcome, which may be an error; returns the trial that is finished with it, if one is."""
        _, number_text, fold_text = key.split("/")
        number, fold = int(number_text), int(fold_text)
        if fold in (_FINAL, _AUDIT):
            self._accept_final(fold, outcome)
            return None
        if number in self.trials and number != self._repeated:
            return None  # another fold of this trial failed before
        if isinstance(outcome, TsmlError):
            self._tasks = deque(task for task in self._tasks if not task.key.startswith(f"{self.position}/{number}/"))
            failed = self._failed_trial(number, outcome)
            self._record(failed, None)
            self._advance()
            return failed
        done = self._folds.setdefault(number, {})
        done.update((one.fold, one) for one in outcome)
        if len(done) < len(self.prepared.folds):
            return None
        outcomes = [done[fold.number] for fold in self.prepared.folds]
        del self._folds[number]
        record = self._trial(number, outcomes)
        keep = record.status == "finished" and (number == self._repeated or self._is_best(record))
        self._record(record, self._out_of_fold(outcomes) if keep else None)
        self._advance()
        return record

    def fail(self, error: TsmlError) -> None:
        """End with an error."""
        self.status, self.error = "failed", str(error)
        self._tasks.clear()

    def stop(self) -> None:
        """End before the end; recorded trials are kept."""
        self.status = "stopped"
        self._tasks.clear()

    def finish(self, result: ExperimentResult) -> None:
        """End well."""
        self.result, self.status = result, "finished"

    def progress(self) -> ExperimentProgress:
        """Return the experiment's line of the leaderboard."""
        plan, result = self.prepared.plan, self.result
        best = self.best_trial()
        decided = best.cv[plan.metric] if best else (result.cv.get(plan.metric) if result else None)
        failed = sum(trial.status == "failed" for trial in self.trials.values())
        return ExperimentProgress(
            name=self.name,
            model=plan.model.name,
            variant=plan.variant,
            run_id=self.run_id or None,
            status=self.status,
            error=self.error,
            trials_done=(len(self.trials) - failed) or (result.n_trials if result else 0),
            trials_failed=failed,
            trials_total=self.search.total,
            score=decided.mean if decided else None,
            score_std=decided.std if decided else None,
            history=self._best_history[-60:],
            test_score=result.test.get(plan.metric) if result else None,
            beats_baselines=result.beats_baselines if result else None,
            audit=result.audit.verdict if result and result.audit else None,
            params={key: best.params[key] for key in searched(plan.search_space)} if best else {},
            seconds=round(self.seconds, 2),
        )

    def best_trial(self) -> TrialRecord | None:
        """Return the finished trial with the best mean score, the lowest number on a tie."""
        finished = [trial for trial in self.trials.values() if trial.status == "finished"]
        return min(finished, key=lambda trial: (self._rank(trial), trial.number)) if finished else None

    def best_job(self) -> FitJob:
        """Return the fit of the best trial, of which there must be one."""
        best = self.best_trial()
        assert best is not None
        return self.prepared.job(best.params, import_path=self.import_path)

    def out_of_fold(self) -> pl.DataFrame | None:
        """Return the recorded out-of-fold predictions of the best trial."""
        best = self.best_trial()
        return self.store.read_trial_predictions(self.run_id, best.number) if best else None

    def _rank(self, trial: TrialRecord) -> float:
        mean = trial.cv[self.prepared.plan.metric].mean
        assert mean is not None  # such a trial has failed
        return -mean if self.greater_is_better else mean

    def _is_best(self, record: TrialRecord) -> bool:
        best = self.best_trial()
        return best is None or (self._rank(record), record.number) < (self._rank(best), best.number)

    def _advance(self) -> None:
        """Queue what can be tried now; when everything was tried, the final fit."""
        while points := self.search.ask():
            for number, params in points:
                self._begin(number, params)
        if self.search.total != len(self.trials) or self._final_asked:
            return
        best = self.best_trial()
        if best is None:
            first = min(self.trials.values(), key=lambda trial: trial.number)
            self.fail(ModelError(f"no trial finished: {first.error}"))
            return
        if self.resumed and self._repeated is None and self.out_of_fold() is None:
            self._repeated = best.number  # taken over from a run where another trial won, so that nobody kept its predictions
            self.resumed -= 1
            self._queue_folds(best.number)
            return
        self._final_asked = True
        job = self.prepared.job(best.params, import_path=self.import_path)
        key, rows = f"{self.position}/{best.number}", self.prepared.dataset_key
        self._tasks.append(Task(f"{key}/{_FINAL}", fit_final, rows, (job, self.prepared.final)))
        self._queue_audit(key, job)

    def _queue_audit(self, key: str, job: Any) -> None:
        plan, recorded = self.prepared.plan, self.out_of_fold()
        if plan.audit != "full" or plan.task == "clustering" or recorded is None:
            self.audit = AuditOutcome((), 0.0)
            return
        first = self.prepared.folds[0]
        said = recorded_forecast(recorded.filter(pl.col("fold") == first.number), self.prepared.dataset.classes, plan.quantiles)
        arguments = (job, first, said, plan.metric, self.greater_is_better)
        self._tasks.append(Task(f"{key}/{_AUDIT}", audit_fit, self.prepared.dataset_key, arguments))

    def _begin(self, number: int, params: dict[str, Any]) -> None:
        self._points[number] = params
        key = self.prepared.trial_key(params)
        if key in self._cached:
            self._take_over(number, self._cached[key])
        else:
            self._queue_folds(number)

    def _queue_folds(self, number: int) -> None:
        job = self.prepared.job(self._points[number], import_path=self.import_path)
        for group in fit_groups(self.prepared.folds):
            self._tasks.append(Task(f"{self.position}/{number}/{group[0].number}", fit_folds, self.prepared.dataset_key, (job, group)))

    def _take_over(self, number: int, stored: StoredTrial) -> None:
        record = stored.record.model_copy(update={"number": number})
        self.resumed += 1
        if stored.run_id == self.run_id and stored.record.number == number:
            self._note(record)
            return
        best = self._is_best(record)
        self._record(record, self.store.read_trial_predictions(stored.run_id, stored.record.number) if best else None)

    def _record(self, record: TrialRecord, predictions: pl.DataFrame | None) -> None:
        self.store.record_trial(self.run_id, record, predictions)
        self._note(record)

    def _note(self, record: TrialRecord) -> None:
        self.trials[record.number] = record
        mean = record.cv[self.prepared.plan.metric].mean if record.status == "finished" else None
        self.search.tell(record.number, mean)
        best = self.best_trial()
        if best is not None:
            self._best_history.append(best.cv[self.prepared.plan.metric].mean or 0.0)

    def _trial(self, number: int, outcomes: list[FoldOutcome]) -> TrialRecord:
        params = self._points[number]
        rounds = [outcome.rounds for outcome in outcomes if outcome.rounds is not None]
        found = over_folds([outcome.scores for outcome in outcomes])
        cv = {name: MetricSummary(mean=one.mean, std=one.std, folds=list(one.folds), note=one.note) for name, one in found.items()}
        decides = self.prepared.plan.metric
        if cv[decides].mean is None:
            return self._failed_trial(number, MetricError(f"{decides} has no value in any fold: {cv[decides].note}", field="tuning.metric"))
        return TrialRecord(
            number=number,
            key=self.prepared.trial_key(params),
            params=params,
            status="finished",
            cv=cv,
            seconds=sum(outcome.seconds for outcome in outcomes),
            rounds=rounds or None,
        )

    def _failed_trial(self, number: int, error: TsmlError) -> TrialRecord:
        params = self._points[number]
        return TrialRecord(number=number, key=self.prepared.trial_key(params), params=params, status="failed", error=str(error))

    def _out_of_fold(self, outcomes: list[FoldOutcome]) -> pl.DataFrame:
        dataset = self.prepared.dataset
        by_number = {fold.number: fold for fold in self.prepared.folds}
        levels = self.prepared.plan.quantiles
        return pl.concat([prediction_frame(dataset, by_number[outcome.fold], outcome.forecast, levels) for outcome in outcomes])

    def _accept_final(self, what: int, outcome: Any) -> None:
        if isinstance(outcome, TsmlError):
            self.fail(outcome)
        elif what == _AUDIT:
            self.audit = outcome
        else:
            self.final = outcome

    @property
    def complete(self) -> bool:
        """Whether the final fit and the audit are done, so that the experiment can be concluded."""
        return self.final is not None and self.audit is not None

    def make_result(self, final: FinalOutcome, intervals: Intervals | None = None) -> ExperimentResult:
        """Return what is reported: the best trial's folds, its one test, and the baselines beside it."""
        plan, best = self.prepared.plan, self.best_trial()
        assert best is not None
        metric = plan.metric
        scores = final.scores.updated(intervals.scores) if intervals else final.scores
        rivals = [scores[metric] for scores in final.baselines.values() if metric not in scores.reasons]
        mine = None if metric in final.scores.reasons else final.scores[metric]
        return ExperimentResult(
            name=self.name,
            model=plan.model.name,
            variant=plan.variant,
            status="finished",
            params=best.params,
            run_id=self.run_id,
            cv=best.cv | (intervals.cv if intervals else {}),
            test=scores.plain(),
            baselines={name: scores.plain() for name, scores in final.baselines.items()},
            notes=[
                *(f"data: {note}" for note in self.prepared.panel.notes),
                *(f"test {name}: {why}" for name, why in scores.reasons.items()),
            ],
            beats_baselines=_beats(mine, rivals, greater_is_better=self.greater_is_better),
            intervals=intervals.result if intervals else None,
            trials=account_for_trials(self.trials.values(), metric, greater_is_better=self.greater_is_better),
            n_trials=len(self.trials),
            n_train=final.n_train,
            n_test=final.n_test,
            n_dropped=self.prepared.dataset.n_dropped,
            seconds=round(time.time() - self._started, 3),
        )

    def trial_table(self) -> dict[str, list[Any]]:
        """Return the trials as columns, for MLflow's table view."""
        rows = [self.trials[number] for number in sorted(self.trials)]
        names = self.prepared.plan.metrics
        table: dict[str, list[Any]] = {"number": [row.number for row in rows], "status": [row.status for row in rows]}
        for key in self.prepared.plan.search_space:
            table[key] = [json.dumps(row.params.get(key)) for row in rows]
        for name in names:
            table[f"cv_{name}"] = [row.cv[name].mean if name in row.cv else None for row in rows]
            table[f"cv_{name}_std"] = [row.cv[name].std if name in row.cv else None for row in rows]
        table["seconds"] = [round(row.seconds, 4) for row in rows]
        table["error"] = [row.error or "" for row in rows]
        return table


def _beats(mine: float | None, rivals: list[float], *, greater_is_better: bool) -> bool | None:
    if mine is None or not rivals:
        return None
    return all(mine > rival if greater_is_better else mine < rival for rival in rivals)
