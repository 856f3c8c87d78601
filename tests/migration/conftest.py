"""Two whole configurations of the old framework, one a dialect, written for these tests."""

from __future__ import annotations

from typing import Any

import pytest

YAML_DIALECT = """
general:
  url: http://ann:secret@tracking:5000
  experiment_name: bars-of-gold
  log_models: True
datafeeds:
  - class: dsframework.impl.CSVDatafeed
    use: True
    filepath_or_buffer: data/gold.csv
    index_col: Time
    suffix: _gold
  - {class: dsframework.impl.CSVDatafeed, use: yes, filepath_or_buffer: data/silver.csv, index_col: Time, suffix: _silver}
  - {class: dsframework.impl.CSVDatafeed, use: False, filepath_or_buffer: data/tin.csv, index_col: Time, suffix: _tin}
features:
  - {class: dsframework.impl.AddLags, use: True, columns: [volume_gold], periods: [1, 2, 5], use_as_inputs: True}
  - {class: dsframework.impl.AddLags, use: True, columns: [volume_silver], periods: [1, 3], use_as_inputs: False}
  - {class: dsframework.impl.SelectColumns, use: True, columns: [volume_silver_lag_3, close_gold, feature_hhmm]}
  - {class: dsframework.impl.AddLags, use: False, columns: [close_gold], periods: [1]}
splitters:
  - {class: dsframework.impl.SplitXYTrainTest, use: True, columns_to_predict: [volume_gold], shuffle: False, test_size: 0.2, val_size: 0.1}
preprocessors:
  - {class: dsframework.impl.LimitOutliers, use: True, std_num: 3, target_columns: [volume_gold]}
  - class: dsframework.impl.IntradayAveraging
    use: True
    window_days: 15
    bins: 39
    datetime_column: Time
    features_columns: [volume_gold_lag_2]
  - {class: dsframework.impl.MinMaxScaler, use: False}
training:
  use: XGBRegressor
  loss: MAE
  overfitting: {eval_metric: MAE, early_stopping_rounds: 25, use_best_model: True}
  search_cv:
    val_type: WalkForward
    folds: 4
    eval_metric: MAPE
    early_stopping: True
    tuning_cv: True
    search_optimization: bayesian
    n_trials: 12
  models:
    XGBRegressor:
      init_params: {eta: [0.05, 0.1], n_estimators: [200], max_delta_step: [0], nthread: [2], base_score: [0.5]}
      fit_params: {verbose: 0}
    RandomForestRegressor:
      init_params: {n_estimators: [50, 80], max_depth: [4]}
prediction:
  preprocessing_reverse: True
evaluators:
  - {class: dsframework.impl.MAPEEvaluator, use: True}
  - {class: dsframework.impl.R2Evaluator, use: False}
  - {class: dsframework.impl.MAEEvaluator, use: True}
"""

CLASS_DIALECT = {
    "general": {"experiment_name": "default_experiment", "log_models": False, "mlflow_url": None},
    "datafeeds": [
        {
            "class": "dsframework.impl.OneTickBarsDatafeed",
            "use": True,
            "db": "LME_BARS",
            "tick_type": "TRD",
            "symbols": ["CU", "ZN"],
            "start": [2021, 3, 1],
            "end": [2022, 3, 1],
            "bucket": 1800,
            "timezone": "EST5EDT",
        }
    ],
    "features": [
        {
            "class": "dsframework.impl.CalcLags",
            "use": True,
            "columns": ["VOLUME"],
            "periods": [1, 2],
            "use_as_inputs": True,
            "column_with_groups": "TICKER",
            "suffix": "_lag_",
        }
    ],
    "splitters": [
        {
            "class": "dsframework.impl.SplitXYTrainTest",
            "use": True,
            "columns_to_predict": ["VOLUME"],
            "shuffle": False,
            "test_size": 0.15,
            "val_size": 0.25,
        }
    ],
    "models": [
        {
            "class": "dsframework.impl.CatBoostRegressor",
            "use": True,
            "init_params": {"iterations": [100], "depth": [2, 3], "random_seed": [11]},
            "fit_params": {},
        },
        {"class": "dsframework.impl.DecisionTreeRegressor", "use": False, "init_params": {"max_depth": [3]}, "fit_params": {}},
    ],
    "evaluators": [{"class": "dsframework.impl.MAPEEvaluator", "use": True}],
    "train_params": {"verbose": 0, "search_cv": {"val_type": "Simple", "eval_metric": "MAPE", "search_optimization": "grid"}},
    "prediction": {"preprocessing_reverse": True},
}


@pytest.fixture
def yaml_dialect() -> str:
    """A configuration of version 0.0.72."""
    return YAML_DIALECT


@pytest.fixture
def class_dialect() -> dict[str, Any]:
    """What `serialize_config` of an experiment class of version 0.0.88 gives."""
    return CLASS_DIALECT
