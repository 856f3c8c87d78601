"""tsml status: how far studies are, once or as they go."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dsframework.cli._tables import JSON_HELP, plain_table

if TYPE_CHECKING:
    from dsframework.records import StudyStatus, WorkerLine

__all__ = ["add_command", "waits"]

_SECONDS = 1.0
_LONGEST = 15.0
_BARS = "▁▂▃▄▅▆▇█"


def add_command(commands: Any) -> None:
    """Add the command."""
    status = commands.add_parser("status", help="show how far studies are")
    status.add_argument("study", nargs="?", metavar="STUDY", help="a study's id, or its first six signs; all by default")
    status.add_argument("--json", action="store_true", help=f"{JSON_HELP}; with --follow, one a line")
    status.add_argument("--follow", action="store_true", help="go on showing the study until it ends, once a second at most")
    status.set_defaults(run=_run)


def waits(status: StudyStatus) -> str:
    """Since when a study waits for workers, and why, or its place in the queue for more; empty when it has what it may have."""
    if status.waiting_since:
        return f"waiting for workers since {status.waiting_since}: {status.waiting_for}"
    return f"number {status.queue_position} in the queue for more workers" if status.queue_position else ""


def _run(options: argparse.Namespace) -> int:
    from dsframework.study import study_status

    if options.follow:
        if not options.study:
            print("tsml status: --follow needs a study", file=sys.stderr)
            return 2
        return _follow(options.study, as_json=options.json)
    if options.study:
        status = study_status(options.study)
        print(status.model_dump_json(indent=1) if options.json else "\n".join(_lines(status)))
        return 0
    return _show_all(as_json=options.json)


def _show_all(*, as_json: bool) -> int:
    import polars as pl

    from dsframework.study import list_studies

    studies = list_studies()
    if as_json:
        print(json.dumps([status.model_dump(mode="json") for status in studies], indent=1))
        return 0
    fields = {"study", "name", "status", "trials_done", "trials_pruned", "trials_total", "metric", "best_score", "started"}
    if any(status.queue_position for status in studies):
        fields.add("queue_position")
    print(plain_table(pl.DataFrame([status.model_dump(include=fields) for status in studies], infer_schema_length=None)))
    return 0


def _follow(study: str, *, as_json: bool) -> int:
    """Show a study until it ends, in place where that is a terminal; returns 0 when it has finished well."""
    height, last, status = 0, "", None
    in_place = sys.stdout.isatty() and not as_json
    for status in _statuses(study):
        text = status.model_dump_json() if as_json else "\n".join(_lines(status))
        if in_place:
            width = shutil.get_terminal_size().columns  # a line that wraps would be two
            text = "\n".join(line[:width] for line in text.splitlines())
        if text != last:
            print((f"\x1b[{height}F\x1b[J" if in_place and height else "") + text, flush=True)
            height, last = text.count("\n") + 1, text
    return 0 if status is not None and status.status == "finished" else 1


def _statuses(study: str) -> Iterator[StudyStatus]:
    """What MLflow knows of a study until it ends; while MLflow is away, it is asked less and less often."""
    from dsframework.errors import TrackingUnavailableError
    from dsframework.study import study_status

    pause = _SECONDS
    status = study_status(study)
    yield status
    while status.status in ("queued", "running"):
        time.sleep(pause)
        try:
            status = study_status(status.study)
        except TrackingUnavailableError as error:
            print(f"tsml status: {error}", file=sys.stderr)
            pause = min(2 * pause, _LONGEST)
            continue
        pause = _SECONDS
        yield status


def _lines(status: StudyStatus) -> Iterator[str]:
    import polars as pl

    shown = {"name", "status", "trials_done", "trials_pruned", "trials_total", "score", "run_id"}
    rows = [line.model_dump(include=shown) for line in status.experiments]
    yield f"study {status.study} {status.name!r}: {status.status}{f' ({status.error})' if status.error else ''}"
    if status.status == "running":
        yield ", ".join(_figures(status))
    if said := waits(status):
        yield said
    yield plain_table(pl.DataFrame(rows, infer_schema_length=None))
    if status.workers:
        yield f"workers: {status.workers_total}"
        yield plain_table(pl.DataFrame([_row(line) for line in status.workers], infer_schema_length=None))


def _figures(status: StudyStatus) -> Iterator[str]:
    ended = status.trials_done + status.trials_pruned + status.trials_failed
    yield f"{ended} of {status.trials_total} trials ended" if status.trials_total else f"{ended} trials ended"
    for number, what in ((status.trials_failed, "failed"), (status.trials_pruned, "pruned"), (status.trials_running, "running")):
        if number:
            yield f"{number} {what}"
    if status.best_score is not None:
        yield f"best {status.metric} {status.best_score:.6g}"
    if status.throughput is not None:
        yield f"{status.throughput:.3g} fits a second"
    yield f"{_span(status.seconds)} so far"
    if status.seconds_left is not None:
        yield f"about {_span(status.seconds_left)} left"


def _span(seconds: float) -> str:
    """Seconds as a person says them.

    >>> _span(42.4), _span(600), _span(7260)
    ('42 s', '10 min', '2 h 1 min')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _row(line: WorkerLine) -> dict[str, Any]:
    step = None if line.step is None else f"{line.step}/{line.steps}" if line.steps else str(line.step)
    loss = f"{line.curve[-1]:.4g} {_bars(line.curve)} {line.curve_of or ''}".strip() if line.curve else None
    return {
        "worker": line.name,
        "at": line.what or "waits",
        "experiment": line.experiment,
        "trial": line.trial,
        "fold": line.fold,
        "for": None if line.what is None else _span(line.seconds),
        "fits": line.done,
        "step": step,
        "loss": loss,
    }


def _bars(values: list[float]) -> str:
    """A curve as a row of bars.

    >>> _bars([4.0, 2.0, 1.0, 1.0])
    '█▃▁▁'
    """
    low, span = min(values), max(values) - min(values)
    return "".join(_BARS[round((value - low) / span * (len(_BARS) - 1)) if span > 0 else 0] for value in values)
