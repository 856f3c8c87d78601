"""What is fitted in a fold: preprocessing, the target's scale and the model, which belong together."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsframework.errors import ModelError
from dsframework.experiment._ready import Source, asked_only, given_rows, reads_now
from dsframework.metrics import reference_rows
from dsframework.models import Model
from dsframework.preprocessing import HeldOut, Pipeline, TargetTransform
from dsframework.rows import Floats, Rows, asked_of, with_history

__all__ = ["Forecast", "Learned", "asked_of", "learn", "with_history"]

_REASONS = 3
_MADE_UP = 2000


@dataclass(frozen=True)
class Forecast:
    """What a fitted model says of some rows.

    Attributes
    ----------
    point
        Shape (rows,): a value in the target's unit; the probability of 1 for two classes, the most probable class for more; how unusual a
        row is; the number of its cluster.
    probabilities
        Of each class, shape (rows, classes), for more than two.
    quantiles
        In the target's unit, shape (rows, quantiles), where the job asks for them.
    flagged
        Which rows are called unusual, shape (rows,).
    reason
        The features that have most to do with an unusual row, as text, shape (rows,), where the model tells.
    features
        What a clustering was made from, shape (rows, features).
    reference
        How unusual made-up rows are, with which those of the real ones are compared, shape (made-up rows,).
    """

    point: Floats
    probabilities: Floats | None = None
    quantiles: Floats | None = None
    flagged: np.ndarray[Any, np.dtype[np.bool_]] | None = None
    reason: np.ndarray[Any, Any] | None = None
    features: Floats | None = None
    reference: Floats | None = None

    @classmethod
    def of_classes(cls, predicted: Floats) -> Forecast:
        """Return the forecast of a classifier: probabilities of 1, shape (rows,), or of every class, shape (rows, classes)."""
        if predicted.ndim == 1:
            return cls(predicted)
        return cls(np.argmax(predicted, axis=1).astype(np.float64), probabilities=predicted)

    def columns(self, classes: Sequence[str], levels: Sequence[float]) -> dict[str, Any]:
        """Return what there is beside the point, as columns of a table."""
        found: dict[str, Any] = {}
        if self.probabilities is not None:
            found |= {f"probability_{name}": self.probabilities[:, number] for number, name in enumerate(classes)}
        if self.quantiles is not None:
            found |= {f"quantile_{level:g}": self.quantiles[:, number] for number, level in enumerate(levels)}
        if self.flagged is not None:
            found["flagged"] = self.flagged
        if self.reason is not None:
            found["reason"] = self.reason
        return found

    def same_as(self, other: Forecast) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Tell for each row whether the two say the same to the last bit."""
        same: np.ndarray[Any, np.dtype[np.bool_]] = self.point == other.point
        for left, right in ((self.probabilities, other.probabilities), (self.quantiles, other.quantiles)):
            if left is not None and right is not None:
                same &= (left == right).all(axis=1)
        return same


