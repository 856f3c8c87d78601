"""A small network of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dsframework.models._base import Floats
from dsframework.models._boosting import GrownModel
from dsframework.models._target_scale import ScaledTargetModel
from dsframework.progress import report

__all__ = ["MlpModel"]


class MlpModel(ScaledTargetModel, GrownModel):
    """`MLPRegressor` or `MLPClassifier`, grown by epochs of Adam."""

    name = "mlp"
    rounds_parameter = "epochs"
    defaults = {"hidden": [100], "epochs": 100}

    def _build(self, extra: Mapping[str, Any]) -> Any:
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        named = {"hidden": "hidden_layer_sizes", "learning_rate": "learning_rate_init", "epochs": "max_iter"}
        arguments = {named.get(key, key): value for key, value in self._arguments(extra).items()}
        network = MLPRegressor if self.task == "regression" else MLPClassifier
        # a state, not a seed: every epoch goes on drawing where the one before has stopped
        return network(random_state=np.random.RandomState(self.seed), **arguments)

    def _learned(self, estimator: Any, x: Floats, target: Any, weight: Floats | None) -> Any:
        for epoch in range(1, estimator.max_iter + 1):
            self._epoch(estimator, x, target, weight)
            report(epoch, steps=estimator.max_iter)
        return estimator

    def _epoch(self, estimator: Any, x: Floats, target: Any, weight: Floats | None) -> None:
        if isinstance(estimator.batch_size, int):
            estimator.batch_size = min(estimator.batch_size, len(x))
        more: dict[str, Any] = {} if self.task == "regression" else {"classes": np.arange(len(self.classes_))}
        estimator.partial_fit(x, target, sample_weight=weight, **more)

    def _best_rounds(self, x: Floats, y: Any, x_val: Floats, y_val: Any, patience: int, weight: Floats | None) -> int:
        estimator = self._build({})
        best, lowest = 1, np.inf
        for epoch in range(1, estimator.max_iter + 1):
            self._epoch(estimator, x, y, weight)
            loss = self._loss(estimator, x_val, y_val)
            report(epoch, loss, steps=estimator.max_iter, of="validation loss")
            if loss < lowest:
                best, lowest = epoch, loss
            elif epoch - best >= patience:
                break
        return best

    def _loss(self, estimator: Any, x: Floats, y: Any) -> float:
        if self.task == "regression":
            return float(np.mean(np.square(estimator.predict(x) - self._scaled(y))))
        chance = estimator.predict_proba(x)[np.arange(len(y)), y]
        return float(-np.mean(np.log(np.maximum(chance, 1e-15))))
