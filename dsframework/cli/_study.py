"""tsml run | validate | schema | status | stop | result | reproduce."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from dsframework.cli._detached import detach
from dsframework.cli._evaluate import result_lines
from dsframework.cli._status import add_command as add_status
from dsframework.cli._status import waits
from dsframework.cli._stdout import kept_for_the_document
from dsframework.cli._tables import JSON_HELP, plain_table

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add this file's commands."""
    run = commands.add_parser("run", help="run a spec, or go on where an earlier run of it ended")
    run.add_argument("spec", nargs="?", metavar="SPEC", help="a YAML or JSON file")
    run.add_argument("--set", dest="settings", action="append", default=[], metavar="a.b=c", help="set a value of the spec")
    run.add_argument("--executor", choices=("local", "ray", "threads"), default="local", help="where fits run")
    run.add_argument("--json", action="store_true", help="print one JSON document")
    run.add_argument("--fresh", action="store_true", help="repeat trials that are recorded already")
    run.add_argument("--detach", action="store_true", help="run apart from this terminal: as a job of Ray, or a process of its own")
    run.add_argument("--study", metavar="ID", help="run a study that was recorded but not started")
    run.add_argument("--base", metavar="FOLDER", help="with --study: the folder of relative paths, if not the recorded one")
    run.set_defaults(run=_run)

    validate = commands.add_parser("validate", help="say what is wrong with a spec")
    validate.add_argument("spec", metavar="SPEC", help="a YAML or JSON file")
    validate.add_argument("--set", dest="settings", action="append", default=[], metavar="a.b=c", help="set a value of the spec")
    validate.add_argument("--json", action="store_true", help=JSON_HELP)
    validate.set_defaults(run=_validate)

    schema = commands.add_parser("schema", help="print the JSON Schema of a spec")
    schema.set_defaults(run=_schema)

    add_status(commands)

    stop = commands.add_parser("stop", help="stop a study; finished trials are kept")
    stop.add_argument("study", metavar="STUDY", help="a study's id, or its first six signs")
    stop.set_defaults(run=_stop)

    result = commands.add_parser("result", help="show what a study came to, as run does when it ends")
    result.add_argument("study", metavar="STUDY", help="a study's id, or its first six signs")
    result.add_argument("--json", action="store_true", help=JSON_HELP)
    result.set_defaults(run=_result)

    reproduce = commands.add_parser("reproduce", help="run a recorded experiment again and compare")
    reproduce.add_argument("run_id", metavar="RUN", help="a run's id, or its first six signs")
    reproduce.add_argument("--executor", choices=("local", "ray", "threads"), default="local", help="where fits run")
    reproduce.add_argument("--tolerance", type=float, default=1e-6, metavar="T", help="largest relative difference that counts as equal")
    reproduce.add_argument("--json", action="store_true", help=JSON_HELP)
    reproduce.set_defaults(run=_reproduce)


def _run(options: argparse.Namespace) -> int:
    if not options.study and not options.spec:
        print("tsml run: name a spec, or --study ID", file=sys.stderr)
        return 2
    if options.detach:
        return detach(options)
    if options.study:
        from dsframework.study import take_over

        take_over(options.study)
    from dsframework.spec import load_spec
    from dsframework.study import run_recorded_study, run_study

    listener = None if options.json and not sys.stderr.isatty() else _Printer()
    with kept_for_the_document(active=options.json):
        if options.study:
            outcome = run_recorded_study(
                options.study, base=options.base, executor=options.executor, listener=listener, fresh=options.fresh
            )
        else:
            spec = load_spec(options.spec, settings=options.settings)
            base = Path(options.spec).resolve().parent
            outcome = run_study(spec, base=base, executor=options.executor, listener=listener, fresh=options.fresh)
    return _report(outcome, options)


def _result(options: argparse.Namespace) -> int:
    from dsframework.study import study_outcome

    return _report(study_outcome(options.study), options)


def _report(outcome: Any, options: argparse.Namespace) -> int:
    """Print what a study came to; returns the exit code."""
    if options.json:
        print(outcome.result.model_dump_json(indent=1))
    else:
        _show(outcome)
    return 0 if all(experiment.status == "finished" for experiment in outcome.result.experiments) else 1


def _experiments(number: int) -> str:
    return f"{number} experiment{'' if number == 1 else 's'}"


def _inside(fold: int | None) -> str:
    """Where a trial of a nested split was tried."""
    return "" if fold is None else f" inside fold {fold}" if fold else " before the final test"