@dataclass(frozen=True)
class Learned:
    """Fitted parts, from features to predictions in the target's unit."""

    steps: Pipeline
    target: TargetTransform
    model: Model
    rounds: int | None = None
    task: str = "regression"
    asked_quantiles: tuple[float, ...] = ()

    @property
    def needs_now(self) -> bool:
        """Whether the target's own last value is needed beside the features."""
        return self.target.needs_now or bool(getattr(self.model, "needs_now", False))

    @property
    def needs_season(self) -> bool:
        """Whether the target's own value a season before is needed beside the features."""
        return self.target.needs_season

    @property
    def history(self) -> int:
        """How many earlier rows of the same entity a prediction reads, for preprocessing and for the model."""
        return self.model.history + self.steps.history

    def forecast(self, x: Floats, rows: Rows, *, scoring: bool = False) -> Forecast:
        """Say what is to be said of the rows that are asked for.

        Parameters
        ----------
        x
            Shape (rows, features), with as many earlier rows of the entities as `history` says.
        rows
            Whose and when the rows are; `rows.asked` tells the history apart.
        scoring
            Whether the forecast is to be scored, and not only to be told.

        Raises
        ------
        ModelError
            When a prediction is not a finite number.
        """
        return self.say(*self.prepare(x, rows), scoring=scoring)

    def prepare(self, x: Floats, rows: Rows) -> tuple[Floats, Rows]:
        """Return what `forecast` hands to the model: the rows after preprocessing, without the history that only preprocessing reads."""
        return asked_only(self.steps.transform(x, rows=rows), rows, self.model.history)

    def say(self, ready: Floats, rows: Rows, *, scoring: bool = False) -> Forecast:
        """Return the forecast of rows from `prepare`; see `forecast`."""
        asked = rows if rows.asked is None else rows[rows.asked]
        given = given_rows(self.model, self.target, rows)
        raw = self.model.predict(ready, **given)
        if self.task == "classification":
            return Forecast.of_classes(raw)
        if self.task == "anomaly":
            threshold = float(getattr(self.model, "threshold_", np.inf))
            compared = scoring and not given and bool(np.isfinite(ready).all())
            made = self.model.predict(reference_rows(ready, n=_MADE_UP)) if compared else None
            return Forecast(raw, flagged=raw > threshold, reason=self._reason(ready, given), reference=made)
        if self.task == "clustering":
            return Forecast(raw, features=ready)
        point = self.target.inverse(raw, asked)
        if not np.isfinite(point).all():
            raise ModelError("a prediction is not a finite number", mend="scale the features or use target.transform: log")
        quantiles = None
        if self.asked_quantiles:
            found = self.model.predict_quantiles(ready, **given)
            columns = [self.target.inverse(np.ascontiguousarray(column), asked, quantile=True) for column in found.T]
            quantiles = np.sort(np.stack(columns, axis=1), axis=1)
        return Forecast(point, quantiles=quantiles)

    def _reason(self, ready: Floats, given: dict[str, Any]) -> np.ndarray[Any, Any] | None:
        explain = getattr(self.model, "explain", None)
        if explain is None:
            return None
        names = np.asarray(self.steps.names_out_, dtype=object)
        most = np.argsort(-explain(ready, **given), axis=1, kind="stable")[:, :_REASONS]
        return np.array([", ".join(names[row]) for row in most], dtype=object)


def learn(source: Source) -> Learned:
    """Fit preprocessing, the target's scale and the model on the rows, and nothing else.

    With early stopping the last part of the time is watched first to find the number of rounds; then everything is fitted on all rows.

    Raises
    ------
    ModelError
        When the model can't be built or fitted.
    SplitError
        When there are too few rows to watch a part of them.
    """
    job, model, rounds = source.job, source.job.new_model(), None
    if job.early_stopping is not None and model.early_stops:
        rounds = _find_rounds(source, job.early_stopping.rounds)
    ready = source.ready()
    target = copy.copy(ready.target)
    model.fit(ready.x, ready.z, rounds=rounds, **ready.given(model, target, source.board("all")))

    def fitted() -> Floats:
        return model.predict(ready.x, **given_rows(model, target, ready.rows))

    target.correct(fitted, ready.z, ready.rows, held_out=lambda: _held_out(source, rounds))
    return Learned(ready.steps, target, model, rounds, job.task, job.quantiles)


def _find_rounds(source: Source, patience: int) -> int:
    """Fit on the first part of the training time, watch the last part, and return the best number of rounds."""
    model = source.job.new_model()
    watched = source.watched(model.history)
    ready = watched.ready
    given = ready.given(model, ready.target, source.board("first part"))
    if "rows" in given:
        given |= {"rows_val": given_rows(model, ready.target, watched.rows)["rows"]}
    return model.find_rounds(ready.x, ready.z, watched.x, watched.z, patience=patience, **given)


def _held_out(source: Source, rounds: int | None) -> HeldOut | None:
    """Predict the last fifth of the training time by what is fitted on the rows before whose labels are known when it begins."""
    model = source.job.new_model()
    held = source.held_out(model.history, carried=reads_now(model))
    if held is None:
        return None
    ready = held.ready
    model.fit(ready.x, ready.z, rounds=rounds, **ready.given(model, ready.target, source.board("before the last fifth")))
    point = Learned(ready.steps, ready.target, model).say(held.x, held.rows).point
    return HeldOut(point, held.z, held.asked)
