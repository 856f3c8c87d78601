"""Linear regressions of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from dsframework.models._base import Floats
from dsframework.models._estimator import EstimatorModel

__all__ = [
    "BayesianRidgeModel",
    "ElasticNetModel",
    "HuberModel",
    "LassoModel",
    "LinearRegressionModel",
    "QuantileRegressionModel",
    "RidgeModel",
]


class _LinearModel(EstimatorModel):
    """One of scikit-learn's linear regressions, by the name of its class."""

    tasks = ("regression",)
    estimator: ClassVar[str]

    def _build(self, extra: Mapping[str, Any]) -> Any:
        from sklearn import linear_model

        return getattr(linear_model, self.estimator)(**self._arguments(extra))


class LinearRegressionModel(_LinearModel):
    """Least squares: `LinearRegression`."""

    name = "linear_regression"
    estimator = "LinearRegression"


class RidgeModel(_LinearModel):
    """Least squares with a quadratic penalty: `Ridge`."""

    name = "ridge"
    estimator = "Ridge"

    def _arguments(self, extra: Mapping[str, Any]) -> dict[str, Any]:
        return {"random_state": self.seed, **super()._arguments(extra)}


class LassoModel(_LinearModel):
    """Least squares with an absolute penalty, which makes coefficients vanish: `Lasso`."""

    name = "lasso"
    estimator = "Lasso"
    defaults = {"max_iter": 10_000}


class ElasticNetModel(_LinearModel):
    """Least squares with both penalties: `ElasticNet`."""

    name = "elastic_net"
    estimator = "ElasticNet"
    defaults = {"max_iter": 10_000}


class HuberModel(_LinearModel):
    """A regression that outliers pull less: `HuberRegressor` (Huber 1964, "Robust estimation of a location parameter")."""

    name = "huber"
    estimator = "HuberRegressor"
    defaults = {"max_iter": 1000}


class BayesianRidgeModel(_LinearModel):
    """Ridge whose penalty is learned: `BayesianRidge` (MacKay 1992, "Bayesian interpolation").

    Its quantiles are those of the normal distribution that it predicts.
    """

    name = "bayesian_ridge"
    estimator = "BayesianRidge"
    gives_quantiles = True

    def _fit_quantiles(self, x: Floats, target: Any, extra: Mapping[str, Any], weight: Floats | None) -> None:
        """The estimator knows its spread."""

    def _raw_quantiles(self, x: Floats) -> Any:
        from scipy.special import ndtri

        mean, spread = self.estimator_.predict(x, return_std=True)
        return mean[:, None] + spread[:, None] * ndtri(np.array(self.quantiles))


class QuantileRegressionModel(_LinearModel):
    """A linear quantile by linear programming: `QuantileRegressor` (Koenker and Bassett 1978, "Regression quantiles").

    What it predicts is the median, or the quantile that its arguments name.
    """

    name = "quantile_regression"
    estimator = "QuantileRegressor"
    gives_quantiles = True
    defaults = {"alpha": 0.0}

    def _build_quantile(self, quantile: float, extra: Mapping[str, Any]) -> Any:
        return self._build({**extra, "quantile": quantile})
