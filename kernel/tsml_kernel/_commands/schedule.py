"""``%tsml schedule``: write the Airflow DAG of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.interactiveshell import InteractiveShell

from tsml_kernel._line import LineParser

if TYPE_CHECKING:
    from dsframework.deployment import Schedule

__all__ = ["NAME", "SUMMARY", "execute", "parser"]

NAME = "schedule"
SUMMARY = "Write the Airflow DAG that predicts with a run's model every trading day."


def parser() -> LineParser:
    """Return the parser of the line."""
    line = LineParser("%tsml schedule", SUMMARY)
    line.add_argument("run", metavar="RUN", help="the id of the run")
    line.add_argument("--name", default=None, help="the schedule's name")
    line.add_argument("--dags-folder", default=None, help="Airflow's folder of DAGs")
    line.add_argument(
        "--set", action="append", default=[], metavar="PATH=VALUE", help="anything else, such as at=17:00 or publish.parquet=FOLDER"
    )
    line.add_argument("--replace", action="store_true", help="write over a schedule of that name")
    return line


def execute(shell: InteractiveShell, words: list[str]) -> Schedule:
    """Write the schedule and return what was written; raises `ScheduleError` for a bad name."""
    from tsml_kernel._scheduling import write

    given = parser().read(words)
    return write(given.run, name=given.name, dags_folder=given.dags_folder, replace=given.replace, settings=given.set)
