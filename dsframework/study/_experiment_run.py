"""One experiment while it runs: its search, then the best point refitted and tested once, and its audit."""

from __future__ import annotations

import time
from collections import Counter, deque
from typing import Any

import polars as pl

from dsframework.errors import TsmlError
from dsframework.evaluation import Front, front_of
from dsframework.experiment import AuditOutcome, FinalOutcome, FitJob, audit_fit, digest, fit_final, searched
from dsframework.features import own_paths
from dsframework.preprocessing import own_steps
from dsframework.records import ExperimentProgress, ExperimentResult, ParetoFront, Status, TrialRecord
from dsframework.spec import own_classes
from dsframework.study._forecasts import recorded_forecast
from dsframework.study._nested_run import NestedRun
from dsframework.study._prepare import Prepared
from dsframework.study._search import SearchOf
from dsframework.study._task import AUDIT, FINAL, OUTER, Task
from dsframework.study._tuning_run import TuningRun
from dsframework.tracking import Journal, StoredTrial

__all__ = ["ExperimentRun"]


class ExperimentRun:
    """The state of one experiment of a study.

    Parameters
    ----------
    position
        Its place in the study; task keys begin with it.
    prepared
        Plan, rows and folds; where stages are searched those of the first point, and from the final fit on those of the chosen one.
    new_search
        Makes what gives out the points to try, for a fold of a nested split (0 otherwise, and for the final test).
    store
        Where trials are recorded.
    greater_is_better
        Direction of the metric that decides.
    import_path
        A folder for the classes of the user's own.
    """

    def __init__(
        self,
        position: int,
        prepared: Prepared,
        new_search: SearchOf,
        store: Journal,
        *,
        greater_is_better: bool,
        import_path: str | None,
    ) -> None:
        self.position, self.prepared, self.store, self.greater_is_better = position, prepared, store, greater_is_better
        self.run_id = ""
        self.status: Status = "queued"
        self.error: str | None = None
        self.result: ExperimentResult | None = None
        self.final: FinalOutcome | None = None
        self.audit: AuditOutcome | None = None
        given: dict[str, Any] = {"position": position, "greater_is_better": greater_is_better, "import_path": import_path}
        self.tuning: TuningRun | NestedRun = (
            NestedRun(prepared, new_search, store, **given)
            if prepared.inner and searched(prepared.plan.search_space)
            else TuningRun(prepared, new_search(0), prepared.folds, store, **given)
        )
        self._front = Front(prepared.plan.tuning.pareto) if prepared.plan.tuning.pareto else None
        self._in_front: set[int] = set()
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
        own = own_steps(plan.components("preprocessing")) or own_paths(plan.components("features"))
        return not (own_classes(plan.model) or own)

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
        return self.tuning.trials

    @property
    def resumed(self) -> int:
        """How many trials were taken over from an earlier run."""
        return self._adopted or self.tuning.resumed

    def start(self, run_id: str, cached: dict[str, StoredTrial]) -> None:
        """Begin under a run of MLflow, taking over the trials that are recorded already."""
        self.run_id, self.status, self._started = run_id, "running", time.time()
        self.tuning.start(run_id, cached)
        self._advance()

    def adopt(self, result: ExperimentResult) -> None:
        """Take over a finished result."""
        self.run_id, self.result, self.status = result.run_id, result, "finished"
        self._adopted = result.n_trials

    def next_task(self) -> Task | None:
        """Return a fit to be done, or None when all that can be done is under way."""
        task = self._tasks.popleft() if self._tasks else self.tuning.next_task()
        if task is None:
            self._advance()  # a budget may have ended the search
            task = self._tasks.popleft() if self._tasks else None
        return task

    def accept(self, key: str, outcome: Any) -> list[TrialRecord]:
        """Take in a fit's outcome, which may be an error; returns the trials that have ended with it."""
        _, what, fold = key.split("/")
        if what in (FINAL, AUDIT):
            if not isinstance(outcome, TsmlError):
                self.store.fits.keep(self._key_of(what), what, outcome)
            self._accept_final(what, outcome)
            return []
        if isinstance(outcome, TsmlError):
            _name_fold(outcome, what.partition(OUTER)[2] or fold)
        trials = self.tuning.accept(what, outcome)
        self._advance()
        return trials

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
        for what in (FINAL, AUDIT):
            self.store.fits.forget(self._key_of(what))

    def progress(self) -> ExperimentProgress:
        """Return the experiment's line of the leaderboard."""
        plan, result = self.prepared.plan, self.result
        best = self.tuning.best()
        cv = self.tuning.cv() or (result.cv if result else {})
        decided = cv.get(plan.metric)
        ended = self.tuning.ended
        if not ended.total() and result:
            ended = Counter(finished=result.n_trials - result.n_pruned, pruned=result.n_pruned)
        return ExperimentProgress(
            name=self.name,
            model=plan.model.name,
            variant=plan.variant,
            run_id=self.run_id or None,
            status=self.status,
            error=self.error,
            trials_done=ended["finished"],
            trials_failed=ended["failed"],
            trials_pruned=ended["pruned"],
            trials_total=self.tuning.total,
            score=decided.mean if decided else None,
            score_std=decided.std if decided else None,
            history=self.tuning.history[-60:],
            test_score=result.test.get(plan.metric) if result else None,
            beats_baselines=result.beats_baselines if result else None,
            audit=result.audit.verdict if result and result.audit else None,
            params={key: best.params[key] for key in searched(plan.search_space) if key in best.params} if best else {},
            front=self._picture(),
            seconds=round(self.seconds, 2),
        )

    def _picture(self) -> ParetoFront | None:
        """The front of the trials so far; of a nested search, of those before the final test."""
        if self.result is not None:
            return front_of(self.result)
        if self._front is None:
            return None
        for number, trial in self.trials.items():
            if number not in self._in_front and not trial.inside:
                self._in_front.add(number)
                self._front.add(trial)
        best = self.tuning.best()
        return self._front.picture(best.number if best else None)

    def _advance(self) -> None:
        """When everything was tried, queue the final fit and the audit."""
        if self.tuning.problem is not None:
            self.fail(self.tuning.problem)
        if not self.tuning.done or self._final_asked or not self.active:
            return
        self._final_asked = True
        self.prepared = self.prepared.at(self.tuning.chosen().params)
        self._queue(FINAL, fit_final, self.best_job(), self.prepared.final)
        self._queue_audit()

    def best_job(self) -> FitJob:
        """Return the fit of the point that is refitted and tested; there must be one."""
        return self.tuning.job(self.tuning.chosen().params)

    def _queue_audit(self) -> None:
        plan, recorded = self.prepared.plan, self.tuning.out_of_fold()
        if plan.audit != "full" or plan.task == "clustering" or recorded is None:
            self.audit = AuditOutcome((), 0.0)
            return
        first = self.prepared.folds[0]
        said = recorded_forecast(recorded.filter(pl.col("fold") == first.number), self.prepared.dataset.classes, plan.quantiles)
        self._queue(AUDIT, audit_fit, self.tuning.first_job(), first, said, plan.metric, self.greater_is_better)

    def _queue(self, what: str, function: Any, *arguments: Any) -> None:
        kept = self.store.fits.of(self._key_of(what)).get(what)
        if kept is not None:
            self._accept_final(what, kept)
            return
        self._tasks.append(Task(f"{self.position}/{what}/0", function, self.prepared, arguments))

    def _key_of(self, what: str) -> str:
        """The key that the final fit and the audit are kept under until the experiment is recorded."""
        first = self.tuning.first_job().params if what == AUDIT else {}
        return digest([self.prepared.trial_key(self.tuning.chosen().params), what, first])

    def _accept_final(self, what: str, outcome: Any) -> None:
        if isinstance(outcome, TsmlError):
            self.fail(outcome)
        elif what == AUDIT:
            self.audit = outcome
        else:
            self.final = outcome

    def _clear(self) -> None:
        self._tasks.clear()
        self.tuning.clear()


def _name_fold(error: TsmlError, fold: str) -> None:
    """Have an error say which fold it comes from."""
    name = f"fold {fold}"
    if fold != "0" and name not in error.message:
        error.message = f"{name}: {error.message}"
