"""What is fitted in a fold: preprocessing, the target's scale and the model, which belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dsframework.errors import ModelError, SplitError
from dsframework.metrics import reference_rows
from dsframework.models import Model, make_model
from dsframework.preprocessing import HeldOut, ModelMaker, Pipeline, TargetTransform, make_steps
from dsframework.rows import Floats, Rows, asked_of, with_history
from dsframework.spec import Component, EarlyStopping, WeightSpec

__all__ = ["FitJob", "Forecast", "Learned", "Table", "asked_of", "learn", "with_history"]

_REASONS = 3
_MADE_UP = 2000
_HELD_OUT = 5
"""One part in so many of the training time is held out to learn the size of a model's errors."""


@dataclass(frozen=True)
class FitJob:
    """All that one fit depends on, beside the rows. Small, and the same on every worker."""

    task: Any
    model: str
    params: dict[str, Any]
    preprocessing: tuple[Component, ...]
    transform: Any
    metrics: tuple[str, ...]
    seed: int
    threads: int
    early_stopping: EarlyStopping | None
    horizon: int
    import_path: str | None = None
    device: str = "cpu"
    n_classes: int = 2
    quantiles: tuple[float, ...] = ()
    weights: WeightSpec | None = None

    @property
    def models(self) -> ModelMaker:
        """How a preprocessing step that learns from a model gets one."""
        return ModelMaker(self.task, self._other_model)

    def _other_model(self, component: Component) -> Model:
        params = component.arguments.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return make_model(
            component.name, params, task=self.task, seed=self.seed, threads=self.threads, device=self.device, n_classes=self.n_classes
        )

    def new_model(self) -> Model:
        """Build the model, not fitted yet."""
        return make_model(
            self.model,
            self.params,
            task=self.task,
            seed=self.seed,
            threads=self.threads,
            device=self.device,
            n_classes=self.n_classes,
            quantiles=self.quantiles,
        )


@dataclass(frozen=True)
class Table:
    """Rows to learn from.

    Attributes
    ----------
    x
        Features, shape (rows, features).
    y
        Target in its own unit, shape (rows,); None for a task without one.
    rows
        Whose and when they are.
    weight
        How much a row counts, shape (rows,), with mean 1; None where all count alike.
    """

    x: Floats
    y: Floats | None
    rows: Rows
    weight: Floats | None = None

    def take(self, chosen: slice | np.ndarray[Any, Any]) -> Table:
        """Return some of the rows."""
        y, weight = (None if part is None else part[chosen] for part in (self.y, self.weight))
        if weight is not None and len(weight):
            weight = weight / weight.mean()
        return Table(self.x[chosen], y, self.rows[chosen], weight)


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
        ready, asked = self.steps.transform(x, rows=rows), _asked(rows)
        if self.model.history == 0 and rows.asked is not None:
            ready, rows = np.ascontiguousarray(ready[rows.asked]), asked
        given = self._rows(rows)
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

    def _rows(self, rows: Rows) -> dict[str, Any]:
        return _given(self.model, self.target, rows)


def learn(job: FitJob, table: Table, names: Sequence[str]) -> Learned:
    """Fit preprocessing, the target's scale and the model on the rows, and nothing else.

    With early stopping the last part of the time is watched first to find the number of rounds; then everything is fitted on all rows.

    Raises
    ------
    ModelError
        When the model can't be built or fitted.
    SplitError
        When there are too few rows to watch a part of them.
    """
    rounds = None
    if job.early_stopping is not None and job.new_model().early_stops:
        rounds = _find_rounds(job, table, names)
    steps, target, z = _fit_scales(job, table, names)
    model = job.new_model()
    x = steps.transform(table.x, rows=table.rows)
    given = _given(model, target, table.rows)
    model.fit(x, z, rounds=rounds, **given, **_weight(model, table))
    scaled = replace(table, rows=given.get("rows", table.rows))
    target.correct(lambda: model.predict(x, **given), z, table.rows, held_out=lambda: _held_out(job, scaled, z, names, rounds))
    return Learned(steps, target, model, rounds, job.task, job.quantiles)


