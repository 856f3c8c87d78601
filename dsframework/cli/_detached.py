"""tsml run --detach | logs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from dsframework.cli._tables import JSON_HELP

__all__ = ["add_commands", "detach"]

_SAID = {
    "started": "runs on its own",
    "resumed": "goes on where it ended",
    "running": "runs already",
    "finished": "has finished before; --fresh repeats it",
}


def add_commands(commands: Any) -> None:
    """Add this file's commands; `tsml run --detach` is one of `tsml run`."""
    logs = commands.add_parser("logs", help="show what a detached study has printed")
    logs.add_argument("study", metavar="STUDY", help="a study's id, or its first six signs")
    logs.add_argument("--follow", action="store_true", help="go on until the study has ended")
    logs.add_argument("--lines", type=int, default=200, metavar="N", help="how many of the last lines (200)")
    logs.add_argument("--json", action="store_true", help=JSON_HELP)
    logs.set_defaults(run=_logs)


def detach(options: argparse.Namespace) -> int:
    """Start a study apart from this process and say its id; returns the exit code."""
    from dsframework.spec import load_spec
    from dsframework.study import start_detached

    if options.study or not options.spec or options.executor == "threads":
        print("tsml run: --detach takes a spec, and --executor local or ray", file=sys.stderr)
        return 2
    spec = load_spec(options.spec, settings=options.settings)
    found = start_detached(spec, base=Path(options.spec).resolve().parent, executor=options.executor, fresh=options.fresh)
    if options.json:
        print(found.model_dump_json(indent=1))
    else:
        print(found.study)
        follow = "tsml result" if found.begun == "finished" else "tsml status"
        print(f"study {found.name!r} {_SAID[found.begun]}: {follow} {found.study[:8]}, tsml logs {found.study[:8]}", file=sys.stderr)
    return 0


def _logs(options: argparse.Namespace) -> int:
    from dsframework.study import follow_log, study_log

    if options.follow and not options.json:
        for piece in follow_log(options.study, options.lines):
            print(piece, end="", flush=True)
        return 0
    found = study_log(options.study, options.lines)
    if options.json:
        print(found.model_dump_json(indent=1))
    else:
        print("\n".join(found.lines))
    return 0
