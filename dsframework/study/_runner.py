"""The loop of a study: hand out fits, take in outcomes, record, report, until nothing is left to do."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from dsframework.errors import ModelError, TrackingUnavailableError, TsmlError, one_line
from dsframework.execution import Executor, Placement, Waiting
from dsframework.experiment import audit_fit
from dsframework.records import (
    ExperimentFinished,
    ExperimentProgress,
    ExperimentResult,
    ExperimentStarted,
    Status,
    StudyEvent,
    StudyFinished,
    StudyProgressed,
    StudyResult,
    StudyStarted,
    StudyStatus,
    StudyWaits,
    TrialFinished,
    TrialRecord,
    TrialsAccount,
    WorkerLine,
    standing,
)
from dsframework.study._experiment_run import ExperimentRun
from dsframework.study._handles import Handles
from dsframework.study._pace import Pace
from dsframework.study._record import Recorder
from dsframework.study._recorded_result import RESULT
from dsframework.study._task import Task
from dsframework.study._trials import account_for_trials
from dsframework.study._worker_lines import worker_lines
from dsframework.tracking import Journal, load_result

__all__ = ["Failure", "Runner"]

Listener = Callable[[StudyEvent], None]
_SAVE_SECONDS = 1.0
_POLL_SECONDS = 0.5
_LAST_SECONDS = 5.0
_MOMENT_SECONDS = 2.0
_AUDIT_FITS = 4


class Failure:
    """An experiment that could not be prepared: it has a line and an error, and no run."""

    def __init__(self, progress: ExperimentProgress) -> None:
        self.line = progress

    def progress(self) -> ExperimentProgress:
        """Return its line of the leaderboard."""
        return self.line


class Runner:
    """Runs the experiments of one study.

    Parameters
    ----------
    study, name, metric, greater_is_better
        Whose and by which score.
    items
        Experiments and failures, in the order of the document.
    journal, executor, placement
        Where trials are recorded, where fits run, and what each may use there.
    listener
        Hears every event, in this thread.
    tags
        Tags of every experiment's run.
    spec_yaml
        The document, stored with every model.
    reuse
        Take over trials that are recorded already.
    """

    def __init__(
        self,
        *,
        study: str,
        name: str,
        metric: str,
        greater_is_better: bool,
        items: list[ExperimentRun | Failure],
        journal: Journal,
        executor: Executor,
        placement: Placement,
        listener: Listener | None,
        tags: dict[str, str],
        spec_yaml: str,
        reuse: bool = True,
    ) -> None:
        self.study, self.name, self.metric, self.greater_is_better = study, name, metric, greater_is_better
        self._items, self._executor, self._placement, self._listener = items, executor, placement, listener
        self._journal, self._store = journal, journal.store
        self._tags, self._reuse = tags, reuse
        self._runs = [item for item in items if isinstance(item, ExperimentRun)]
        self._recorder = Recorder(journal, study=study, name=name, spec_yaml=spec_yaml)
        self._handles = Handles(executor)
        self._in_flight: dict[str, int] = {}
        self._started = datetime.now(UTC)
        self._clock = time.monotonic()
        self._saved = 0.0
        self._pace = Pace(self._clock)
        self._workers: list[WorkerLine] = []
        self._n_workers = 0
        self._status: Status = "running"
        self._ended: str | None = None
        self._result: StudyResult | None = None
        self._waits: int | None = None  # the place in the queue, 0 where there is none; None while fits are being done

    def run(self) -> StudyResult:
        """Run everything; returns the result, whose status is ``stopped`` when somebody asked to stop.

        Raises
        ------
        TrackingUnavailableError
            When MLflow no longer answers; what was recorded before is kept.
        BaseException
            An interrupt, or what the listener raised: passed on after the study was marked as stopped.
        """
        self._emit(StudyStarted(status=self.status()))
        self._save(force=True)
        try:
            self._loop()
            self._end("finished" if all(item.progress().status == "finished" for item in self._items) else "failed")
        except _Stopped:
            self._end("stopped")
        except BaseException:
            self._executor.close()
            with suppress(TsmlError):  # MLflow may be what broke
                self._end("stopped", patience=_LAST_SECONDS)
            raise
        finally:
            self._executor.close()
        result = self._result or self.result()
        self._emit(StudyFinished(status=self.status(), result=result))
        return result

    def status(self) -> StudyStatus:
        """Return how far the study is."""
        lines = [item.progress() for item in self._items]
        done = sum(line.trials_done for line in lines)
        total = sum(line.trials_total or 0 for line in lines)
        best = self._best(lines)
        resumed = sum(run.resumed for run in self._runs)
        elapsed = time.monotonic() - self._clock
        failed = sum(line.trials_failed for line in lines)
        pruned = sum(line.trials_pruned for line in lines)
        fresh = done + pruned - resumed
        waiting = self._waiting()
        runs = self._status == "running"
        pace = self._pace.a_second(self._clock + elapsed) if runs else None
        left = elapsed / fresh * (total - done - pruned - failed) if fresh > 0 and runs else None
        return StudyStatus(
            study=self.study,
            name=self.name,
            status=self._status,
            metric=self.metric,
            greater_is_better=self.greater_is_better,
            executor=self._executor.name,
            started=self._started.isoformat(timespec="seconds"),
            ended=self._ended,
            seconds=round(elapsed, 1),
            seconds_left=round(left, 1) if left is not None else None,
            trials_done=done,
            trials_failed=failed,
            trials_pruned=pruned,
            trials_running=len({trial for trial in map(_trial_of, self._in_flight) if trial}),
            trials_resumed=resumed,
            trials_total=total,
            best=best.run_id if best else None,
            best_score=best.score if best else None,
            waiting_since=datetime.fromtimestamp(waiting.since, UTC).isoformat(timespec="seconds") if waiting else None,
            waiting_for=waiting.why if waiting else None,
            queue_position=self._executor.place if self._status == "running" else None,
            throughput=float(f"{pace:.3g}") if pace is not None else None,
            workers=self._workers if runs else [],
            workers_total=self._n_workers if runs else 0,
            error=next((line.error for line in lines if line.error), None),
            experiments=lines,
        )

    def _waiting(self) -> Waiting | None:
        """Why no fit is done, where that has lasted for more than a moment."""
        found = self._executor.waiting if self._status == "running" else None
        return found if found is not None and time.time() - found.since >= _MOMENT_SECONDS else None

    def result(self) -> StudyResult:
        """Return every experiment's result, in the order of the document."""
        results = [_result_of(item) for item in self._items]
        best = self._best([item.progress() for item in self._items])
        return StudyResult(
            study=self.study,
            name=self.name,
            status=self._status,
            metric=self.metric,
            experiments=results,
            best=best.run_id if best else None,
            trials=self._account(),
        )

    def _account(self) -> TrialsAccount | None:
        """The account of all trials together; None where they were not scored on the same rows."""
        done = [run for run in self._runs if run.result is not None]
        if not done or len({run.prepared.plan.scored_on for run in done}) > 1:
            return None
        if len(done) == 1 and done[0].result is not None:
            return done[0].result.trials
        results = [run.result for run in done if run.result is not None]
        if any(result.nested for result in results):  # what the folds tell owes nothing to tuning, only to the choice of an experiment
            chosen = [TrialRecord(number=at, key="", params=one.params, status="finished", cv=one.cv) for at, one in enumerate(results)]
            return account_for_trials(chosen, self.metric, greater_is_better=self.greater_is_better, what="experiments")
        trials = [trial for run in done for trial in self._trials_of(run)]
        earlier = frozenset(key for run in done for key in run.prepared.earlier)
        return account_for_trials(trials, self.metric, greater_is_better=self.greater_is_better, earlier=earlier)

    def _trials_of(self, run: ExperimentRun) -> list[TrialRecord]:
        """The trials of an experiment; those of one that was finished before are read again."""
        if run.trials:
            return run.tuning.to_account()
        stored = [one.record for one in self._store.read_trials([run.run_id]).values()]
        return sorted(stored, key=lambda trial: trial.number)

    def _best(self, lines: list[ExperimentProgress]) -> ExperimentProgress | None:
        """The finished experiment with the best score; one whose audit failed is only chosen where there is no other."""
        finished = [line for line in lines if line.status == "finished" and line.score is not None]
        return min(finished, key=lambda line: standing(line.score, line.audit, greater_is_better=self.greater_is_better), default=None)

    def _loop(self) -> None:
        waiting = [run for run in self._runs if run.active]
        while waiting or self._in_flight:
            self._submit(waiting)
            finished = self._executor.wait(_POLL_SECONDS) if self._in_flight else []
            self._pace.note(len(finished), time.monotonic())
            for key, outcome in finished:
                self._handles.done(key)
                self._take(self._runs[self._in_flight.pop(key)], key, outcome)
            for run in [run for run in waiting if not run.active]:
                waiting.remove(run)
                if run.status == "failed" and run.result is None:
                    self._fail(run, ModelError(run.error or "failed"))
            self._save()

    def _submit(self, waiting: list[ExperimentRun]) -> None:
        for run in waiting:
            if self._executor.free <= 0:
                return
            if not run.begun:
                self._begin(run)
            while run.active and self._executor.free > 0:
                task = run.next_task()
                if task is None:
                    break
                self._in_flight[task.key] = self._runs.index(run)
                work = task.work(self._handles.of(task), tame=run.tame and self._placement.anywhere)
                self._executor.submit(replace(work, seconds=self._limit(task)))

    def _limit(self, task: Task) -> float | None:
        """How long a task may take."""
        if self._placement.seconds is None:
            return None
        return self._placement.seconds * (_AUDIT_FITS if task.function is audit_fit else 1)

    def _begin(self, run: ExperimentRun) -> None:
        plan, family = run.prepared.plan, run.prepared.family
        earlier = self._store.find_experiment_runs(family) if self._reuse else []
        own = next((found for found in earlier if found.study == self.study and found.name == plan.name), None)
        if own is not None and own.finished:
            run.adopt(load_result(own.run_id))
            self._emit(ExperimentFinished(status=self.status(), result=_result_of(run)))
            return
        tags = {
            **self._tags,
            "tsml.experiment_key": family,
            "tsml.model": plan.model.name,
            "tsml.variant": json.dumps(plan.variant),
            "tsml.data": run.prepared.fingerprint,
        }
        run_id = own.run_id if own is not None else self._store.create_experiment_run(self.study, plan.name, tags)
        self._store.claim(run_id)
        run.start(run_id, self._store.read_trials([found.run_id for found in earlier]))
        self._emit(ExperimentStarted(status=self.status(), experiment=plan.name))
        self._conclude(run)

    def _take(self, run: ExperimentRun, key: str, outcome: Any) -> None:
        if not run.active:
            return
        for trial in run.accept(key, outcome):
            self._emit(TrialFinished(status=self.status(), experiment=run.name, trial=trial))
        self._conclude(run)

    def _conclude(self, run: ExperimentRun) -> None:
        """Record an experiment whose last fit is done."""
        if run.complete and run.result is None and run.active:
            try:
                result = self._recorder.conclude(run)
            except TrackingUnavailableError:
                raise
            except TsmlError as error:
                run.fail(error)
            else:
                self._emit(ExperimentFinished(status=self.status(), result=result))

    def _fail(self, run: ExperimentRun, error: TsmlError) -> None:
        if run.run_id:
            self._store.set_tags(run.run_id, {"tsml.error": one_line(error, 900)})
            self._store.finish(run.run_id, "FAILED")
        self._emit(ExperimentFinished(status=self.status(), result=_result_of(run)))

    def _end(self, status: Status, *, patience: float | None = None) -> None:
        if status == "stopped":
            for run in self._runs:
                if run.active:
                    if run.run_id:
                        self._store.finish(run.run_id, "KILLED")
                    run.stop()
        self._in_flight.clear()
        self._status = status
        self._ended = datetime.now(UTC).isoformat(timespec="seconds")
        if patience is None:
            self._result = self.result()
            with suppress(TsmlError):  # it can be put together from those of the experiments
                self._store.log_text(self.study, self._result.model_dump_json(indent=1), RESULT)
        self._journal.save_status(self.status())
        self._journal.flush(patience=patience)
        self._store.finish(self.study, {"finished": "FINISHED", "failed": "FAILED"}.get(status, "KILLED"))

    def _save(self, *, force: bool = False) -> None:
        """Store the status once a second, and see whether somebody wants the study to stop."""
        waits = self._waiting() and (self._executor.place or 0)
        if waits != self._waits:
            self._waits = waits
            self._emit(StudyWaits(status=self.status()))
        now = time.monotonic()
        if not force and now - self._saved < _SAVE_SECONDS:
            return
        self._saved = now
        if self._status == "running" and self._journal.stop_requested:
            raise _Stopped
        self._look_at_workers()
        status = self.status()
        self._journal.save_status(status)
        if status.workers:
            self._emit(StudyProgressed(status=status))

    def _look_at_workers(self) -> None:
        """See what they are at; until the next look the status says that."""
        shown, self._n_workers = self._executor.at_work()
        self._workers = worker_lines(shown, self._runs)

    def _emit(self, event: StudyEvent) -> None:
        if self._listener is not None:
            self._listener(event)


class _Stopped(Exception):  # noqa: N818 (not an error: somebody asked for it)
    """The study was asked to stop."""


def _trial_of(key: str) -> str | None:
    """The trial that a fit belongs to; None where it belongs to none, as the final fit and the audit's do."""
    trial, _, _ = key.rpartition("/")
    return trial if trial.rpartition("/")[2].isdigit() else None


def _result_of(item: ExperimentRun | Failure) -> ExperimentResult:
    if isinstance(item, ExperimentRun) and item.result is not None:
        return item.result
    line = item.progress()
    return ExperimentResult(
        name=line.name,
        model=line.model,
        variant=line.variant,
        status=line.status,
        error=line.error,
        run_id=line.run_id or "",
        n_trials=line.trials_done + line.trials_pruned,
        n_pruned=line.trials_pruned,
        seconds=line.seconds,
    )