def _fit_scales(job: FitJob, table: Table, names: Sequence[str]) -> tuple[Pipeline, TargetTransform, Any]:
    """The target's scale and the preprocessing, fitted on the rows, and the target on that scale."""
    target = TargetTransform(job.transform)
    z = None
    if table.y is not None:
        target.fit(table.y, table.rows)
        z = target.forward(table.y, table.rows)
    return make_steps(job.preprocessing).fit(table.x, names, y=z, rows=table.rows, models=job.models), target, z


def _find_rounds(job: FitJob, table: Table, names: Sequence[str]) -> int:
    """Fit on the first part of the training time, watch the last part, and return the best number of rounds."""
    assert job.early_stopping is not None
    times, labels = table.rows.time, table.rows.label_time
    assert labels is not None
    axis = np.unique(times)
    cut = len(axis) - max(1, int(np.ceil(job.early_stopping.validation * len(axis))))
    begin = axis[max(cut, 0)]
    inner, watched = labels <= begin, times >= begin
    if cut < 1 or not inner.any():
        raise SplitError(
            f"{len(axis)} training steps are too few to watch the last {job.early_stopping.validation:.0%} of them",
            field="tuning.early_stopping.validation",
            mend="leave out early_stopping or use fewer folds",
        )
    fitted = table.take(inner)
    steps, target, z = _fit_scales(job, fitted, names)
    model = job.new_model()
    seen = table.take(with_history(table.rows, watched, model.history + steps.history))
    seen_asked = seen.rows.time >= begin
    x_val, rows_val = steps.transform(seen.x, rows=seen.rows), seen.rows.asking(seen_asked)
    if model.history == 0:
        x_val, rows_val = np.ascontiguousarray(x_val[seen_asked]), seen.rows[seen_asked]
    given = _given(model, target, fitted.rows)
    if given:
        given |= {"rows_val": _given(model, target, rows_val)["rows"]}
    assert seen.y is not None
    return model.find_rounds(
        steps.transform(fitted.x, rows=fitted.rows),
        z,
        x_val,
        target.forward(seen.y[seen_asked], seen.rows[seen_asked]),
        patience=job.early_stopping.rounds,
        **given,
        **_weight(model, fitted),
    )


def _held_out(job: FitJob, table: Table, z: Floats, names: Sequence[str], rounds: int | None) -> HeldOut | None:
    """Predict the last fifth of the training time by what is fitted on the rows before whose labels are known when it begins.

    Everything is on the scale that was learned on all training rows; None where no row is left to learn from.
    """
    labels = table.rows.label_time
    assert labels is not None
    axis = np.unique(table.rows.time)
    begin = axis[len(axis) - max(1, len(axis) // _HELD_OUT)]
    inner, watched = labels <= begin, table.rows.time >= begin
    if not inner.any():
        return None
    fitted = table.take(inner)
    steps = make_steps(job.preprocessing).fit(fitted.x, names, y=z[inner], rows=fitted.rows, models=job.models)
    model = job.new_model()
    given = _given(model, TargetTransform(), fitted.rows)
    model.fit(steps.transform(fitted.x, rows=fitted.rows), z[inner], rounds=rounds, **given, **_weight(model, fitted))
    learned = Learned(steps, TargetTransform(), model)
    seen = with_history(table.rows, watched, learned.history)
    forecast = learned.forecast(table.x[seen], asked_of(table.rows, watched, seen))
    return HeldOut(forecast.point, z[watched], table.rows[watched])


def _asked(rows: Rows) -> Rows:
    return rows if rows.asked is None else rows[rows.asked]


def _given(model: Model, target: TargetTransform, rows: Rows) -> dict[str, Any]:
    """What a model gets beside the features: the rows, with the target's last known value on the scale that the model learns."""
    if not _needs_rows(model):
        return {}
    return {"rows": target.carried(rows) if getattr(model, "needs_now", False) else rows}


def _needs_rows(model: Model) -> bool:
    return model.history > 0 or bool(getattr(model, "needs_rows", False))


def _weight(model: Model, table: Table) -> dict[str, Any]:
    if table.weight is None:
        return {}
    if not model.takes_weight:
        name = getattr(model, "name", type(model).__name__)
        raise ModelError(f"{name} learns from all rows alike", field="weights", mend="remove weights, or use lightgbm or the like")
    return {"weight": table.weight}
