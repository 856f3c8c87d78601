"""The writing side: a study is a parent run, an experiment a child run, a trial a small file of the child run.

Everything that one has been told is finished is in MLflow before one is told so.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from dsframework.records import ExperimentResult, StudyStatus, TrialRecord
from dsframework.tracking._artifacts import read_frame, read_text
from dsframework.tracking._client import artifact_folder, client, guard, tracking_uri
from dsframework.tracking._owner import owner_is_alive, owner_of
from dsframework.tracking._spool import parse_line
from dsframework.tracking._status_text import status_text

__all__ = ["KIND", "StoredTrial", "StudyStore"]

KIND = "tsml.kind"


@dataclass(frozen=True)
class StoredTrial:
    """A finished trial as it was recorded, and the run that has it."""

    record: TrialRecord
    run_id: str


@dataclass(frozen=True)
class FoundRun:
    """An experiment's run that was recorded before."""

    run_id: str
    study: str
    name: str
    finished: bool


class StudyStore:
    """Records studies in MLflow.

    Parameters
    ----------
    tracking_experiment
        Name of the MLflow experiment, which is made when there is none.
    """

    def __init__(self, tracking_experiment: str) -> None:
        self._client = client()
        self.tracking_experiment = tracking_experiment
        with guard():
            found = self._client.get_experiment_by_name(tracking_experiment)
            if found is None:
                self.experiment_id = self._create_experiment(tracking_experiment)
            else:
                self.experiment_id = found.experiment_id
                if found.lifecycle_stage == "deleted":
                    self._client.restore_experiment(self.experiment_id)

    def _create_experiment(self, name: str) -> str:
        from mlflow.exceptions import MlflowException

        root = artifact_folder(tracking_uri())
        try:
            created: str = self._client.create_experiment(name, artifact_location=f"{root}/{_slug(name)}" if root else None)
        except MlflowException:
            found = self._client.get_experiment_by_name(name)  # somebody else made it in the meantime
            if found is None:
                raise
            return str(found.experiment_id)
        return created

    def create_study(self, name: str, tags: Mapping[str, str]) -> str:
        """Record a new study; returns its id."""
        with guard():
            run = self._client.create_run(self.experiment_id, run_name=name, tags={KIND: "study", "tsml.name": name, **tags})
            return str(run.info.run_id)

    def create_experiment_run(self, study: str, name: str, tags: Mapping[str, str]) -> str:
        """Record a new experiment below a study; returns its run's id."""
        with guard():
            run = self._client.create_run(
                self.experiment_id,
                run_name=name,
                tags={KIND: "experiment", "tsml.study": study, "tsml.name": name, "mlflow.parentRunId": study, **tags},
            )
            return str(run.info.run_id)

    def find_studies(self, key: str, *, tag: str = "tsml.key") -> list[str]:
        """Return the studies with this key, newest first."""
        with guard():
            runs = self._client.search_runs(
                [self.experiment_id],
                f"tags.`{tag}` = '{key}' and tags.`{KIND}` = 'study'",
                order_by=["attributes.start_time DESC"],
                max_results=20,
            )
            return [run.info.run_id for run in runs]

    def find_experiment_runs(self, key: str) -> list[FoundRun]:
        """Return the runs of experiments with this key, newest first."""
        with guard():
            runs = self._client.search_runs(
                [self.experiment_id], f"tags.`tsml.experiment_key` = '{key}'", order_by=["attributes.start_time DESC"], max_results=20
            )
            return [
                FoundRun(
                    run.info.run_id, run.data.tags.get("tsml.study", ""), run.data.tags.get("tsml.name", ""), run.info.status == "FINISHED"
                )
                for run in runs
            ]

    def tags(self, run_id: str) -> dict[str, str]:
        """Return the tags of a run.

        Raises
        ------
        NotFoundError
            When there is no such run.
        """
        with guard():
            return dict(self._client.get_run(run_id).data.tags)

    def set_tags(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run, all in one request."""
        from mlflow.entities import RunTag

        with guard():
            self._client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])

    def read_text(self, run_id: str, path: str) -> str:
        """Return a text artifact; raises `NotFoundError` when there is none."""
        return read_text(self._client, run_id, path)

    def save_status(self, status: StudyStatus) -> None:
        """Store how far a study is, with a sign of life."""
        self.set_tags(status.study, {"tsml.status": status_text(status), "tsml.heartbeat": f"{time.time():.0f}"})

    def claim(self, run_id: str, *, clear_stop: bool = True) -> None:
        """Say that this process runs the study or the experiment."""
        tags = {"tsml.owner": owner_of(os.getpid()), "tsml.heartbeat": f"{time.time():.0f}"}
        self.set_tags(run_id, tags | ({"tsml.stop": ""} if clear_stop else {}))
        with guard():
            self._client.update_run(run_id, status="RUNNING")

    def runs_now(self, run_id: str) -> bool:
        """Tell whether a living process runs the study; this process answers for itself by `claim`, so it does not count."""
        with guard():
            run = self._client.get_run(run_id)
        own = run.data.tags.get("tsml.owner") == owner_of(os.getpid())
        return run.info.status == "RUNNING" and not own and owner_is_alive(run.data.tags)

    def set_owner(self, run_id: str, pid: int) -> None:
        """Say that another process of this machine is about to run the study."""
        self.set_tags(run_id, {"tsml.owner": owner_of(pid)})

    def reopen(self, run_id: str) -> None:
        """Let a run that has ended go on."""
        with guard():
            self._client.update_run(run_id, status="RUNNING")

    def forget(self, run_id: str) -> None:
        """Take a run out of all lists; MLflow keeps it among the deleted ones."""
        with guard():
            self._client.delete_run(run_id)

    def stop_requested(self, study: str) -> bool:
        """Tell whether somebody asked the study to stop."""
        return bool(self.tags(study).get("tsml.stop"))

    def read_trials(self, run_ids: Iterable[str]) -> dict[str, StoredTrial]:
        """Return the finished and pruned trials of runs by their key; a record torn by a crash counts as not there.

        Of a key that is recorded several times the first finished one, or else the one that was pruned last.
        """
        found: dict[str, StoredTrial] = {}
        for run_id in run_ids:
            with tempfile.TemporaryDirectory() as folder, guard():
                names = [item.path for item in self._client.list_artifacts(run_id, "trials") if item.path.endswith((".json", ".jsonl"))]
                for name in sorted(names):
                    for record in _read_trials(Path(self._client.download_artifacts(run_id, name, folder))):
                        known = found.get(record.key)
                        if record.status != "failed" and (known is None or record.n_folds > known.record.n_folds):
                            found[record.key] = StoredTrial(record, run_id)
        return found

    def read_trial_predictions(self, run_id: str, number: int) -> pl.DataFrame | None:
        """Return the out-of-fold predictions of a trial, where they were kept."""
        return read_frame(self._client, run_id, f"trials/{number:05d}.parquet")

    def log_frame(self, run_id: str, frame: pl.DataFrame, path: str) -> None:
        """Store a frame as a parquet artifact."""
        with tempfile.TemporaryDirectory() as folder, guard():
            target = Path(folder) / Path(path).name
            frame.write_parquet(target)
            self._client.log_artifact(run_id, str(target), str(Path(path).parent))

    def log_text(self, run_id: str, text: str, path: str) -> None:
        """Store a text artifact."""
        with guard():
            self._client.log_text(run_id, text, path)

    def log_table(self, run_id: str, table: Mapping[str, Sequence[Any]], path: str) -> None:
        """Store columns as a table that MLflow's own pages show."""
        rows = [list(row) for row in zip(*table.values(), strict=True)]
        self.log_text(run_id, json.dumps({"columns": list(table), "data": rows}), path)
        self.set_tags(run_id, {"mlflow.loggedArtifacts": json.dumps([{"path": path, "type": "table"}])})

    def log_result(self, result: ExperimentResult) -> None:
        """Store parameters and metrics of a finished experiment.

        They are dated with the run's beginning: said twice, before and after a crash, MLflow keeps them once.
        """
        from mlflow.entities import Metric, Param, RunTag

        with guard():
            now = self._client.get_run(result.run_id).info.start_time
        metrics = [Metric(name, value, now, step) for name, value, step in _figures(result) if value is not None]
        params = [Param("model", result.model), *(Param(key, str(value)[:500]) for key, value in result.params.items())]
        tags = [RunTag("tsml.beats_baselines", str(result.beats_baselines).lower())]
        if result.audit is not None:
            tags.append(RunTag("tsml.audit", result.audit.verdict))
        with guard():
            self._client.log_batch(result.run_id, metrics=metrics, params=params, tags=tags)
            self._client.log_text(result.run_id, result.model_dump_json(indent=1), "result.json")

    def finish(self, run_id: str, status: str) -> None:
        """End a run: ``FINISHED``, ``FAILED`` or ``KILLED``."""
        with guard():
            self._client.set_terminated(run_id, status)


def _figures(result: ExperimentResult) -> Iterator[tuple[str, float | None, int]]:
    """Every number of a result with its name and its step; None where there is none."""
    for name, value in result.test.items():
        yield f"test_{name}", value, 0
    for name, summary in result.cv.items():
        yield f"cv_{name}", summary.mean, 0
        yield f"cv_{name}_std", summary.std, 0
        for fold, value in enumerate(summary.folds):
            yield f"fold_{name}", value, fold
    for baseline, scores in result.baselines.items():
        for name, value in scores.items():
            yield f"baseline_{baseline}_{name}", value, 0
    for score in result.intervals.scores if result.intervals else ():
        for name in ("coverage", "mean_width", "winkler"):
            yield f"interval_{score.nominal:g}_{name}", getattr(score, name), 0
    for evaluator in result.evaluation:
        for name, value in evaluator.figures.items():
            yield _metric_key(f"{evaluator.name}_{name}"), value, 0
    if result.trials is not None:
        for name in ("n_effective", "deflated", "p_value", "overfitting_probability"):
            yield f"trials_{name}", getattr(result.trials, name), 0
    yield "n_trials", result.n_trials, 0
    yield "n_pruned", result.n_pruned, 0
    yield "seconds", result.seconds, 0


def _metric_key(name: str) -> str:
    """A name that MLflow takes."""
    return "".join(sign if sign.isalnum() or sign in "_-./ " else "-" for sign in name)[:200]


def _read_trials(path: Path) -> list[TrialRecord]:
    """The trials of a file, one a line; a line torn by a crash counts as not there."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []
    return [record for record in map(parse_line, lines) if record is not None]


def _slug(name: str) -> str:
    safe = "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in name)[:60]
    return f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
