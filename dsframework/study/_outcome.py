"""What `run_study` gives back: the result, as an object to work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from dsframework.errors import NotFoundError
from dsframework.records import ExperimentResult, StudyResult
from dsframework.tracking import load_pipeline

__all__ = ["StudyOutcome"]


@dataclass(frozen=True)
class StudyOutcome:
    """A study that has ended.

    Attributes
    ----------
    result
        Every experiment with its folds, test scores and baselines.
    """

    result: StudyResult

    @property
    def study(self) -> str:
        """The study's id."""
        return self.result.study

    @property
    def best(self) -> ExperimentResult | None:
        """The finished experiment with the best cross-validated score."""
        return next((found for found in self.result.experiments if found.run_id and found.run_id == self.result.best), None)

    @property
    def frame(self) -> pl.DataFrame:
        """One row an experiment, best first: mean and deviation over the folds, test scores, whether the baselines are beaten."""
        experiments = sorted(self.result.experiments, key=lambda found: found.status != "finished")  # the first one orders the columns
        rows = [_row(experiment) for experiment in experiments]
        frame = pl.DataFrame(rows, infer_schema_length=None)
        column = f"cv_{self.result.metric}"
        return frame.sort(column, descending=self._greater_is_better, nulls_last=True) if column in frame.columns else frame

    @property
    def _greater_is_better(self) -> bool:
        from dsframework.metrics import get_metric

        return get_metric(self.result.metric).greater_is_better

    def predict(self, data: Any, *, run_id: str | None = None, as_of: Any = None, every_row: bool = False) -> pl.DataFrame:
        """Predict with the best model, or with that of `run_id`, from raw rows; see `FittedPipeline.predict`.

        Raises
        ------
        NotFoundError
            When no experiment finished.
        """
        chosen = run_id or self.result.best
        if chosen is None:
            raise NotFoundError("no experiment of this study finished", mend="look at result.experiments for the errors")
        found: pl.DataFrame = load_pipeline(chosen).predict(data, as_of=as_of, every_row=every_row)
        return found

    def __repr__(self) -> str:
        best, count = self.best, len(self.result.experiments)
        head = f"study {self.study[:8]} {self.result.name!r}: {count} experiment{'' if count == 1 else 's'}, {self.result.status}"
        return f"{head}, best {best.name} ({self.result.metric} {best.cv[self.result.metric].mean:.6g})" if best else head


def _row(experiment: ExperimentResult) -> dict[str, Any]:
    row: dict[str, Any] = {"experiment": experiment.name, "model": experiment.model, **experiment.variant, "status": experiment.status}
    for name, summary in experiment.cv.items():
        row |= {f"cv_{name}": summary.mean, f"cv_{name}_std": summary.std}
    row |= {f"test_{name}": value for name, value in experiment.test.items()}
    row |= {"beats_baselines": experiment.beats_baselines, "trials": experiment.n_trials, "pruned": experiment.n_pruned}
    return row | {"seconds": experiment.seconds, "run_id": experiment.run_id, "error": experiment.error}
