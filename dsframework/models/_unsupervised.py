"""What models without a target have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._base import Floats, Task
from dsframework.models._border import no_quantiles
from dsframework.rows import Rows

__all__ = ["UnsupervisedModel"]


class UnsupervisedModel:
    """A model that learns from features alone.

    Parameters
    ----------
    params
        What the spec gives; `defaults` hold for the rest.
    task, seed, threads, device
        See `make_model`.

    Attributes
    ----------
    name
        As in the spec.
    defaults
        Every argument that it takes, with what it is when it is not given.
    n_features_
        How many features it was fitted on.
    """

    name: ClassVar[str]
    tasks: ClassVar[tuple[Task, ...]]
    requirements: ClassVar[tuple[str, ...]] = ("scikit-learn",)
    defaults: ClassVar[dict[str, Any]] = {}
    early_stops = False
    takes_weight = False
    takes_null = False
    history = 0
    n_features_: int

    def __init__(
        self,
        params: Mapping[str, Any],
        *,
        task: Task,
        seed: int,
        threads: int,
        device: str = "cpu",
        n_classes: int = 2,
        quantiles: tuple[float, ...] = (),
    ) -> None:
        self.params = dict(params)
        self.task: Task = task
        self.seed = seed
        self.threads = threads
        self.device = device
        if quantiles:
            raise no_quantiles(self.name)
        if unknown := sorted(set(self.params) - set(self.defaults)):
            takes = f"it takes {', '.join(self.defaults)}"
            raise ModelError(f"it takes no {', '.join(unknown)}", field=self._field, mend=takes)

    def find_rounds(
        self,
        x: Floats,
        y: Floats,
        x_val: Floats,
        y_val: Floats,
        *,
        patience: int,
        weight: Floats | None = None,
        rows: Rows | None = None,
        rows_val: Rows | None = None,
    ) -> int:
        """Raise `ModelError`: without a target there is nothing to watch."""
        raise ModelError(f"{self.name} does not stop early", field=self._field, mend="leave out early_stopping")

    def predict_quantiles(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Raise `ModelError`: it has learned no quantiles."""
        raise no_quantiles(self.name)

    def feature_importance(self) -> Floats | None:
        """Return None: there is no target for a feature to be important for."""
        self._checked()
        return None

    @property
    def _field(self) -> str:
        return f"models.{self.name}"

    def _setting(self, name: str) -> Any:
        return self.params.get(name, self.defaults[name])

    def _checked(self, x: Floats | None = None, rounds: int | None = None, *, fitting: bool = False) -> None:
        """Refuse rows that can't be learned from or asked about."""
        if not fitting and not hasattr(self, "n_features_"):
            raise ModelError(f"{self.name} is not fitted yet", field=self._field, mend="call fit first")
        if rounds is not None:
            raise ModelError(f"{self.name} does not stop early", field=self._field, value=rounds, mend="leave out early_stopping")
        if x is None:
            return
        if not fitting and x.shape[1] != self.n_features_:
            raise ModelError(f"it was fitted on {self.n_features_} features and gets {x.shape[1]}", field=self._field)
        wrong = int(np.isinf(x).sum() + (0 if self.takes_null else np.isnan(x).sum()))
        if wrong:
            raise ModelError(f"{wrong} values of the features are missing or infinite", field=self._field, mend="add 'impute'")
        if fitting and len(x) < 2:
            raise ModelError(f"{len(x)} rows are too few to learn from", field=self._field, mend="use more data")
        if fitting:
            self.n_features_ = int(x.shape[1])
