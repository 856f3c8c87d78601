"""tsml runs | compare | audit."""

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

    audit = commands.add_parser("audit", help="say whether a run can be believed, check by check")
    audit.add_argument("run_id", metavar="RUN", help="a run's id, or its first six signs")
    audit.add_argument("--json", action="store_true", help=JSON_HELP)
    audit.set_defaults(run=_audit)


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
            "audit": run.audit,
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
        label = f"{row.label} (best)" if row.run.run_id == found.best else row.label
        line: dict[str, Any] = {"run": row.run.run_id[:8], "experiment": label}
        for name in found.metrics:
            summary = row.cv.get(name)
            line[f"cv {name}"] = _over_folds(summary)
            line[f"test {name}"] = row.test.get(name)
        if found.loss is not None:
            line["against the best"] = _significance(row.significance)
        line["beats naive"] = row.run.beats_baselines
        line["audit"] = row.run.audit
        rows.append(line)
    print(plain_table(pl.DataFrame(rows, infer_schema_length=None)))
    for key, values in found.spec_diff.items():
        print(f"{key}: {' | '.join(str(value) for value in values)}")
    if found.loss is not None:
        print(
            f"against the best: test of Diebold and Mariano on the {found.loss} of {found.compared_rows} shared rows at "
            f"{found.compared_times} times, p-values corrected for {len(found.rows)} runs"
        )
    for row in found.rows:
        if row.trials is not None:
            print(f"{row.label}: {row.trials.sentence}")
    for note in found.notes:
        print(f"note: {note}")
    return 0


def _significance(tested: Any) -> str:
    if tested is None:
        return "-"
    if tested.verdict == "best":
        return "best"
    told = f"p {tested.p_value:.2g}, +{tested.difference:.4g} [{tested.lower:.4g}, {tested.upper:.4g}]"
    return f"{tested.verdict} ({told})"


def _over_folds(summary: Any) -> str:
    if summary is None or summary.mean is None:
        return "-"
    defined = sum(value is not None for value in summary.folds)
    return f"{summary.mean:.6g} ± {summary.std:.3g} ({defined} folds)"


def _audit(options: argparse.Namespace) -> int:
    import polars as pl

    from dsframework.study import audit_run

    report = audit_run(options.run_id)
    if options.json:
        print(report.model_dump_json(indent=1))
    else:
        print(f"audit of run {options.run_id}: {report.verdict}")
        rows = [check.model_dump() for check in report.checks]
        print(plain_table(pl.DataFrame(rows, infer_schema_length=None)))
    return 1 if report.verdict == "failed" else 0
