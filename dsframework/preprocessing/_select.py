"""Keep the columns that matter most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np

from dsframework.errors import DataError
from dsframework.preprocessing._association import mutual_information, strength
from dsframework.preprocessing._base import Floats, ModelMaker
from dsframework.preprocessing._contributions import mean_contributions
from dsframework.spec import Component, catalogue

__all__ = ["Select"]

_DEFAULT = "lightgbm"
_SHARE = 0.95
_MOST_ROWS = 5000


class Select:
    """Keep the columns that score highest on the training rows, in their order.

    Parameters
    ----------
    by
        ``importance``: the model's own shares. ``shap``: the shares of the mean absolute SHAP values, over at most 5,000 evenly spaced
        training rows. ``correlation`` and ``mutual_information`` need no model.
    model
        A component of the stage ``models``, with plain values; lightgbm by default.
    keep
        How many columns, or which share of the sum of all scores they have at least; 0.95 by default.
    threshold
        In place of `keep`: the least score.

    Attributes
    ----------
    scores_
        Of every column that came in, shape (columns,); shares of 1 for importance and SHAP values.
    kept_
        Positions of the columns that stay, rising.
    names_out_
        Their names.
    """

    name = "select"
    fills_nulls = False
    needs_target = True
    needs_models = True
    changes_columns = True

    def __init__(
        self,
        by: Literal["importance", "shap", "correlation", "mutual_information"] = "importance",
        *,
        model: Component | None = None,
        keep: float | None = None,
        threshold: float | None = None,
    ) -> None:
        self.by = by
        self.model = model
        self.keep = keep
        self.threshold = threshold

    def fit(self, x: Floats, names: Sequence[str], *, y: Floats, models: ModelMaker) -> Self:
        """Score the columns and choose.

        Raises
        ------
        DataError
            When the model can't take missing values and some are, or no column reaches the threshold.
        ModelError
            When the model can't be built or fitted, or has no notion of importance.
        """
        self.scores_ = self._scores(x, names, y, models)
        self.kept_ = np.sort(self._best())
        self.names_out_ = tuple(names[place] for place in self.kept_)
        return self

    def transform(self, x: Floats) -> Floats:
        """Return the columns that stay."""
        return np.array(x[:, self.kept_], dtype=np.float64)

    def _scores(self, x: Floats, names: Sequence[str], y: Floats, models: ModelMaker) -> Floats:
        classes = models.task == "classification"
        if self.by == "correlation":
            return strength(x, y, classes=classes)
        if self.by == "mutual_information":
            return mutual_information(x, y, classes=classes)
        component = self.model or Component(name=_DEFAULT, arguments=catalogue.arguments("models", _DEFAULT)())
        model = models.make(component)
        self._refuse_missing(x, names, model.takes_null, component.name)
        if getattr(model, "history", 0):
            raise DataError(
                f"{component.name} reads earlier rows, and can't select columns", field="preprocessing.select.model", mend="use lightgbm"
            )
        model.fit(x, y)
        if self.by == "shap":
            some = np.linspace(0, len(x) - 1, min(len(x), _MOST_ROWS)).astype(np.intp)
            values = mean_contributions(model, np.ascontiguousarray(x[some]), component.name)
        else:
            importance = model.feature_importance()
            if importance is None:
                raise DataError(f"{component.name} has no notion of importance", field="preprocessing.select.model", mend="use lightgbm")
            values = np.asarray(importance, dtype=np.float64)
        total = values.sum()
        return values / total if total > 0 else values

    def _best(self) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
        order = np.argsort(-self.scores_, kind="stable")
        if self.threshold is not None:
            kept = order[self.scores_[order] >= self.threshold]
            if not kept.size:
                raise DataError(
                    f"no column reaches the threshold; the best score is {self.scores_[order[0]]:.4g}",
                    field="preprocessing.select.threshold",
                    value=self.threshold,
                    mend="use a smaller one, or keep: 20",
                )
            return kept
        keep = _SHARE if self.keep is None else self.keep
        if isinstance(keep, int):
            return order[:keep]
        running = np.cumsum(self.scores_[order])
        if running[-1] == 0:  # nothing tells the columns apart
            return order
        return order[: int(np.searchsorted(running, keep * running[-1] * (1 - 1e-12))) + 1]

    @staticmethod
    def _refuse_missing(x: Floats, names: Sequence[str], takes_null: bool, model: str) -> None:
        missing = np.isnan(x).sum(axis=0)
        if missing.any() and not takes_null:
            place = int(np.flatnonzero(missing)[0])
            raise DataError(
                f"{int(missing[place])} training rows of {names[place]!r} are missing, which {model} can't take",
                field="preprocessing.select",
                mend="put impute before select, or select by lightgbm, xgboost or catboost",
            )
