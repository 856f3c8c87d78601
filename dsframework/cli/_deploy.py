"""tsml schedule | schedules | unschedule | predict."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsframework.cli._stdout import kept_for_the_document
from dsframework.cli._tables import JSON_HELP, plain_table
from dsframework.errors import DataError, one_line

if TYPE_CHECKING:
    import polars as pl

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add this file's commands."""
    schedule = commands.add_parser("schedule", help="write an Airflow DAG that predicts every trading day")
    schedule.add_argument("run_id", metavar="RUN", help="a run's id, or its first six signs")
    schedule.add_argument("--name", metavar="N", help="the schedule's name")
    schedule.add_argument("--dags-folder", metavar="D", help="where Airflow looks for DAGs")
    schedule.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="a.b=c",
        help="set anything else: at=17:00, data=FILE, publish.parquet=FOLDER, publish.table.connection=ID, wait.timeout_minutes=60",
    )
    schedule.add_argument("--replace", action="store_true", help="replace a schedule of this name that has another model")
    schedule.add_argument("--dry-run", action="store_true", help="print the DAG and write nothing")
    schedule.add_argument("--json", action="store_true", help=JSON_HELP)
    schedule.set_defaults(run=_schedule)

    schedules = commands.add_parser("schedules", help="list schedules")
    schedules.add_argument("--dags-folder", metavar="D", help="where Airflow looks for DAGs")
    schedules.add_argument("--json", action="store_true", help=JSON_HELP)
    schedules.set_defaults(run=_schedules)

    unschedule = commands.add_parser("unschedule", help="delete a schedule's DAG; what it posted stays")
    unschedule.add_argument("name", metavar="NAME", help="the schedule's name, as `tsml schedules` lists it")
    unschedule.add_argument("--dags-folder", metavar="D", help="where Airflow looks for DAGs")
    unschedule.set_defaults(run=_unschedule)

    predict = commands.add_parser("predict", help="predict with a recorded model")
    predict.add_argument("run_id", metavar="RUN", help="a run's id, or its first six signs")
    predict.add_argument("--data", metavar="FILE", help="rows to predict from; the spec's own data by default")
    predict.add_argument("--as-of", metavar="DAY", help="use rows up to this day only")
    predict.add_argument("--output", metavar="FILE", help="write a .parquet or .csv file in place of a table")
    predict.add_argument("--json", action="store_true", help=JSON_HELP)
    predict.set_defaults(run=_predict)


def _schedule(options: argparse.Namespace) -> int:
    from dsframework.deployment import ScheduleRequest, plan_schedule, write_schedule
    from dsframework.spec import apply_settings

    values = {"run_id": options.run_id, "name": options.name, "dags_folder": options.dags_folder, "replace": options.replace}
    request = ScheduleRequest(**apply_settings(values, options.settings))
    if options.dry_run:
        print(plan_schedule(request).text)
        return 0
    schedule = write_schedule(request)
    if options.json:
        print(schedule.model_dump_json(indent=1))
    else:
        print(f"{schedule.name}: wrote {schedule.file}; next runs {', '.join(schedule.next_runs[:5])}")
    return 0


def _schedules(options: argparse.Namespace) -> int:
    import json

    import polars as pl

    from dsframework.deployment import list_schedules

    found = list_schedules(options.dags_folder)
    if options.json:
        print(json.dumps([schedule.model_dump(mode="json") for schedule in found], indent=1))
        return 0
    rows = [
        {
            "name": schedule.name,
            "model": schedule.model,
            "next run": next(iter(schedule.next_runs), None),
            "file": schedule.file,
            "error": schedule.error,
        }
        for schedule in found
    ]
    print(plain_table(pl.DataFrame(rows, infer_schema_length=None)))
    return 0


def _unschedule(options: argparse.Namespace) -> int:
    from dsframework.deployment import delete_schedule

    delete_schedule(options.name, options.dags_folder)
    print(f"{options.name}: deleted")
    return 0


def _predict(options: argparse.Namespace) -> int:
    from dsframework.deployment import predict
    from dsframework.tracking import run_summary

    if options.output is not None and Path(options.output).suffix not in (".parquet", ".csv"):
        raise DataError(
            "its ending is neither .parquet nor .csv", field="--output", value=options.output, mend="such as predictions.parquet"
        )
    with kept_for_the_document(active=options.json):
        frame = predict(run_summary(options.run_id).run_id, data=options.data, as_of=options.as_of)
    if options.output is not None:
        _write(frame, Path(options.output))
    elif options.json:
        print(frame.write_json())
    else:
        print(plain_table(frame))
    return 0


def _write(frame: pl.DataFrame, file: Path) -> None:
    """Write the whole file or none."""
    partial = file.with_name(f".{file.name}.part")
    try:
        frame.write_csv(partial) if file.suffix == ".csv" else frame.write_parquet(partial)
        partial.replace(file)
    except OSError as error:
        reason = error.strerror or one_line(error, 120)
        raise DataError(f"can't be written: {reason}", field="--output", value=str(file), mend="check the folder") from error
    finally:
        partial.unlink(missing_ok=True)
