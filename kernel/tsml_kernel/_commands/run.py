"""``%%tsml``: run the experiment that the cell describes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.interactiveshell import InteractiveShell

from dsframework.errors import StoppedError, TsmlError
from dsframework.spec import ExperimentSpec, parse_spec
from tsml_kernel._errors import MagicError
from tsml_kernel._line import LineParser
from tsml_kernel._shell import data_frames

if TYPE_CHECKING:
    import argparse

    from dsframework.study import StudyOutcome
    from tsml_kernel._live import LivePanel

__all__ = ["SUMMARY", "execute", "parser", "read_cell"]

SUMMARY = "Run the experiment that the cell describes in YAML, with a live panel."
_MORE = """\
The value of the cell is an object: result = _, then result.best, result.frame, result.predict(rows).

A data frame of this notebook, polars or pandas, is handed over by its name:
  data: {loader: frame, frame: prices, time: date}
A class of your own goes into a file beside the notebook (%%writefile my_models.py):
  models: [{python: {class: my_models.MyModel}}]
The same cell goes on where an interrupted run of it ended; no finished trial is run again."""


_SAID = {"resumed": "goes on where it ended", "running": "runs already", "finished": "has finished before; --fresh repeats it"}


def parser() -> LineParser:
    """Return the parser of the line."""
    line = LineParser("%%tsml", SUMMARY, _MORE)
    line.add_argument("--executor", choices=("local", "ray", "threads"), default="local", help="where the fits run (local)")
    line.add_argument(
        "--set", action="append", default=[], metavar="PATH=VALUE", help="lay a setting over the document, such as tuning.trials=10"
    )
    line.add_argument("--fresh", action="store_true", help="start anew; take no trial over from an unfinished run of the same document")
    line.add_argument("--detach", action="store_true", help="run apart from the kernel; the cell is free at once")
    return line


def read_cell(cell: str, settings: list[str]) -> ExperimentSpec:
    """Parse a cell's YAML; the lines that errors name are those of the whole cell, whose first is ``%%tsml``.

    Raises
    ------
    SpecError
        With one issue a mistake.
    """
    return parse_spec("\n" + cell, settings=settings, source="cell")


def execute(shell: InteractiveShell, words: list[str], cell: str) -> Any:
    """Run the cell's experiment and return its outcome; with ``--detach`` show a panel that follows it.

    Raises
    ------
    MagicError
        For a wrong option.
    SpecError
        For a wrong document, one line a mistake.
    StoppedError
        When the cell is interrupted; the cells that wait behind it do not run.
    TsmlError
        For whatever else a person can mend.
    """
    given = parser().read(words)
    spec = read_cell(cell, given.set)
    if given.detach:
        return _detach(spec, given)
    return _run(shell, spec, given)


def _detach(spec: ExperimentSpec, given: argparse.Namespace) -> None:
    from dsframework.study import start_detached
    from tsml_kernel._follow import follow

    if _takes_frame(spec):
        raise MagicError(
            "a data frame of this notebook can't be handed to another process",
            field="data.loader",
            value="frame",
            mend="write it to a file, or drop --detach",
        )
    if given.executor == "threads":
        raise MagicError("threads end with the kernel", field="--executor", value="threads", mend="use local or ray, or drop --detach")
    started = start_detached(spec, base=Path.cwd(), executor=given.executor, fresh=given.fresh)
    if started.begun != "started":
        print(f"study {started.study[:8]} {_SAID[started.begun]}")
    follow(started)


def _takes_frame(spec: ExperimentSpec) -> bool:
    forms = [spec.data] if spec.data else list(((spec.variants and spec.variants.data) or {}).values())
    return any(form.loader == "frame" for form in forms)


def _run(shell: InteractiveShell, spec: ExperimentSpec, given: argparse.Namespace) -> StudyOutcome:
    from dsframework.study import run_study
    from tsml_kernel._live import LivePanel

    panel = LivePanel()
    panel.show()
    frames = data_frames(shell.user_ns) if _takes_frame(spec) else None
    outcome = None
    ended = "failed"
    try:
        outcome = run_study(spec, base=Path.cwd(), executor=given.executor, frames=frames, listener=panel.listen, fresh=given.fresh)
        ended = outcome.result.status
    except (KeyboardInterrupt, StoppedError) as error:
        ended = "stopped"
        _look_again(panel)
        done = panel.latest.trials_done + panel.latest.trials_pruned if panel.latest else 0
        raise StoppedError("interrupted", mend=f"run the same cell again: it goes on after the {done} trials that are done") from error
    finally:
        panel.close_run(ended)
        if outcome is None:
            panel.show_static()
    return outcome


def _look_again(panel: LivePanel) -> None:
    """Show what was recorded last: the finished trials are kept, and the same cell goes on from them."""
    from dsframework.study import study_status

    if panel.latest is not None:
        with suppress(TsmlError):
            panel.push(study_status(panel.latest.study))
