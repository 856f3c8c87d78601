"""A model on trial: how it is made, fitted and asked, with what it wants beside the features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from dsframework.models import Model, make_model
from dsframework.models._base import Task
from dsframework.testing._rows import Floats, Trial, some_groups, some_panel, some_rows, some_unusual

__all__ = ["TRAIN", "ModelCase", "same_bits"]

TRAIN = 180
"""How many of the rows are trained on."""


def same_bits(left: Floats, right: Floats) -> bool:
    """Whether two arrays are the same to the last bit."""
    return left.dtype == right.dtype and left.tobytes() == right.tobytes()


@dataclass(frozen=True)
class ModelCase:
    """One model, one task and the rows that it is tried on."""

    name: str
    params: Mapping[str, Any]
    task: Task
    n_classes: int
    trial: Trial

    @classmethod
    def of(cls, name: str, params: Mapping[str, Any], task: Task, *, n_classes: int = 2, scaled: bool = False) -> Self:
        """Choose rows for the task: of a panel whose past matters, for a model that looks at more than the features."""
        model = make_model(name, params, task=task, seed=7, threads=1, n_classes=n_classes)
        if task == "anomaly":
            trial = some_unusual()[0]
        elif task == "clustering":
            trial = some_groups()[0]
        else:
            trial = some_panel(task, n_classes=n_classes)
            if not _needs_rows(model):
                trial = Trial(*some_rows(task, n_classes=n_classes), trial.rows)
        return cls(name, params, task, n_classes, trial.scaled() if scaled else trial)

    def with_features(self, x: Floats) -> Self:
        """Return the case with other features."""
        return replace(self, trial=replace(self.trial, x=x))

    def with_target(self, y: Floats) -> Self:
        """Return the case with another target."""
        return replace(self, trial=replace(self.trial, y=y))

    def writable(self) -> Self:
        """Return the case with arrays of its own, which can be written to."""
        y = None if self.trial.y is None else np.array(self.trial.y)
        return replace(self, trial=replace(self.trial, x=np.array(self.trial.x), y=y))

    def untouched(self, other: Self) -> bool:
        """Whether features and target are those of another case."""
        same_y = self.trial.y is None or (other.trial.y is not None and same_bits(self.trial.y, other.trial.y))
        return same_bits(self.trial.x, other.trial.x) and same_y

    def make(self, threads: int = 1, quantiles: tuple[float, ...] = ()) -> Model:
        """Return the model, not fitted."""
        more: dict[str, Any] = {"quantiles": quantiles} if quantiles else {}
        return make_model(self.name, self.params, task=self.task, seed=7, threads=threads, n_classes=self.n_classes, **more)

    def fit(self, model: Model | None = None, *, last: int = TRAIN, rounds: int | None = None, weight: Floats | None = None) -> Model:
        """Fit the model, or a new one, on the rows before `last`."""
        model = self.make() if model is None else model
        given: dict[str, Any] = {} if weight is None else {"weight": weight}
        if rounds is not None:
            given["rounds"] = rounds
        x, y = self._arrays(0, last)
        return model.fit(x, y, **given, **self._rows(model, self.trial.rows[:last]))

    def predict(self, model: Model, first: int, last: int, *, history: int | None = None) -> Floats:
        """Ask for the rows from `first` to `last`, with as much history as the model says, or as given."""
        x, rows = self._asked(model, first, last, history)
        return model.predict(x, **self._rows(model, rows))

    def predict_quantiles(self, model: Model, first: int, last: int) -> Floats:
        """Ask for the quantiles of the rows from `first` to `last`."""
        x, rows = self._asked(model, first, last, None)
        return model.predict_quantiles(x, **self._rows(model, rows))

    def find_rounds(self, model: Model, *, patience: int) -> int:
        """Learn from the training rows and watch the others."""
        x, y = self._arrays(0, TRAIN)
        x_val, rows_val = self._asked(model, TRAIN, len(self.trial.x), None)
        y_val = self._arrays(TRAIN, len(self.trial.x))[1]
        assert y is not None
        assert y_val is not None
        given = {"rows": self.trial.rows[:TRAIN], "rows_val": rows_val} if _needs_rows(model) else {}
        return model.find_rounds(x, y, x_val, y_val, patience=patience, **given)

    def _arrays(self, first: int, last: int) -> tuple[Floats, Floats | None]:
        y = self.trial.y
        return self.trial.x[first:last], None if y is None else y[first:last]

    def _asked(self, model: Model, first: int, last: int, history: int | None) -> tuple[Floats, Any]:
        reads = model.history if history is None else history
        if reads == 0:  # a slice, whose memory is that of the case, so that a model that writes to it is found
            return self.trial.x[first:last], self.trial.rows[first:last]
        part = self.trial.asking(first, last, reads)
        return part.x, part.rows

    def _rows(self, model: Model, rows: Any) -> dict[str, Any]:
        return {"rows": rows} if _needs_rows(model) else {}


def _needs_rows(model: Model) -> bool:
    return model.history > 0 or bool(getattr(model, "needs_rows", False))
