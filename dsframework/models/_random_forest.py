"""A forest of randomised trees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from dsframework.models._base import Floats
from dsframework.models._estimator import EstimatorModel
from dsframework.rows import Rows

__all__ = ["RandomForestModel"]


class RandomForestModel(EstimatorModel):
    """scikit-learn's `RandomForestRegressor` or `RandomForestClassifier`; both try every feature at a cut unless told otherwise."""

    name = "random_forest"
    defaults = {"max_features": 1.0}

    @property
    def takes_null(self) -> bool:
        """Missing values go to the side of a cut where they do less harm."""
        return True

    def fit(
        self, x: Floats, y: Floats | None, *, rounds: int | None = None, weight: Floats | None = None, rows: Rows | None = None
    ) -> Self:
        """Learn from rows; see `Model.fit`."""
        super().fit(x, y, rounds=rounds, weight=weight)
        # Threads add up the trees' predictions in the order in which they finish, which changes the last bits: predict with one.
        self.estimator_.n_jobs = 1
        return self

    def _build(self, extra: Mapping[str, Any]) -> Any:
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        forest = RandomForestRegressor if self.task == "regression" else RandomForestClassifier
        return forest(random_state=self.seed, n_jobs=self.threads, **self._arguments(extra))
