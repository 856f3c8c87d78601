"""``%tsml runs``: the recorded runs, newest first."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from dsframework.records import RunPage
from tsml_kernel._line import LineParser, count

__all__ = ["NAME", "SUMMARY", "execute", "parser"]

NAME = "runs"
SUMMARY = "List the recorded runs, newest first."


def parser() -> LineParser:
    """Return the parser of the line."""
    line = LineParser("%tsml runs", SUMMARY)
    line.add_argument("filter", nargs="*", help='an MLflow filter, such as "metrics.mae < 1e6"')
    line.add_argument("--limit", type=count, default=20, help="how many at most (20)")
    line.add_argument("--experiment", default=None, help="an MLflow experiment")
    return line


def execute(shell: InteractiveShell, words: list[str]) -> RunPage:
    """Return a page of runs; raises `TrackingError` when MLflow refuses the filter."""
    from dsframework.tracking import search_runs

    given = parser().read(words)
    return search_runs(filter=" ".join(given.filter) or None, limit=given.limit, tracking_experiment=given.experiment)
