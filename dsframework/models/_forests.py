"""A tree and forests of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from dsframework.models._base import Floats
from dsframework.models._estimator import EstimatorModel
from dsframework.models._leaves import Leaves

__all__ = ["DecisionTreeModel", "ExtraTreesModel", "RandomForestModel"]


class _LeafModel(EstimatorModel):
    """A model of trees. Its quantiles are those of the training rows that share a leaf with the row."""

    gives_quantiles = True

    @property
    def takes_null(self) -> bool:
        """Missing values go to the side of a cut where they do less harm."""
        return True

    def _fit_quantiles(self, x: Floats, target: Any, extra: Mapping[str, Any], weight: Floats | None) -> None:
        self.leaves_ = Leaves.of(self._leaf_of(x), target, weight)

    def _raw_quantiles(self, x: Floats) -> Any:
        return self.leaves_.quantiles(self._leaf_of(x), self.quantiles)

    def _leaf_of(self, x: Floats) -> Any:
        """The number of each row's leaf in every tree, shape (rows, trees)."""
        return self.estimator_.apply(x).reshape(len(x), -1)


class DecisionTreeModel(_LeafModel):
    """One tree: `DecisionTreeRegressor` or `DecisionTreeClassifier`."""

    name = "decision_tree"

    def _build(self, extra: Mapping[str, Any]) -> Any:
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

        tree = DecisionTreeRegressor if self.task == "regression" else DecisionTreeClassifier
        return tree(random_state=self.seed, **self._arguments(extra))


class _ForestModel(_LeafModel):
    """Many trees; both tasks try every feature at a cut unless told otherwise."""

    defaults = {"max_features": 1.0}
    estimator: ClassVar[str]

    def _learned(self, estimator: Any, x: Floats, target: Any, weight: Floats | None) -> Any:
        fitted = super()._learned(estimator, x, target, weight)
        # Threads add up the trees' predictions in the order in which they finish, which changes the last bits: predict with one.
        fitted.n_jobs = 1
        return fitted

    def _build(self, extra: Mapping[str, Any]) -> Any:
        from sklearn import ensemble

        forest = getattr(ensemble, self.estimator + ("Regressor" if self.task == "regression" else "Classifier"))
        return forest(random_state=self.seed, n_jobs=self.threads, **self._arguments(extra))


class RandomForestModel(_ForestModel):
    """Trees on samples of the rows: `RandomForestRegressor` or `RandomForestClassifier` (Breiman 2001, "Random forests")."""

    name = "random_forest"
    estimator = "RandomForest"


class ExtraTreesModel(_ForestModel):
    """Trees with random cuts: `ExtraTreesRegressor` or `ExtraTreesClassifier` (Geurts and others 2006, "Extremely randomized trees")."""

    name = "extra_trees"
    estimator = "ExtraTrees"
