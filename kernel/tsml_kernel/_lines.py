"""The leaderboard as plain lines, out of a status, a result or a comparison: what table and picture are drawn from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dsframework.records import AuditVerdict, Comparison, StudyResult, StudyStatus, WorkerLine, standing
from tsml_kernel._numbers import format_duration, format_number

__all__ = ["Board", "Line", "board_of_comparison", "board_of_result", "board_of_status"]


@dataclass(frozen=True)
class Line:
    """One experiment or run. `score` is the mean over `folds` validation folds, `std` its population deviation."""

    label: str
    model: str
    status: str
    score: float | None = None
    std: float | None = None
    folds: int | None = None
    test: float | None = None
    baseline: tuple[str, float] | None = None
    beats_baselines: bool | None = None
    audit: AuditVerdict | None = None
    trials: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    run_id: str | None = None


@dataclass(frozen=True)
class Board:
    """A table of experiments, the best first; `status` is empty where there is no study that could have one."""

    title: str
    status: str
    metric: str
    greater_is_better: bool
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """How the study is, in words; of one that failed, how much of it."""
        failed = sum(line.status == "failed" for line in self.lines)
        if self.status == "failed" and 0 < failed < len(self.lines):
            return f"{failed} of {len(self.lines)} experiments failed"
        return "waiting" if self.status == "queued" else self.status

    @property
    def best(self) -> Line | None:
        """The first line that has a score and did not fail; lines whose audit failed stand behind the others."""
        return next((line for line in self.lines if line.score is not None and line.status != "failed"), None)


def board_of_status(status: StudyStatus) -> Board:
    """Return the leaderboard of a study that runs or has run."""
    lines = [
        Line(
            label=item.name,
            model=item.model,
            status=item.status,
            score=item.score,
            std=item.score_std,
            test=item.test_score,
            beats_baselines=item.beats_baselines,
            audit=item.audit,
            trials=_trials(item.trials_done, item.trials_total, item.trials_pruned),
            params=item.params,
            error=item.error,
            run_id=item.run_id,
        )
        for item in status.experiments
    ]
    return Board(
        status.name, status.status, status.metric, status.greater_is_better, _sorted(lines, status.greater_is_better), _notes(status)
    )


def board_of_result(result: StudyResult, greater_is_better: bool, status: StudyStatus | None = None) -> Board:
    """Return the leaderboard of a study that has ended; `status` knows the scores of experiments that did not come to their end."""
    metric = result.metric
    known = {line.label: line for line in board_of_status(status).lines} if status else {}
    lines = []
    for item in result.experiments:
        if item.status != "finished" and item.name in known:
            lines.append(known[item.name])
            continue
        cv = item.cv.get(metric)
        lines.append(
            Line(
                label=item.name,
                model=item.model,
                status=item.status,
                score=cv.mean if cv else None,
                std=cv.std if cv else None,
                folds=len(cv.folds) if cv else None,
                test=item.test.get(metric),
                baseline=_baseline(item.baselines, metric, greater_is_better),
                beats_baselines=item.beats_baselines,
                audit=item.audit.verdict if item.audit else None,
                trials=_trials(item.n_trials - item.n_pruned, item.n_trials if item.n_pruned else None, item.n_pruned),
                params=item.params,
                error=item.error,
                run_id=item.run_id,
            )
        )
    done = [item for item in result.experiments if item.n_train]
    notes = [f"{done[0].n_train:,} rows to learn from, {done[0].n_test:,} rows in the final test"] if done else []
    return Board(result.name, result.status, metric, greater_is_better, _sorted(lines, greater_is_better), tuple(notes))


def board_of_comparison(comparison: Comparison) -> Board:
    """Return the table of a comparison, by its metric."""
    metric = comparison.metric
    lines = []
    for row in comparison.rows:
        cv = row.cv.get(metric)
        lines.append(
            Line(
                label=row.label,
                model=row.run.model,
                status=row.run.status,
                score=cv.mean if cv else None,
                std=cv.std if cv else None,
                folds=len(cv.folds) if cv else None,
                test=row.test.get(metric),
                baseline=_baseline(row.baselines, metric, comparison.greater_is_better),
                beats_baselines=row.run.beats_baselines,
                audit=row.run.audit,
                trials=str(row.run.n_trials) if row.run.n_trials is not None else "",
                params=row.params,
                error=row.run.error,
                run_id=row.run.run_id,
            )
        )
    title = f"Comparison of {len(lines)} run{'' if len(lines) == 1 else 's'}"
    return Board(title, "", metric, comparison.greater_is_better, _sorted(lines, comparison.greater_is_better), tuple(comparison.notes))


def _trials(done: int, total: int | None, pruned: int = 0) -> str:
    count = f"{done} of {total}" if total else str(done)
    return f"{count}, {pruned} pruned" if pruned else count


def _notes(status: StudyStatus) -> tuple[str, ...]:
    count = _trials(status.trials_done, status.trials_total)
    parts = [f"{count} trials", f"{status.trials_pruned} pruned" if status.trials_pruned else ""]
    parts.append(f"{status.trials_failed} failed" if status.trials_failed else "")
    parts.append(f"{status.trials_resumed} taken over from an earlier run" if status.trials_resumed else "")
    parts.append(f"{status.throughput:.3g} fits a second" if status.throughput is not None else "")
    parts.append(f"about {format_duration(status.seconds_left)} left" if status.seconds_left is not None else "")
    errors = (status.error,) if status.error else ()
    return (", ".join(part for part in parts if part), *map(_worker, status.workers), *errors)


def _worker(line: WorkerLine) -> str:
    """What a worker is at, in one line."""
    if line.what is None:
        return f"{line.name} waits"
    names = [line.experiment, None if line.trial is None else f"trial {line.trial}", f"fold {line.fold}" if line.fold else None]
    parts = [" ".join([line.what, *(name for name in names if name)]), f"for {format_duration(line.seconds)}"]
    if line.step is not None:
        parts.append(f"step {line.step} of {line.steps}" if line.steps else f"step {line.step}")
    if line.curve:
        parts.append(f"{line.curve_of} {format_number(line.curve[-1])}")
    return f"{line.name}: {', '.join(parts)}"


def _sorted(lines: Sequence[Line], greater_is_better: bool) -> tuple[Line, ...]:
    def rank(line: Line) -> tuple[bool, bool, float]:
        return standing(None if line.status == "failed" else line.score, line.audit, greater_is_better=greater_is_better)

    return tuple(sorted(lines, key=rank))


def _baseline(baselines: dict[str, dict[str, float | None]], metric: str, greater_is_better: bool) -> tuple[str, float] | None:
    """Return the name and score of the best baseline."""
    found = {name: values.get(metric) for name, values in baselines.items()}
    scores = {name: value for name, value in found.items() if value is not None and not math.isnan(value)}
    if not scores:
        return None
    name = (max if greater_is_better else min)(scores, key=scores.__getitem__)
    return name, scores[name]
