"""One experiment while it runs: its search, then the best point refitted and tested once, and its audit."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

import polars as pl

from dsframework.errors import ModelError, TsmlError
from dsframework.experiment import AuditOutcome, FinalOutcome, FitJob, audit_fit, fit_final, searched
from dsframework.features import own_paths
from dsframework.preprocessing import own_steps
from dsframework.records import ExperimentProgress, ExperimentResult, Status, TrialRecord
from dsframework.spec import own_classes
from dsframework.study._forecasts import recorded_forecast
from dsframework.study._prepare import Prepared
from dsframework.study._search import Search
from dsframework.study._tuning_run import Task, TuningRun
from dsframework.tracking import StoredTrial, StudyStore

__all__ = ["ExperimentRun"]

_FINAL = "final"
_AUDIT = "audit"


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
        self.position, self.prepared, self.store, self.greater_is_better = position, prepared, store, greater_is_better
        self.run_id = ""
        self.status: Status = "queued"
        self.error: str | None = None
        self.result: ExperimentResult | None = None
        self.final: FinalOutcome | None = None
        self.audit: AuditOutcome | None = None
        self._tuning = TuningRun(
            prepared, search, prepared.folds, store, position=position, greater_is_better=greater_is_better, import_path=import_path
        )
        self._tasks: deque[Task] = deque()
        self._started = 0.0
        self._adopted = 0
        self._final_asked = False

    @property
    def name(self) -> str:
        """The experiment's name within the study."""
        return self.prepared.plan.name

    @property
    def active(self) -> bool:
        """Whether there is still something to do or to wait for."""
        return self.status in ("queued", "running")

    @property
    def tame(self) -> bool:
        """Whether its fits are nobody's own code, so that they may run in the process of the study itself."""
        plan = self.prepared.plan
        return not (own_classes(plan.model) or own_steps(plan.preprocessing) or own_paths(plan.features))

    @property
    def begun(self) -> bool:
        """Whether `start` or `adopt` was called."""
        return self.status != "queued"

    @property
    def complete(self) -> bool:
        """Whether the final fit and the audit are done, so that the experiment can be concluded."""
        return self.final is not None and self.audit is not None

    @property
    def seconds(self) -> float:
        """How long it has run."""
        if self.result is not None:
            return self.result.seconds
        return time.time() - self._started if self._started else 0.0

    @property
    def trials(self) -> dict[int, TrialRecord]:
        """The trials that have ended, by their number."""
        return self._tuning.trials

    @property
    def resumed(self) -> int:
        """How many trials were taken over from an earlier run."""
        return self._adopted or self._tuning.resumed

    def start(self, run_id: str, cached: dict[str, StoredTrial]) -> None:
        """Begin under a run of MLflow, taking over the trials that are recorded already."""
        self.run_id, self.status, self._started = run_id, "running", time.time()
        self._tuning.start(run_id, cached)
        self._advance()

    def adopt(self, result: ExperimentResult) -> None:
        """Take over a finished result."""
        self.run_id, self.result, self.status = result.run_id, result, "finished"
        self._adopted = result.n_trials

    def next_task(self) -> Task | None:
        """Return a fit to be done, or None when all that can be done is under way."""
        return next((tasks.popleft() for tasks in (self._tasks, self._tuning.tasks) if tasks), None)

    def accept(self, key: str, outcome: Any) -> TrialRecord | None:
        """Take in a fit's outcome, which may be an error; returns the trial that is finished with it, if one is."""
        _, what, _ = key.split("/")
        if what in (_FINAL, _AUDIT):
            self._accept_final(what, outcome)
            return None
        trial = self._tuning.accept(int(what), outcome)
        self._advance()
        return trial

    def fail(self, error: TsmlError) -> None:
        """End with an error."""
        self.status, self.error = "failed", str(error)
        self._clear()

    def stop(self) -> None:
        """End before the end; recorded trials are kept."""
        self.status = "stopped"
        self._clear()

    def finish(self, result: ExperimentResult) -> None:
        """End well; what was only needed to conclude it is let go."""
        self.result, self.status = result, "finished"
        self.final = None

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
            trials_total=self._tuning.total,
            score=decided.mean if decided else None,
            score_std=decided.std if decided else None,
            history=self._tuning.best_history[-60:],
            test_score=result.test.get(plan.metric) if result else None,
            beats_baselines=result.beats_baselines if result else None,
            audit=result.audit.verdict if result and result.audit else None,
            params={key: best.params[key] for key in searched(plan.search_space)} if best else {},
            seconds=round(self.seconds, 2),
        )

    def best_trial(self) -> TrialRecord | None:
        """Return the finished trial with the best mean score, the lowest number on a tie."""
        return self._tuning.best()

    def best_job(self) -> FitJob:
        """Return the fit of the best trial, of which there must be one."""
        best = self.best_trial()
        assert best is not None
        return self._tuning.job(best.params)

    def out_of_fold(self) -> pl.DataFrame | None:
        """Return the recorded out-of-fold predictions of the best trial."""
        best = self.best_trial()
        return self.store.read_trial_predictions(self.run_id, best.number) if best else None

    def _advance(self) -> None:
        """When everything was tried, queue the final fit and the audit."""
        if not self._tuning.done or self._final_asked:
            return
        if self.best_trial() is None:
            first = min(self.trials.values(), key=lambda trial: trial.number)
            self.fail(ModelError(f"no trial finished: {first.error}"))
            return
        self._final_asked = True
        job = self.best_job()
        self._queue(_FINAL, fit_final, job, self.prepared.final)
        self._queue_audit(job)

    def _queue_audit(self, job: FitJob) -> None:
        plan, recorded = self.prepared.plan, self.out_of_fold()
        if plan.audit != "full" or plan.task == "clustering" or recorded is None:
            self.audit = AuditOutcome((), 0.0)
            return
        first = self.prepared.folds[0]
        said = recorded_forecast(recorded.filter(pl.col("fold") == first.number), self.prepared.dataset.classes, plan.quantiles)
        self._queue(_AUDIT, audit_fit, job, first, said, plan.metric, self.greater_is_better)

    def _queue(self, what: str, function: Any, *arguments: Any) -> None:
        self._tasks.append(Task(f"{self.position}/{what}/0", function, self.prepared.dataset_key, arguments))

    def _accept_final(self, what: str, outcome: Any) -> None:
        if isinstance(outcome, TsmlError):
            self.fail(outcome)
        elif what == _AUDIT:
            self.audit = outcome
        else:
            self.final = outcome

    def _clear(self) -> None:
        self._tasks.clear()
        self._tuning.tasks.clear()