def _came_to(trial: Any, metric: str) -> str:
    """What became of a trial."""
    if trial.status == "failed":
        return f"failed: {trial.error}"
    score = f"{metric} {trial.cv[metric].mean:.6g}"
    return score if trial.status == "finished" else f"pruned after {trial.n_folds} fold{'' if trial.n_folds == 1 else 's'}: {score}"


class _Printer:
    """Tells on stderr what happens, a line an event; of a fit that failed also its parameters and log, of equal failures once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, event: Any) -> None:
        status = event.status
        if event.kind == "study_started":
            print(f"study {status.study} on {status.executor}: {_experiments(len(status.experiments))}", file=sys.stderr)
        elif event.kind == "study_waits":
            print(waits(status) or "workers are there", file=sys.stderr)
        elif event.kind == "trial_finished":
            trial = event.trial
            ended = status.trials_done + status.trials_pruned + status.trials_failed
            place = f"{event.experiment} trial {trial.number}{_inside(trial.inside)}"
            print(f"[{ended}/{status.trials_total}] {place}: {_came_to(trial, status.metric)}", file=sys.stderr)
            if trial.error and trial.error not in self._told:
                self._told.add(trial.error)
                for line in (f"with {json.dumps(trial.params)}", *(trial.log or "").splitlines()):
                    print(f"    {line}", file=sys.stderr)


def _show(outcome: Any) -> None:
    result = outcome.result
    columns = [
        "experiment",
        f"cv_{result.metric}",
        f"cv_{result.metric}_std",
        f"test_{result.metric}",
        "beats_baselines",
        "trials",
        *(["pruned"] if any(experiment.n_pruned for experiment in result.experiments) else []),
        "run_id",
    ]
    print(plain_table(outcome.frame, [name for name in columns if name in outcome.frame.columns]))
    for experiment in result.experiments:
        if experiment.error:
            print(f"{experiment.name}: {experiment.status}: {experiment.error}")
            continue
        if experiment.beats_baselines is False:
            known = {name: scores[result.metric] for name, scores in experiment.baselines.items()}
            better = ", ".join(f"{name} {value:.6g}" for name, value in known.items() if value is not None)
            print(f"{experiment.name}: not better than every naive forecast ({better})")
        for check in experiment.audit.checks if experiment.audit else ():
            if check.verdict in ("failed", "warned") and check.name != "baseline":
                place = f" (first at {check.date}{f', {check.entity}' if check.entity else ''})" if check.date else ""
                print(f"{experiment.name}: audit {check.verdict}: {check.name}: {check.detail}{place}")
        for line in result_lines(experiment):
            print(f"{experiment.name}: {line}")
        for note in experiment.notes:
            print(f"{experiment.name}: {note}")
    if result.trials is not None:
        print(result.trials.sentence)
    print(f"{outcome!r}")


def _validate(options: argparse.Namespace) -> int:
    from dsframework.errors import SpecError
    from dsframework.execution import place
    from dsframework.experiment import expand
    from dsframework.spec import load_spec, located
    from dsframework.tracking import home

    try:
        spec = load_spec(options.spec, settings=options.settings)
        plans = expand(spec)
        place(spec.resources, home())
    except SpecError as error:
        found = located(error, options.spec, settings=options.settings)
        if options.json and isinstance(found, SpecError):
            print(json.dumps({"valid": False, "issues": [vars(issue) for issue in found.issues]}))
            return 2
        raise
    if options.json:
        print(json.dumps({"valid": True, "issues": [], "experiments": [plan.name for plan in plans]}))
    else:
        print(f"{options.spec} is valid: {_experiments(len(plans))} ({', '.join(plan.name for plan in plans)})")
    return 0


def _schema(options: argparse.Namespace) -> int:
    from dsframework.spec import json_schema

    print(json.dumps(json_schema(), indent=1))
    return 0


def _stop(options: argparse.Namespace) -> int:
    from dsframework.study import stop_study

    status = stop_study(options.study, wait=True)
    said = {"running": "was asked to stop", "finished": "has finished"}.get(status.status, f"is {status.status}")
    print(f"study {status.study} {said}; finished trials are kept")
    return 0


def _reproduce(options: argparse.Namespace) -> int:
    from dsframework.study import reproduce

    with kept_for_the_document(active=options.json):
        found = reproduce(options.run_id, executor=options.executor, tolerance=options.tolerance)
    if options.json:
        print(found.model_dump_json(indent=1))
    else:
        print(f"run {found.run_id}: {found.verdict}")
        for line in [*found.differences, *(f"environment: {line}" for line in found.environment)]:
            print(f"  {line}")
    return 1 if found.verdict == "different" else 0
