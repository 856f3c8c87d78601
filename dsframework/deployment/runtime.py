"""What a DAG runs in the model's own environment: ``python -m dsframework.deployment.runtime STEP --folder BUNDLE --as-of DAY``.

    ready     is the session's data there?           0 yes, 3 not yet, 4 the exchange was closed
    predict   predict, and stage what is predicted   0 done, 4 the exchange was closed
    publish   post what is staged                    0 done
    check     predict once from the newest data      0 it works; prints one line of JSON

Every step may be run again: its result is keyed by the model's run and the session. An error is one line on the error stream and exit
code 1. The address of a database comes in the variable TSML_PUBLISH_URI, never as an argument.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from dsframework.deployment._bundle import load_bundle
from dsframework.deployment._predict import missing_data, predict_session, read_rows
from dsframework.deployment._publish import publish_parquet, publish_table, read_staged, stage
from dsframework.deployment._sessions import is_session
from dsframework.errors import ScheduleError, TsmlError

__all__ = ["ERROR", "NOT_A_SESSION", "NOT_READY", "OK", "main"]

OK, ERROR, NOT_READY, NOT_A_SESSION = 0, 1, 3, 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step and return its exit code."""
    asked = _parser().parse_args(arguments)
    try:
        code: int = asked.step(asked)
    except TsmlError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return ERROR
    return code


def _ready(asked: argparse.Namespace) -> int:
    if not is_session(asked.calendar, asked.as_of):
        _say(f"{asked.as_of} is not a session of {asked.calendar}")
        return NOT_A_SESSION
    missing = missing_data(
        load_bundle(asked.folder),
        asked.as_of,
        calendar=asked.calendar,
        timezone=asked.timezone,
        coverage=asked.coverage,
        data=asked.data,
    )
    _say(missing or f"the data of {asked.as_of} is there")
    return NOT_READY if missing else OK


def _predict(asked: argparse.Namespace) -> int:
    if not is_session(asked.calendar, asked.as_of):
        _say(f"{asked.as_of} is not a session of {asked.calendar}")
        return NOT_A_SESSION
    rows = predict_session(load_bundle(asked.folder), asked.as_of, calendar=asked.calendar, timezone=asked.timezone, data=asked.data)
    file = stage(rows, asked.staging, asked.as_of)
    _say(f"{rows.height} predictions for {asked.as_of} in {file}")
    return OK


def _publish(asked: argparse.Namespace) -> int:
    rows = read_staged(asked.staging, asked.as_of)
    if asked.parquet is not None:
        file = publish_parquet(rows, asked.parquet, schedule=asked.schedule, day=asked.as_of)
        _say(f"{rows.height} predictions of {asked.as_of} posted to {file}")
        return OK
    address = os.environ.pop("TSML_PUBLISH_URI", "")
    if not address:
        raise ScheduleError("TSML_PUBLISH_URI is not set", field="publish.table.connection", mend="run this step from its DAG")
    count = publish_table(rows, address, asked.table, schedule=asked.schedule, day=asked.as_of)
    _say(f"{count} predictions of {asked.as_of} posted to table {asked.table}")
    return OK


def _check(asked: argparse.Namespace) -> int:
    bundle = load_bundle(asked.folder)
    found = bundle.pipeline.predict(read_rows(bundle, asked.data))
    finite = bool(found["prediction"].is_finite().all())
    if not finite:
        raise ScheduleError("the model predicts a value that is not a number", field="run_id", value=bundle.about["run_id"])
    _say(json.dumps({"rows": found.height, "time": str(found[bundle.pipeline.data.time].max())}))
    return OK


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dsframework.deployment.runtime", description="One step of a schedule.")
    steps = parser.add_subparsers(required=True, metavar="STEP")
    for name, step in (("ready", _ready), ("predict", _predict), ("publish", _publish), ("check", _check)):
        one = steps.add_parser(name)
        one.set_defaults(step=step)
        one.add_argument("--folder", type=Path, required=True, help="the model bundle")
        if name != "check":
            one.add_argument("--as-of", type=dt.date.fromisoformat, required=True, help="the session, YYYY-MM-DD")
        if name in ("ready", "predict"):
            one.add_argument("--calendar", required=True)
            one.add_argument("--timezone", required=True)
        if name != "publish":
            one.add_argument("--data", help="the file to predict from")
        if name in ("predict", "publish"):
            one.add_argument("--staging", type=Path, required=True)
        if name == "ready":
            one.add_argument("--coverage", type=float, default=0.9)
        if name == "publish":
            one.add_argument("--schedule", required=True, help="the schedule's name")
            where = one.add_mutually_exclusive_group(required=True)
            where.add_argument("--parquet", type=Path)
            where.add_argument("--table")
    return parser


if __name__ == "__main__":
    sys.exit(main())
