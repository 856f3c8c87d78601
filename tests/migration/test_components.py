"""Every class, old and new, and every way to search and validate, one at a time."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from dsframework.errors import SpecError
from dsframework.migration import Migration, migrate_text
from dsframework.spec import to_dict


def migrated(**parts: Any) -> Migration:
    """A small configuration of the class dialect with some parts replaced; None leaves one out."""
    config: dict[str, Any] = {
        "datafeeds": [{"class": "dsframework.impl.CSVDatafeed", "filepath_or_buffer": "bars.csv", "index_col": "Time"}],
        "features": [{"class": "dsframework.impl.CalcLags", "columns": ["VOLUME"], "periods": [1]}],
        "splitters": [{"class": "dsframework.impl.SplitXYTrainTest", "columns_to_predict": ["VOLUME"], "test_size": 0.2, "val_size": 0.1}],
        "models": [{"class": "dsframework.impl.XGBRegressor", "init_params": {"max_depth": [2, 3]}}],
        **parts,
    }
    return migrate_text(yaml.safe_dump({key: value for key, value in config.items() if value is not None}, sort_keys=False))


def document(**parts: Any) -> dict[str, Any]:
    return to_dict(migrated(**parts).spec)


def told(found: Migration, kind: str) -> str:
    return "\n".join(str(finding) for finding in found.findings if finding.kind == kind)


# ---------------------------------------------------------------- data


def test_csv_options_of_pandas_keep_their_meaning() -> None:
    feed = {"class": "dsframework.impl.CSVDatafeed", "filepath_or_buffer": "/data/x.csv", "index_col": "t", "sep": ";", "decimal": ","}
    assert document(datafeeds=[feed])["data"] == {"loader": "csv", "path": "/data/x.csv", "time": "t", "separator": ";", "decimal": ","}


@pytest.mark.parametrize(("index", "guessed"), [(0, True), (None, True), (["a", "b"], True), ("day", False)])
def test_a_time_column_that_is_not_named_is_a_guess(index: Any, guessed: bool) -> None:
    found = migrated(datafeeds=[{"class": "dsframework.impl.CSVDatafeed", "filepath_or_buffer": "/x.csv", "index_col": index}])
    assert found.spec.data is not None
    assert found.spec.data.time == ("Time" if guessed else "day")
    assert bool(told(found, "guessed").count("Time stands here")) == guessed


def test_an_address_in_place_of_a_file_is_told() -> None:
    feed = {"class": "dsframework.impl.CSVDatafeed", "filepath_or_buffer": "https://server/x.csv", "index_col": "t"}
    assert "files are read from a disk" in told(migrated(datafeeds=[feed]), "not taken over")


@pytest.mark.parametrize(
    "name", ["dsframework.impl.OneTickBarsDatafeed", "dsframework.impl.datas.EquitiesOneTickData", "EquitiesOneTickData"]
)
def test_onetick_feeds_become_the_loader_onetick(name: str) -> None:
    feed = {
        "class": name,
        "db": "BARS",
        "tick_type": "TRD_1M",
        "symbols": "V",
        "start": [2022, 2, 1, 9, 30],
        "end": "2022-04-01 16:00",
        "bucket": 90,
    }
    found = migrated(datafeeds=[feed])
    data = to_dict(found.spec)["data"]
    assert (data["symbols"], data["start"], data["end"], data["bucket"]) == (["V"], "2022-02-01 09:30", "2022-04-01 16:00", "90s")
    assert (data["price"], data["size"]) == ("LAST", "VOLUME")
    assert found.complete
    longer = to_dict(migrated(datafeeds=[feed | {"bucket": 7200, "end": [2022, 4, 1]}]).spec)["data"]
    assert longer["resample"] == {"every": "2h", "price": "LAST", "size": "VOLUME"}
    assert longer["end"] == "2022-03-31"
    ticks = to_dict(migrated(datafeeds=[{key: value for key, value in feed.items() if key != "bucket"}]).spec)["data"]
    assert not {"bucket", "resample", "price", "size"} & set(ticks)
    assert "end" not in to_dict(migrated(datafeeds=[feed | {"end": None}]).spec)["data"]


@pytest.mark.parametrize(("change", "message"), [({"start": None}, "'start' is missing"), ({"bucket": 7000}, "do not divide the day")])
def test_a_onetick_feed_that_can_t_be_asked_is_told(change: dict[str, Any], message: str) -> None:
    feed = {"class": "dsframework.impl.OneTickBarsDatafeed", "db": "B", "symbols": ["V"], "start": [2022, 2, 1], "end": [2022, 4, 1]}
    with pytest.raises(SpecError, match=message):
        migrated(datafeeds=[feed | change])


def test_odbc_becomes_sql_and_its_password_goes_nowhere() -> None:
    feed = {
        "class": "dsframework.impl.ODBCDatafeed",
        "connection_string": "DSN=x;PWD=hunter2",
        "query": "SELECT * FROM bars",
        "index_col": "t",
    }
    found = migrated(datafeeds=[feed])
    data = to_dict(found.spec)["data"]
    assert (data["loader"], data["query"], data["time"]) == ("sql", "SELECT * FROM bars", "t")
    assert data["connection"] in told(found, "not taken over")
    assert "hunter2" not in found.text + str(found.findings)


@pytest.mark.parametrize("feeds", [[], [{"class": "dsframework.impl.CSVDatafeed", "use": False, "filepath_or_buffer": "x.csv"}], None])
def test_without_a_feed_a_frame_of_the_notebook_is_expected(feeds: Any) -> None:
    found = migrated(datafeeds=feeds)
    assert to_dict(found.spec)["data"] == {"loader": "frame", "frame": "df", "time": "Time"}
    assert "named df" in told(found, "guessed")


def test_an_own_feed_is_told_with_each_of_its_arguments_and_none_of_their_values() -> None:
    found = migrated(datafeeds=[{"class": "desk.feeds.Feed", "token": "hunter2", "venue": "X"}])
    assert to_dict(found.spec)["data"]["loader"] == "frame"
    lost = told(found, "not taken over")
    assert "desk.feeds.Feed" in lost
    assert "token" in lost
    assert "venue" in lost
    assert "hunter2" not in found.text + str(found.findings)


def test_the_feed_that_has_the_target_is_the_loader_whatever_its_place() -> None:
    feeds = [
        {"class": "dsframework.impl.CSVDatafeed", "filepath_or_buffer": "/a.csv", "index_col": "t", "suffix": "_a"},
        {"class": "dsframework.impl.CSVDatafeed", "filepath_or_buffer": "/b.csv", "index_col": "t", "suffix": "_b"},
        {"class": "dsframework.impl.CSVDatafeed", "filepath_or_buffer": "/c.csv", "index_col": "t"},
    ]
    splitter = {"class": "dsframework.impl.SplitXYTrainTest", "columns_to_predict": "v_b"}
    lags = {"class": "dsframework.impl.CalcLags", "columns": ["v_a", "v_b", "w"], "periods": [1]}
    found = document(datafeeds=feeds, splitters=[splitter], features=[lags])
    assert found["data"]["path"] == "/b.csv"
    assert sorted(found["data"]["joins"]) == ["a", "source_3"]
    assert found["target"]["column"] == "v"
    assert found["features"] == [{"lag": {"columns": ["a_v", "v", "w"], "periods": [0]}}]


# ---------------------------------------------------------------- features and target


@pytest.mark.parametrize(
    "name", ["dsframework.impl.CalcLags", "dsframework.impl.AddLags", "dsframework.impl.data_pipelines.CalcLags", "AddLags"]
)
def test_lags_by_their_old_and_new_name(name: str) -> None:
    features = [{"class": name, "columns": "VOLUME", "periods": 3}]
    assert document(features=features)["features"] == [{"lag": {"columns": ["VOLUME"], "periods": [2]}}]


def test_lags_by_groups_name_the_entity() -> None:
    features = [{"class": "CalcLags", "columns": ["VOLUME"], "periods": [1], "column_with_groups": "TICKER"}]
    assert document(features=features)["data"]["entity"] == "TICKER"


@pytest.mark.parametrize(
    ("period", "kind", "text"),
    [(-1, "not taken over", "reads the future"), (0, "not taken over", "the very value that is predicted")],
)
def test_a_lag_that_knows_the_answer_is_not_taken_over(period: int, kind: str, text: str) -> None:
    found = migrated(features=[{"class": "CalcLags", "columns": ["VOLUME"], "periods": [period, 2]}])
    assert text in told(found, kind)
    assert to_dict(found.spec)["features"] == [{"lag": {"columns": ["VOLUME"], "periods": [1]}}]


def test_lag_0_of_another_column_becomes_its_newest_known_value() -> None:
    found = migrated(features=[{"class": "CalcLags", "columns": ["close"], "periods": [0, 1]}])
    assert to_dict(found.spec)["features"] == [{"lag": {"columns": ["close"], "periods": [0]}}]
    assert "not known before" in told(found, "changed")


@pytest.mark.parametrize("periods", [None, []])
def test_lags_without_periods_are_told_where_the_old_framework_said_nothing(periods: Any) -> None:
    lags = {"class": "CalcLags", "columns": ["close"], "periods": periods}
    found = migrated(features=[lags, {"class": "CalcLags", "columns": ["VOLUME"], "periods": [1]}])
    assert "made no feature there" in told(found, "no effect")


def test_a_lag_that_is_no_input_becomes_one_where_it_is_selected() -> None:
    hidden = {"class": "AddLags", "columns": ["TICKS"], "periods": [1, 4], "use_as_inputs": False}
    chosen = {"class": "SelectColumns", "columns": ["TICKS_lag_4"]}
    assert document(features=[hidden, chosen])["features"] == [{"lag": {"columns": ["TICKS"], "periods": [3]}}]


def test_selected_columns_are_read_one_row_earlier_and_a_selected_target_is_no_answer() -> None:
    found = migrated(features=[{"class": "SelectColumns", "columns": ["TICKS", "VOLUME", "hour"]}])
    assert to_dict(found.spec)["features"] == [
        {"calendar": ["hour"]},
        {"lag": {"columns": ["TICKS"], "periods": [0]}},
        {"lag": {"columns": ["VOLUME"], "periods": [0]}},
    ]
    assert "the answer itself" in told(found, "changed")
    assert "made of the time by hand" in told(found, "guessed")


def test_an_own_feature_is_told() -> None:
    features = [{"class": "desk.Flow", "horizon": 3}, {"class": "CalcLags", "columns": ["VOLUME"], "periods": [1]}]
    found = migrated(features=features)
    assert "desk.Flow" in told(found, "not taken over")
    assert not found.complete


def test_several_columns_to_predict_are_variants() -> None:
    splitter = {"class": "SplitXYTrainTest", "columns_to_predict": ["VOLUME", "a/b"], "test_size": 100}
    found = document(splitters=[splitter])
    assert found["variants"]["target"] == {"VOLUME": {"column": "VOLUME", "horizon": 1}, "target_2": {"column": "a/b", "horizon": 1}}
    assert found["split"]["test"] == 100


def test_a_shuffled_split_is_not_taken_over() -> None:
    splitter = {"class": "SplitXYTrainTest", "columns_to_predict": ["VOLUME"], "shuffle": True}
    assert "order of time" in told(migrated(splitters=[splitter]), "not taken over")


# ---------------------------------------------------------------- preprocessing


@pytest.mark.parametrize(
    ("block", "step"),
    [
        ({"class": "dsframework.impl.LimitOutliers", "std_num": 3}, {"clip_outliers": {"n_std": 3.0}}),
        (
            {"class": "LimitOutliers", "features_columns": ["VOLUME_lag_1"]},
            {"clip_outliers": {"columns": ["VOLUME_lag_0"]}},
        ),
        ({"class": "dsframework.impl.MinMaxScaler"}, "min_max_scale"),
        ({"class": "MinMaxScaler", "feature_range": [-1, 1]}, {"min_max_scale": {"low": -1, "high": 1}}),
        (
            {"class": "IntradayAveraging", "window_days": 5, "features_columns": ["VOLUME_lag_1"]},
            {"slot_profile": {"how": "subtract", "days": 5, "columns": ["VOLUME_lag_0"]}},
        ),
    ],
)
def test_preprocessors_become_steps_that_are_fitted_inside_the_fold(block: dict[str, Any], step: Any) -> None:
    found = document(preprocessors=[block])["preprocessing"]
    assert [str(found[0]).replace("1.0", "1")] == [str(step)]


def test_intraday_averaging_of_the_target_is_its_scale() -> None:
    block = {"class": "IntradayAveraging", "window_days": 7, "bins": 39, "target_columns": ["VOLUME"], "datetime_column": "Time"}
    found = document(preprocessors=[block])
    assert found["target"]["transform"] == {"slot_profile": {"how": "subtract", "days": 7}}
    assert "preprocessing" not in found


def test_a_step_that_was_off_stays_as_a_comment_also_where_no_other_is_on() -> None:
    found = migrated(preprocessors=[{"class": "MinMaxScaler", "use": False}, {"class": "desk.Own", "use": False, "x": 1}])
    assert "# preprocessing:\n" in found.text
    assert "#   - min_max_scale\n" in found.text
    assert "desk.Own" not in to_dict(found.spec)
    assert found.complete


# ---------------------------------------------------------------- models


@pytest.mark.parametrize(
    ("name", "given", "model"),
    [
        ("dsframework.impl.XGBRegressor", {}, "xgboost"),
        ("dsframework.impl.models.CatBoostRegressor", {"depth": [2]}, {"catboost": {"depth": 2}}),
        ("dsframework.impl.DecisionTreeRegressor", {"max_depth": [2, None]}, {"decision_tree": {"max_depth": [2, None]}}),
        ("RandomForestRegressor", {"n_estimators": 50, "max_features": ["auto"]}, {"random_forest": {"n_estimators": 50}}),
        ("sklearn.neighbors.KNeighborsRegressor", {"n_neighbors": [3]}, {"nearest_neighbors": {"n_neighbors": 3}}),
        ("desk.models.Mine", {"a": [1, 2], "b": "x"}, {"python": {"class": "desk.models.Mine", "arguments": {"a": [1, 2], "b": "x"}}}),
        ("desk.XGBRegressor", {}, {"python": {"class": "desk.XGBRegressor"}}),
        ("__main__.Mine", {}, {"python": {"class": "my_models.Mine"}}),
        (
            "CascadeForestRegressor",
            {"max_layers": 9},
            {"python": {"class": "deepforest.CascadeForestRegressor", "arguments": {"max_layers": 9}}},
        ),
    ],
)
def test_models_by_their_classes(name: str, given: dict[str, Any], model: Any) -> None:
    assert document(models=[{"class": name, "init_params": given}])["models"] == [model]


def test_an_own_model_around_a_class_of_a_library_is_that_librarys_model() -> None:
    block = {"class": "dsframework.impl.RegressorModel", "model_class": "lightgbm.LGBMRegressor", "init_params": {"num_leaves": [7]}}
    assert document(models=[block])["models"] == [{"lightgbm": {"num_leaves": 7}}]


def test_the_layers_of_the_old_network_become_shapes_to_choose_from() -> None:
    given = {
        "hid_layers_num": [1, 2],
        "neurons_num_layer1": [8, 16],
        "neurons_num_layer2": [4],
        "neurons_num_layer3": [99],
        "activation_layer1": ["relu"],
        "activation_layer2": ["tanh"],
        "dropout_layer1": [0, 0.1],
        "optimizer": ["Adam"],
    }
    fit = {"epochs": 30, "batch_size": 64, "shuffle": False, "verbose": 1}
    found = migrated(models=[{"class": "dsframework.impl.DNNRegressor", "init_params": given, "fit_params": fit}])
    (model,) = to_dict(found.spec)["models"]
    assert model["keras_mlp"]["hidden"] == [[8], [16], [8, 4], [16, 4]]
    assert {key: value for key, value in model["keras_mlp"].items() if key != "hidden"} == {
        "activation": "relu",
        "dropout": [0.0, 0.1],
        "epochs": 30,
        "batch_size": 64,
    }
    assert "one activation holds for all layers" in told(found, "changed")
    assert "neurons_num_layer3" in told(found, "no effect")
    assert found.complete


def test_an_activation_that_is_not_here_becomes_a_near_one() -> None:
    given = {"hid_layers_num": 1, "neurons_num_layer1": 4, "activation_layer1": "elu"}
    found = migrated(models=[{"class": "DNNRegressor", "init_params": given}])
    assert to_dict(found.spec)["models"] == [{"keras_mlp": {"hidden": [[4]], "activation": "silu"}}]
    assert "silu is near" in told(found, "changed")


def test_arguments_that_say_what_holds_anyhow_are_no_loss_and_others_are() -> None:
    given = {"max_delta_step": [0], "booster": "gbtree", "objective": "reg:absoluteerror", "max_depth": [3, "deep"]}
    found = migrated(models=[{"class": "XGBRegressor", "init_params": given}])
    assert sorted(told(found, "no effect").count(name) for name in ("max_delta_step", "booster")) == [1, 1]
    lost = told(found, "not taken over")
    assert "objective" in lost
    assert "xgboost.XGBRegressor" in lost
    assert "'deep'" in lost
    assert to_dict(found.spec)["models"] == ["xgboost"]


def test_threads_seed_and_device_are_said_once_for_all_models() -> None:
    models = [
        {"class": "XGBRegressor", "init_params": {"nthread": [4], "random_state": [3], "tree_method": ["gpu_hist"]}},
        {"class": "RandomForestRegressor", "init_params": {"n_jobs": [2], "random_state": [3]}},
        {"class": "CatBoostRegressor", "init_params": {"random_seed": [8]}},
    ]
    found = migrated(models=models)
    spec = to_dict(found.spec)
    assert spec["resources"] == {"cpus": 4, "pool": "gpu", "gpus": 1}
    assert spec["tuning"]["seed"] == 3
    assert "one seed holds for all models" in told(found, "not taken over")


def test_training_that_names_no_model_takes_all_of_them() -> None:
    training = {"models": {"XGBRegressor": {}, "RandomForestRegressor": {}}}
    found = migrated(models=None, training=training)
    assert to_dict(found.spec)["models"] == ["xgboost", "random_forest"]
    assert "names no model" in told(found, "guessed")


@pytest.mark.parametrize(
    ("loss", "models"),
    [("RMSE", ["xgboost", "random_forest"]), ("MAE", [{"xgboost": {"loss": "mae"}}, "random_forest"])],
)
def test_the_loss_is_said_of_every_model_that_can_learn_by_it(loss: str, models: list[Any]) -> None:
    training = {"loss": loss, "models": {"XGBRegressor": {}, "RandomForestRegressor": {}}}
    found = migrated(models=None, training=training)
    assert to_dict(found.spec)["models"] == models
    assert ("random_forest does not learn by MAE" in told(found, "not taken over")) == (loss == "MAE")


# ---------------------------------------------------------------- search and validation


@pytest.mark.parametrize(
    ("search", "cv"),
    [
        ({"val_type": "Simple", "folds": 5}, {"method": "hold_out", "test_size": 0.1}),
        ({"val_type": "Cross", "folds": 4}, {"method": "purged_k_fold", "folds": 4}),
        ({"val_type": "WalkForward", "folds": 6}, {"method": "walk_forward", "folds": 6}),
        ({"val_type": "WalkForward"}, {"method": "walk_forward", "folds": 5}),
        ({}, {"method": "hold_out", "test_size": 0.1}),
    ],
)
def test_kinds_of_validation(search: dict[str, Any], cv: dict[str, Any]) -> None:
    assert document(train_params={"search_cv": search} if search else {})["split"]["cv"] == cv


@pytest.mark.parametrize(
    ("how", "tuning", "near"),
    [
        ("grid", {"method": "grid"}, False),
        ("random", {"method": "random", "trials": 7}, False),
        ("bayesian", {"method": "tpe", "trials": 7}, True),
        ("bohb", {"method": "tpe", "trials": 7}, True),
        ("hyperopt", {"method": "tpe", "trials": 7}, True),
    ],
)
def test_ways_to_search_and_which_are_only_near(how: str, tuning: dict[str, Any], near: bool) -> None:
    found = migrated(train_params={"search_cv": {"search_optimization": how, "n_trials": 7}})
    assert to_dict(found.spec)["tuning"] == tuning
    assert ("the points that are tried are others" in told(found, "changed")) == near
    assert ("a grid tries every combination" in told(found, "no effect")) == (how == "grid")


def test_bohb_ends_bad_trials_early_where_there_are_several_folds() -> None:
    found = migrated(train_params={"search_cv": {"search_optimization": "bohb", "n_trials": 7, "val_type": "WalkForward", "folds": 6}})
    assert to_dict(found.spec)["tuning"] == {"method": "tpe", "trials": 7, "pruning": {"method": "asha"}}
    assert "bad trials end after their first folds" in told(found, "changed")


@pytest.mark.parametrize("search", [{"tuning_cv": False, "search_optimization": "grid"}, {"search_optimization": "none"}])
def test_without_a_search_the_first_choice_stands(search: dict[str, Any]) -> None:
    found = migrated(train_params={"search_cv": search})
    assert to_dict(found.spec)["models"] == [{"xgboost": {"max_depth": 2}}]
    assert "the first one stands here" in told(found, "guessed")


def test_choices_without_a_word_about_the_search_are_a_grid() -> None:
    found = migrated()
    assert to_dict(found.spec)["tuning"] == {"method": "grid"}
    assert "a grid stands here" in told(found, "guessed")


@pytest.mark.parametrize(
    ("over", "search", "stopping"),
    [
        ({"early_stopping_rounds": 20}, {}, {"rounds": 20, "validation": 0.1}),
        ({"early_stopping_rounds": 20, "use_best_model": False}, {"early_stopping": False}, {"rounds": 20, "validation": 0.1}),
        ({"early_stopping_rounds": 0}, {}, None),
        ({}, {"early_stopping": True}, None),
    ],
)
def test_early_stopping(over: dict[str, Any], search: dict[str, Any], stopping: Any) -> None:
    params = {"overfitting": over, "search_cv": {"search_optimization": "grid", **search}}
    assert document(train_params=params)["tuning"].get("early_stopping") == stopping


def test_early_stopping_of_a_model_that_has_no_rounds_is_left_out() -> None:
    found = migrated(models=[{"class": "RandomForestRegressor"}], train_params={"overfitting": {"early_stopping_rounds": 9}})
    assert "tuning" not in to_dict(found.spec)
    assert "none of the models" in told(found, "no effect")


def test_evaluators_are_metrics_in_their_order() -> None:
    names = ["R2Evaluator", "MAEEvaluator", "RMSEEvaluator", "MAPEEvaluator"]
    evaluators = [{"class": f"dsframework.impl.{name}", "use": True} for name in names]
    found = migrated(evaluators=[*evaluators, {"class": "desk.PnL"}])
    assert to_dict(found.spec)["metrics"] == ["r2", "mae", "rmse", "mape"]
    assert "desk.PnL" in told(found, "not taken over")


def test_predictions_on_the_inner_scale_are_not_taken_over() -> None:
    assert "unit of the target" in told(migrated(prediction={"preprocessing_reverse": False}), "not taken over")
