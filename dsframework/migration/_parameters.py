"""The arguments of the old models: what they are called here, which say what holds anyhow, and which are about the fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["GPU", "MODELS", "QUIET", "SEEDS", "THREADS", "OldModel"]

QUIET = frozenset(
    {
        "allow_writing_files",
        "logging_level",
        "metric_period",
        "save_snapshot",
        "silent",
        "train_dir",
        "verbose",
        "verbose_eval",
        "verbosity",
    }
)
"""About what is printed or written, not about the result."""

THREADS = frozenset({"n_jobs", "nthread", "num_threads", "thread_count"})
SEEDS = frozenset({"random_seed", "random_state", "seed"})
GPU: Mapping[str, tuple[Any, ...]] = {
    "device": ("cuda", "gpu"),
    "predictor": ("gpu_predictor",),
    "task_type": ("GPU",),
    "tree_method": ("gpu_hist",),
}
"""Arguments whose value asks for a GPU."""


@dataclass(frozen=True)
class OldModel:
    """How one of the old models is said here.

    Attributes
    ----------
    name
        Our model.
    path
        The class of its library, for the model ``python`` where we have none of our own.
    renamed
        Its other names of our arguments.
    holds
        Arguments and values that say what holds here anyhow.
    """

    name: str
    path: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    holds: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


_FOREST: Mapping[str, tuple[Any, ...]] = {
    "criterion": ("squared_error", "mse"),
    "min_samples_split": (2,),
    "min_samples_leaf": (1,),
    "max_features": ("auto", None, 1.0),
    "max_leaf_nodes": (None,),
    "min_impurity_decrease": (0, 0.0),
    "warm_start": (False,),
    "ccp_alpha": (0, 0.0),
}
MODELS: dict[str, OldModel] = {
    "XGBRegressor": OldModel(
        "xgboost",
        "xgboost.XGBRegressor",
        {
            "eta": "learning_rate",
            "min_split_loss": "gamma",
            "alpha": "reg_alpha",
            "lambda": "reg_lambda",
            "num_boost_round": "n_estimators",
        },
        {
            "booster": ("gbtree",),
            "max_delta_step": (0,),
            "objective": ("reg:squarederror", "reg:linear"),
            "scale_pos_weight": (1,),
            "tree_method": ("auto", "hist"),
            "device": ("cpu",),
            "colsample_bylevel": (1, 1.0),
            "colsample_bynode": (1, 1.0),
        },
    ),
    "CatBoostRegressor": OldModel(
        "catboost",
        "catboost.CatBoostRegressor",
        {
            "n_estimators": "iterations",
            "num_boost_round": "iterations",
            "num_trees": "iterations",
            "max_depth": "depth",
            "eta": "learning_rate",
            "reg_lambda": "l2_leaf_reg",
            "colsample_bylevel": "rsm",
        },
        {"loss_function": ("RMSE",), "objective": ("RMSE",), "task_type": ("CPU",), "grow_policy": ("SymmetricTree",)},
    ),
    "DecisionTreeRegressor": OldModel("decision_tree", "sklearn.tree.DecisionTreeRegressor", {}, {**_FOREST, "splitter": ("best",)}),
    "RandomForestRegressor": OldModel(
        "random_forest",
        "sklearn.ensemble.RandomForestRegressor",
        {},
        {**_FOREST, "bootstrap": (True,), "oob_score": (False,), "max_samples": (None,)},
    ),
    "LGBMRegressor": OldModel(
        "lightgbm",
        "lightgbm.LGBMRegressor",
        {
            "num_iterations": "n_estimators",
            "num_boost_round": "n_estimators",
            "eta": "learning_rate",
            "min_data_in_leaf": "min_child_samples",
            "feature_fraction": "colsample_bytree",
            "bagging_fraction": "subsample",
            "bagging_freq": "subsample_freq",
            "lambda_l1": "reg_alpha",
            "lambda_l2": "reg_lambda",
        },
        {"objective": ("regression", "l2"), "boosting_type": ("gbdt",), "device": ("cpu",), "device_type": ("cpu",)},
    ),
}
"""By the old name. The last one is not of the old framework: the own model of its examples is that class."""
