"""tsml runs | compare."""

from __future__ import annotations

import argparse
from typing import Any

from dsframework.cli._tables import JSON_HELP, plain_table

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add this file's commands."""
    runs = commands.add_parser("runs", help="list experiment runs, newest first")
    runs.add_argument("filter", nargs="?", metavar="FILTER", help="part of a name, or such as: metrics.test_mae < 1e6")
    runs.add_argument("--limit", type=_count, default=20, metavar="N", help="how many at most (20)")
    runs.add_argument("--experiment", metavar="NAME", help="runs of this MLflow experiment only")
    runs.add_argument("--json", action="store_true", help=JSON_HELP)
    runs.set_defaults(run=_runs)

    compare = commands.add_parser("compare", help="compare experiment runs")
    compare.add_argument("runs", nargs="+", metavar="RUN", help="a run's id, or its first six signs")
    compare.add_argument("--entity", metavar="NAME", help="whose forecasts the JSON document holds")
    compare.add_argument("--json", action="store_true", help=JSON_HELP)
    compare.set_defaults(run=_compare)


def _count(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number >= 1, got {text!r}")
    return number


def _runs(options: argparse.Namespace) -> int:
    import polars as pl

    from dsframework.tracking import search_runs

    page = search_runs(options.filter, limit=options.limit, tracking_experiment=options.experiment)
    if options.json:
        print(page.model_dump_json(indent=1))
        return 0
    rows = [
        {
            "run": run.run_id,
            "study": run.study_name,
            "experiment": run.name,
            "status": run.status,
            "metric": run.metric,
            "cv": run.cv.get(run.metric),
            "test": run.test.get(run.metric),
            "beats_baselines": run.beats_baselines,
            "started": run.started,
        }
        for run in page.runs
    ]
    print(plain_table(pl.DataFrame(rows, infer_schema_length=None)))
    if page.next_token:
        print(f"more: --limit {2 * options.limit}")
    return 0


def _compare(options: argparse.Namespace) -> int:
    import polars as pl

    from dsframework.tracking import compare_runs

    found = compare_runs(options.runs, entity=options.entity)
    if options.json:
        print(found.model_dump_json(indent=1))
        return 0
    rows = []
    for row in found.rows:
        line: dict[str, Any] = {"run": row.run.run_id[:8], "experiment": row.label}
        for name in found.metrics:
            summary = row.cv.get(name)
            line[f"cv {name}"] = f"{summary.mean:.6g} ± {summary.std:.3g} ({len(summary.folds)} folds)" if summary else "-"
            line[f"test {name}"] = row.test.get(name)
        line["beats naive"] = row.run.beats_baselines
        rows.append(line)
    print(plain_table(pl.DataFrame(rows, infer_schema_length=None)))
    for key, values in found.spec_diff.items():
        print(f"{key}: {' | '.join(str(value) for value in values)}")
    for note in found.notes:
        print(f"note: {note}")
    return 0
