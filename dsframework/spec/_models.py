"""The arguments of the models. A list or a range in place of a value is a choice to search."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Arguments, Searchable
from dsframework.spec._catalogue import catalogue

__all__ = [
    "IMPORT_PATH",
    "CatboostArguments",
    "LightgbmArguments",
    "LogisticRegressionArguments",
    "ModelArguments",
    "PythonArguments",
    "RandomForestArguments",
    "RidgeArguments",
    "XgboostArguments",
]

IMPORT_PATH = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+$"
Count = Annotated[Any, Searchable(int, ge=1)]
Depth = Annotated[Any, Searchable(int, ge=1, nullable=True)]
WholeOrNone = Annotated[Any, Searchable(int)]
Positive = Annotated[Any, Searchable(float, gt=0)]
NotNegative = Annotated[Any, Searchable(float, ge=0)]
Share = Annotated[Any, Searchable(float, gt=0, le=1)]


class ModelArguments(Arguments):
    """The base of every model's arguments; only what is given is passed on, so the library's defaults hold."""


class RidgeArguments(ModelArguments):
    """Linear regression with a quadratic penalty (scikit-learn)."""

    alpha: Positive = Field(default=1.0, title="Alpha", description="Strength of the penalty.")
    fit_intercept: Annotated[Any, Searchable(bool)] = Field(default=True, title="Intercept")


class LogisticRegressionArguments(ModelArguments):
    """Logistic regression (scikit-learn)."""

    C: Positive = Field(default=1.0, title="C", description="Inverse strength of the penalty.")
    l1_ratio: Annotated[Any, Searchable(float, ge=0, le=1)] = Field(default=0.0, title="L1 share", description="0 is ridge, 1 is lasso.")
    max_iter: Count = Field(default=1000, title="Iterations")


class RandomForestArguments(ModelArguments):
    """A forest of randomised trees (scikit-learn)."""

    n_estimators: Count = Field(default=100, title="Trees")
    max_depth: Depth = Field(default=None, title="Depth")
    min_samples_leaf: Count = Field(default=1, title="Rows in a leaf")
    max_features: Share = Field(default=1.0, title="Share of features", description="Share of the features tried at each cut.")


class XgboostArguments(ModelArguments):
    """Gradient boosted trees (XGBoost)."""

    n_estimators: Count = Field(default=100, title="Trees", description="With early stopping, the most trees.")
    max_depth: Annotated[Any, Searchable(int, ge=1)] = Field(default=6, title="Depth")
    learning_rate: Positive = Field(default=0.3, title="Learning rate")
    min_child_weight: NotNegative = Field(default=1.0, title="Weight in a leaf")
    subsample: Share = Field(default=1.0, title="Share of rows")
    colsample_bytree: Share = Field(default=1.0, title="Share of features")
    gamma: NotNegative = Field(default=0.0, title="Gain to split")
    reg_alpha: NotNegative = Field(default=0.0, title="L1 penalty")
    reg_lambda: NotNegative = Field(default=1.0, title="L2 penalty")


class LightgbmArguments(ModelArguments):
    """Gradient boosted trees (LightGBM)."""

    n_estimators: Count = Field(default=100, title="Trees", description="With early stopping, the most trees.")
    num_leaves: Annotated[Any, Searchable(int, ge=2)] = Field(default=31, title="Leaves")
    max_depth: WholeOrNone = Field(default=-1, title="Depth", description="-1 is no limit.")
    learning_rate: Positive = Field(default=0.1, title="Learning rate")
    min_child_samples: Count = Field(default=20, title="Rows in a leaf")
    subsample: Share = Field(default=1.0, title="Share of rows")
    subsample_freq: Annotated[Any, Searchable(int, ge=0)] = Field(
        default=0, title="Sample rows every", description="Trees between two samples; 0 never samples."
    )
    colsample_bytree: Share = Field(default=1.0, title="Share of features")
    reg_alpha: NotNegative = Field(default=0.0, title="L1 penalty")
    reg_lambda: NotNegative = Field(default=0.0, title="L2 penalty")


class CatboostArguments(ModelArguments):
    """Gradient boosted symmetric trees (CatBoost)."""

    iterations: Count = Field(default=1000, title="Trees", description="With early stopping, the most trees.")
    depth: Annotated[Any, Searchable(int, ge=1, le=16)] = Field(default=6, title="Depth")
    learning_rate: Positive = Field(default=0.1, title="Learning rate")
    l2_leaf_reg: NotNegative = Field(default=3.0, title="L2 penalty")
    rsm: Share = Field(default=1.0, title="Share of features")


def _loadable(path: str) -> str:
    """Refuse a class of the notebook or script itself; the recorded model could not be loaded anywhere else."""
    if path.startswith("__main__."):
        own = f"my_models.{path.rpartition('.')[2]}"
        text = f"a class of the notebook or script itself can't be loaded elsewhere; put it into my_models.py beside it, and name {own}"
        raise PydanticCustomError("class", "{text}", {"text": text})
    return path


class PythonArguments(ModelArguments):
    """Any class with the scikit-learn interface, by its import path."""

    class_: Annotated[str, AfterValidator(_loadable)] = Field(
        alias="class",
        pattern=IMPORT_PATH,
        title="Class",
        description="Import path, such as sklearn.ensemble.HistGradientBoostingRegressor.",
    )
    arguments: dict[str, Any] = Field(
        default={}, title="Arguments", description="Passed to the class; a list or a range is a choice to search."
    )


catalogue.base("models", ModelArguments)
catalogue.register("models", "ridge", RidgeArguments)
catalogue.register("models", "logistic_regression", LogisticRegressionArguments)
catalogue.register("models", "random_forest", RandomForestArguments)
catalogue.register("models", "xgboost", XgboostArguments, aliases=("xgb",))
catalogue.register("models", "lightgbm", LightgbmArguments, aliases=("lgbm",))
catalogue.register("models", "catboost", CatboostArguments)
catalogue.register("models", "python", PythonArguments)
