"""tsml schedule | schedules | predict."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from dsframework.cli._tables import plain_table

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add this file's commands."""
    schedule = commands.add_parser("schedule", help="write an Airflow DAG that predicts every trading day")
    schedule.add_argument("run_id", metavar="RUN")
    schedule.add_argument("--name", metavar="N", help="the schedule's name")
    schedule.add_argument("--dags-folder", metavar="D", help="where Airflow looks for DAGs")
    schedule.add_argument("--replace", action="store_true", help="replace a schedule of this name that has another model")
    schedule.add_argument("--dry-run", action="store_true", help="print the DAG and write nothing")
    schedule.add_argument("--json", action="store_true")
    schedule.set_defaults(run=_schedule)

    schedules = commands.add_parser("schedules", help="list schedules")
    schedules.add_argument("--dags-folder", metavar="D")
    schedules.add_argument("--json", action="store_true")
    schedules.set_defaults(run=_schedules)

    predict = commands.add_parser("predict", help="predict with a recorded model")
    predict.add_argument("run_id", metavar="RUN")
    predict.add_argument("--data", metavar="FILE", help="rows to predict from; the spec's own data by default")
    predict.add_argument("--as-of", metavar="DAY", help="use rows up to this day only")
    predict.add_argument("--output", metavar="FILE", help="write a parquet or CSV file in place of a table")
    predict.set_defaults(run=_predict)


def _schedule(options: argparse.Namespace) -> int:
    from dsframework.deployment import ScheduleRequest, plan_schedule, write_schedule

    values = {"run_id": options.run_id, "name": options.name, "dags_folder": options.dags_folder, "replace": options.replace}
    request = ScheduleRequest(**{key: value for key, value in values.items() if value is not None})
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


def _predict(options: argparse.Namespace) -> int:
    from dsframework.deployment import predict

    frame = predict(options.run_id, data=options.data, as_of=options.as_of)
    if options.output is None:
        print(plain_table(frame))
    elif Path(options.output).suffix == ".csv":
        frame.write_csv(options.output)
    else:
        frame.write_parquet(options.output)
    return 0
