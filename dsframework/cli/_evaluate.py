"""tsml evaluate, and the lines that say more of a result than its scores."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dsframework.cli._tables import JSON_HELP, plain_table

if TYPE_CHECKING:
    from dsframework.records import EvaluatorResult, ExperimentResult

__all__ = ["add_commands", "result_lines"]

_SHOWN_ROWS = 20
_SHOWN_FIGURES = 5


def add_commands(commands: Any) -> None:
    """Add this file's commands."""
    evaluate = commands.add_parser("evaluate", help="show intervals, evaluators, baselines and the account of the trials of a run")
    evaluate.add_argument("run_id", metavar="RUN", help="a run's id, or its first six signs")
    evaluate.add_argument("--rows", type=int, default=_SHOWN_ROWS, metavar="N", help=f"rows of each table ({_SHOWN_ROWS}; at most 50)")
    evaluate.add_argument("--json", action="store_true", help=JSON_HELP)
    evaluate.set_defaults(run=_evaluate)


def result_lines(result: ExperimentResult) -> Iterator[str]:
    """Yield what intervals and evaluators say of a result, in one line each."""
    for score in result.intervals.scores if result.intervals else ():
        if score.coverage is not None and score.mean_width is not None and score.winkler is not None:
            yield (
                f"intervals for {score.nominal:.0%} hold {score.coverage:.1%} of the test, mean width {score.mean_width:.6g}, "
                f"interval score {score.winkler:.6g}"
            )
    if result.pareto:
        metrics = " and ".join(result.pareto[0].scores)
        yield f"no other trial is better in {metrics} than {', '.join(str(point.number) for point in result.pareto)}"
    for evaluator in result.evaluation:
        known = [f"{name} {value:.6g}" for name, value in evaluator.figures.items() if value is not None]
        if known:
            more = f", and {len(known) - _SHOWN_FIGURES} more: tsml evaluate {result.run_id[:8]}" if len(known) > _SHOWN_FIGURES else ""
            yield f"{evaluator.name}: {', '.join(known[:_SHOWN_FIGURES])}{more}"


def _evaluate(options: argparse.Namespace) -> int:
    from dsframework.tracking import load_result, run_summary

    run = run_summary(options.run_id)
    result = load_result(run.run_id)
    if options.json:
        print(result.model_dump_json(indent=1))
        return 0
    print(f"run {run.run_id} {result.name!r}")
    _show_scores(result)
    for line in result_lines(result.model_copy(update={"evaluation": []})):
        print(line)
    if result.trials is not None:
        print(result.trials.sentence)
    if result.pareto:
        _show_front(result)
    for evaluator in result.evaluation:
        _show(evaluator, options.rows)
    return 1 if any(evaluator.error for evaluator in result.evaluation) else 0


def _show_scores(result: ExperimentResult) -> None:
    """The test's scores, the model's first and the baselines' below."""
    import polars as pl

    lines = {result.model: result.test, **result.baselines}
    print(plain_table(pl.DataFrame([{"forecast": name, **scores} for name, scores in lines.items()], infer_schema_length=None)))


def _show_front(result: ExperimentResult) -> None:
    """The trials of the front, with the arguments in which they differ."""
    import polars as pl

    names = dict.fromkeys(name for point in result.pareto for name in point.params)
    texts = {name: [json.dumps(point.params.get(name)) for point in result.pareto] for name in names}
    rows = [
        {"trial": point.number, **point.scores, **{name: texts[name][at] for name in names if len(set(texts[name])) > 1}}
        for at, point in enumerate(result.pareto)
    ]
    print("\ntrials that no other beats")
    print(plain_table(pl.DataFrame(rows)))


def _show(evaluator: EvaluatorResult, rows: int) -> None:
    import polars as pl

    print(f"\n{evaluator.name}" + (f": {evaluator.error}" if evaluator.error else ""))
    for name, value in evaluator.figures.items():
        print(f"  {name}: {'-' if value is None else f'{value:.6g}'}")
    for note in evaluator.notes:
        print(f"  note: {note}")
    for title, table in evaluator.tables.items():
        print(f"\n{evaluator.name}, {title} ({table.n_rows} rows; all of them in {table.artifact})")
        frame = pl.DataFrame(table.rows[:rows], schema=table.columns, orient="row", infer_schema_length=None)
        print(plain_table(frame))
