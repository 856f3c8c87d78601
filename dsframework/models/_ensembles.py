"""Several models that predict together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._base import Floats, Model
from dsframework.models._border import as_quantiles, foreign, no_quantiles
from dsframework.models._inner_folds import out_of_fold
from dsframework.models._members import Fit, MemberModel, last_part
from dsframework.models._registry import make_model, member_of
from dsframework.rows import Rows

__all__ = ["MeanModel", "StackingModel", "WeightedModel", "simplex_weights"]

_VALIDATION = 0.2
_FOLDS = 5
_META = {"regression": "ridge", "classification": "logistic_regression"}
_SUM = 1e4
"""How much more the sum of the weights counts than the errors, before it is made exact."""


class MeanModel(MemberModel):
    """The mean of the members' values, probabilities or quantiles, on the scale that the target is learned on.

    The mean of quantiles is a quantile of a distribution between the members' (Lichtendahl, Grushka-Cockayne and Winkler 2013, "Is it
    better to average probabilities or quantiles?").
    """

    name = "mean"
    uses_times = False

    def _combined(self, predicted: Floats, x: Floats, rows: Rows | None) -> Floats:
        return np.ascontiguousarray(np.tensordot(self._shares(), predicted, axes=1))

    def predict_quantiles(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return the mean of the members' quantiles, shape (rows, quantiles)."""
        if not self.quantiles:
            raise no_quantiles(self.name)
        found = self._ask(self._known(), lambda model, seen, given: model.predict_quantiles(seen, **given), x, rows)
        mean = np.tensordot(self._shares(), found, axes=1)
        return as_quantiles(mean, mean.shape[0], len(self.quantiles), self.name)


class WeightedModel(MeanModel):
    """A weighted mean whose weights, from 0 to 1 with the sum 1, have the least squared error on rows that the members have not seen.

    The members are fitted on the training rows whose label is known when the last `validation` of the training time begins, and weighed on
    the rows from there on; a classification is weighed by the squared errors of its probabilities (Brier's score). Then every member is
    fitted again on all training rows. Stacking with such weights is due to Breiman (1996, "Stacked regressions").

    Attributes
    ----------
    weights_
        Shape (members,).
    """

    name = "weighted"
    uses_times = True

    def _learn(self, given: Fit) -> None:
        classes = self.task == "classification"
        share = float(self.params.get("validation", _VALIDATION))
        fold = last_part(given.rows, share, given.y, self.name, classes=classes)
        predicted, actual = self._unseen(given, fold), given.y[fold.test]
        weight = np.ones(len(actual)) if given.weight is None else given.weight[fold.test]
        if predicted.ndim == 3:
            n_classes = predicted.shape[2]
            actual = np.eye(n_classes)[actual.astype(np.int64)].ravel()
            predicted, weight = np.moveaxis(predicted, 1, 2).reshape(len(actual), -1), np.repeat(weight, n_classes)
        with foreign(self.name):
            self.weights_ = simplex_weights(predicted, actual, weight)

    def _shares(self) -> Floats:
        return self.weights_


class StackingModel(MemberModel):
    """A model of the members' predictions (Wolpert 1992, "Stacked generalization").

    The meta-model learns from predictions of rows that the members have not seen: the training time is cut into `folds` + 1 blocks, and
    each block but the first is predicted by members that were fitted on the rows whose label was known when it begins. Then every member is
    fitted again on all training rows. Values are handed to the meta-model in deviations of the training target from its mean, so that its
    penalty means the same for every target; classes as probabilities.

    Attributes
    ----------
    meta_
        The fitted meta-model.
    """

    name = "stacking"
    inside = ("models", "meta")
    gives_quantiles: ClassVar[bool] = False

    def __init__(self, params: Mapping[str, Any], **given: Any) -> None:
        super().__init__(params, **given)
        if self._new_meta().history:
            name = member_of(self._meta_item)[0]
            raise ModelError(f"{name} reads earlier rows, which have no predictions", field=f"{self._field}.meta", mend="use ridge")

    @property
    def _meta_item(self) -> Any:
        return self.params.get("meta") or _META[self.task]

    def _new_meta(self) -> Model:
        name, params = member_of(self._meta_item)
        return make_model(name, params, task=self.task, seed=self.seed, threads=self.threads, device=self.device, n_classes=self.n_classes)

    @property
    def takes_weight(self) -> bool:
        """Whether every member, and the meta-model, takes weights."""
        return super().takes_weight and self._new_meta().takes_weight

    @property
    def needs_now(self) -> bool:
        """Whether a member, or the meta-model, reads the target's last known value."""
        return super().needs_now or bool(getattr(self._new_meta(), "needs_now", False))

    def _learn(self, given: Fit) -> None:
        classes = self.task == "classification"
        self.centre_, self.scale_ = (0.0, 1.0) if classes else (float(given.y.mean()), float(given.y.std()) or 1.0)
        held = out_of_fold(
            given.rows,
            given.y,
            lambda fold: self._unseen(given, fold),
            n_folds=int(self.params.get("folds", _FOLDS)),
            model=self.name,
            classes=classes,
        )
        part = given.take(held.asked)
        meta = self._new_meta()
        more: dict[str, Any] = {"rows": part.rows} if getattr(meta, "needs_rows", False) else {}
        if part.weight is not None and meta.takes_weight:
            more["weight"] = part.weight
        self.meta_ = meta.fit(self._columns(held.predicted), (part.y - self.centre_) / self.scale_, **more)

    def _columns(self, predicted: Floats) -> Floats:
        """The features of the meta-model from predictions of shape (rows, members, ...)."""
        return np.ascontiguousarray((predicted.reshape(len(predicted), -1) - self.centre_) / self.scale_)

    def _combined(self, predicted: Floats, x: Floats, rows: Rows | None) -> Floats:
        asked = rows if rows is None or rows.asked is None else rows[rows.asked]
        more: dict[str, Any] = {"rows": asked} if getattr(self.meta_, "needs_rows", False) else {}
        found = self.meta_.predict(self._columns(np.moveaxis(predicted, 0, 1)), **more)
        return found if self.task == "classification" else found * self.scale_ + self.centre_

    def _shares(self) -> Floats:
        importance = self.meta_.feature_importance()
        if importance is None or importance.sum() == 0:
            return super()._shares()
        shares: Floats = importance.reshape(len(self.members), -1).sum(axis=1)
        return shares


def simplex_weights(predicted: Floats, actual: Floats, weight: Floats) -> Floats:
    """Return the weights, none below 0 and with the sum 1, of the mean that has the least squared error.

    Parameters
    ----------
    predicted
        Shape (rows, members).
    actual, weight
        Shape (rows,).

    Examples
    --------
    >>> simplex_weights(np.array([[1.0, 3.0], [3.0, 5.0]]), np.array([1.5, 3.5]), np.ones(2)).round(6)
    array([0.75, 0.25])
    """
    from scipy.optimize import nnls

    root = np.sqrt(weight)
    errors = (predicted - actual[:, None]) * root[:, None]  # with the sum 1, the error of a mean is the mean of the errors
    scale = float(np.sqrt(np.square(errors).sum(axis=0)).max())
    if scale == 0.0:
        return np.full(predicted.shape[1], 1.0 / predicted.shape[1])
    _, triangle = np.linalg.qr(errors / scale) if len(errors) > predicted.shape[1] else (None, errors / scale)
    rows = np.vstack([triangle, np.full(predicted.shape[1], _SUM)])
    found = nnls(rows, np.append(np.zeros(len(rows) - 1), _SUM))[0]
    weights: Floats = found / found.sum()
    return weights
