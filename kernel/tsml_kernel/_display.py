"""How the framework's results look in a notebook: tables without a script, in the same style as the panels' static half."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from dsframework.errors import TsmlError
from dsframework.records import ExperimentResult, Reproduction, RunPage, StudyStatus
from tsml_kernel._numbers import format_duration, format_number, format_score

__all__ = ["StudyList", "register_formatters"]

Bundle = dict[str, str]


@dataclass(frozen=True)
class StudyList:
    """The newest studies, as ``%tsml status`` returns them."""

    studies: list[StudyStatus]


def register_formatters(shell: InteractiveShell) -> None:
    """Tell the shell how results are shown; nothing is imported for a type before it is met."""
    assert shell.display_formatter is not None
    formatter = shell.display_formatter.mimebundle_formatter
    named: list[tuple[str, str, Callable[[Any], Bundle]]] = [
        ("dsframework.study._outcome", "StudyOutcome", _outcome),
        ("dsframework.records._results", "ExperimentResult", _experiment),
        ("dsframework.records._runs", "Reproduction", _reproduction),
        ("dsframework.records._runs", "RunPage", _runs),
        ("dsframework.records._progress", "StudyStatus", _status),
        ("dsframework.deployment._models", "Schedule", _schedule),
        (__name__, "StudyList", _studies),
    ]
    for module, name, show in named:
        formatter.for_type_by_name(module, name, _taking_options(show))


def _taking_options(show: Callable[[Any], Bundle]) -> Callable[..., Bundle]:
    def formatted(value: Any, include: Any = None, exclude: Any = None) -> Bundle:
        return show(value)

    return formatted


def _outcome(outcome: Any) -> Bundle:
    from dsframework.metrics import get_metric
    from dsframework.study import study_status
    from tsml_kernel._lines import board_of_result
    from tsml_kernel._static import board_bundle

    result = outcome.result
    status = None
    if result.status != "finished":
        with suppress(TsmlError):
            status = study_status(outcome.study)
    return board_bundle(board_of_result(result, get_metric(result.metric).greater_is_better, status))


def _experiment(result: ExperimentResult) -> Bundle:
    head = ["", "folds, mean ± std", "final test", *(name.replace("_", " ") for name in result.baselines)]
    rows = []
    for metric, test in result.test.items():
        naive = [format_number(scores.get(metric)) for scores in result.baselines.values()]
        cv = result.cv.get(metric)
        score = f"{format_score(cv.mean, cv.std)} ({len(cv.folds)} folds)" if cv else "–"
        rows.append([metric, score, format_number(test), *naive])
    params = ", ".join(f"{name}={value}" for name, value in result.params.items())
    notes = [f"Parameters: {params}"] if params else []
    notes += [f"{result.n_train:,} rows to learn from, {result.n_test:,} rows in the final test"] if result.n_train else []
    notes += [result.error] if result.error else []
    return _grid(f"{result.name}, {result.status}", head, rows, [*notes, f"Run {result.run_id}"])


def _reproduction(found: Reproduction) -> Bundle:
    notes = [*found.differences, *(f"environment: {line}" for line in found.environment)]
    return _grid(f"Run {found.run_id}: {found.verdict}", [], [], notes)


def _status(status: StudyStatus) -> Bundle:
    from tsml_kernel._static import status_bundle

    return status_bundle(status)


def _runs(page: RunPage) -> Bundle:
    head = ["", "study", "status", "score over the folds", "final test", "audit", "trials", "started (UTC)", "took", "run"]
    rows = []
    for run in page.runs:
        score = f"{run.metric} {format_score(run.cv.get(run.metric), run.cv_std.get(run.metric))}"
        naive = " (naive not beaten)" if run.beats_baselines is False else ""
        trials = "" if run.n_trials is None else str(run.n_trials)
        started = (run.started or "")[:16].replace("T", " ")
        test = format_number(run.test.get(run.metric)) + naive
        took = format_duration(run.seconds)
        rows.append([run.name, run.study_name, run.status, score, test, run.audit or "", trials, started, took, run.run_id])
    more = ["More runs exist; raise --limit or give a filter."] if page.next_token else []
    return _grid(_count(len(page.runs), "run", "No run fits."), head, rows, more)


def _studies(studies: StudyList) -> Bundle:
    head = ["", "status", "trials", "best", "score", "started (UTC)", "took", "study"]
    rows = []
    for item in studies.studies:
        trials = f"{item.trials_done} of {item.trials_total}" if item.trials_total else str(item.trials_done)
        trials += f", {item.trials_pruned} pruned" if item.trials_pruned else ""
        started = (item.started or "")[:16].replace("T", " ")
        best = next((line.name for line in item.experiments if item.best in (line.run_id, line.name)), "")
        score = f"{item.metric} {format_number(item.best_score)}"
        rows.append([item.name, item.status, trials, best, score, started, format_duration(item.seconds), item.study])
    return _grid(_count(len(rows), "study", "No study is recorded yet."), head, rows, [])


def _schedule(schedule: Any) -> Bundle:
    following = schedule.next_runs[0] if schedule.next_runs else "none"
    rows = [
        ["DAG", schedule.dag_id],
        ["file", schedule.file],
        ["run", f"{schedule.run_id} ({schedule.model})"],
        ["runs at", f"{schedule.at} {schedule.timezone}, {schedule.calendar}"],
        ["next", following],
    ]
    return _grid(f"Schedule {schedule.name}", ["", ""], rows, [])


def _count(number: int, noun: str, none: str) -> str:
    several = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return none if number == 0 else f"{number} {noun if number == 1 else several}"


def _grid(title: str, head: list[str], rows: list[list[str]], notes: list[str]) -> Bundle:
    from html import escape

    from tsml_kernel._table import grid_html

    below = "".join(f"<div>{escape(note)}</div>" for note in notes)
    table = grid_html(head, rows) if rows else ""
    plain = "\n".join([title, *("  ".join(row) for row in rows), *notes])
    return {"text/plain": plain, "text/html": f"<div><div><strong>{escape(title)}</strong></div>{table}{below}</div>"}
