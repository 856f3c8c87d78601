"""A configuration that can't be read is one line a mistake, with its line and what was probably meant."""

from __future__ import annotations

import pytest

from dsframework.errors import SpecError
from dsframework.migration import migrate_file, migrate_text

OLD = """datafeeds:
  - {class: dsframework.impl.CSVDatafeed, filepath_or_buffer: x.csv, index_col: Time}
features:
  - {class: dsframework.impl.CalcLags, columns: [VOLUME], periods: [1]}
splitters:
  - {class: dsframework.impl.SplitXYTrainTest, columns_to_predict: [VOLUME], test_size: 0.2}
training:
  use: XGBRegressor
  search_cv: {val_type: WalkForward, folds: 5, search_optimization: grid}
  models:
    XGBRegressor: {init_params: {max_depth: [2]}}
"""


@pytest.mark.parametrize(
    ("before", "after", "where", "what"),
    [
        ("CSVDatafeed", "CSVDataFeed", "2: datafeeds[0].class: 'CSVDataFeed' is not a class", "did you mean 'CSVDatafeed'?"),
        ("CalcLags", "CalcLag", "4: features[0].class: 'CalcLag' is not a class", "did you mean 'CalcLags'?"),
        ("CalcLags", "MinMaxScaler", "4: features[0].class: 'MinMaxScaler'", "is one of the preprocessors, not of the features"),
        ("SplitXYTrainTest", "SplitTrainTest", "6: splitters[0].class", "did you mean 'SplitXYTrainTest'?"),
        ("class: dsframework.impl.CalcLags, ", "", "4: features[0]: 'class' is missing", "such as dsframework.impl.CalcLags"),
        ("periods: [1]", "periods: [soon]", "4: features[0].periods", "expected whole numbers, got 'soon'"),
        ("columns_to_predict: [VOLUME], ", "", "6: splitters[0]", "nothing says what is predicted"),
        ("test_size: 0.2", "test_size: 1.5", "6: splitters[0].test_size", "expected a share such as 0.15 or a number of rows, got 1.5"),
        ("test_size: 0.2", "test_size: .nan", "6: splitters[0].test_size", "expected a number, got nan"),
        ("use: XGBRegressor", "use: XGBoostRegressor", "8: training.use: 'XGBoostRegressor'", "did you mean 'XGBRegressor'?"),
        ("val_type: WalkForward", "val_type: Walkforward", "9: training.search_cv.val_type", "did you mean 'WalkForward'?"),
        ("folds: 5", "folds: 0", "9: training.search_cv.folds", "expected a number of folds >= 1, got 0"),
        ("folds: 5", "folds: many", "9: training.search_cv.folds", "expected a number, got 'many'"),
        ("optimization: grid", "optimization: gird", "'gird' is not a search", "bayesian, bohb, hyperopt, did you mean 'grid'?"),
        ("filepath_or_buffer: x.csv, ", "", "2: datafeeds[0]", "'filepath_or_buffer' is missing, such as bars.csv"),
        ("index_col: Time", "use: perhaps", "2: datafeeds[0].use", "expected true or false, got 'perhaps'"),
        ("    XGBRegressor: {init", "    Design: {init", "8: training.use", "'XGBRegressor' is not one of the models below"),
        ("{init_params: {max_depth: [2]}}", "5", "11: training.models.XGBRegressor", "expected settings"),
        ("  - {class: dsframework.impl.CalcLags, columns: [VOLUME], periods: [1]}", "  - 5", "4: features[0]", "expected a component"),
        ("periods: [1]", "periods: []", "3: features", "no feature is left that can be taken over"),
        ("training:", "training: [", "old.yml:", "not valid YAML"),
        ("training:", "features:", "old.yml:7", "the key 'features' stands twice (first in line 3)"),
    ],
)
def test_a_mistake_is_one_line(before: str, after: str, where: str, what: str) -> None:
    text = OLD.replace(before, after, 1)
    assert text != OLD
    with pytest.raises(SpecError) as caught:
        migrate_text(text, source="old.yml")
    (line,) = str(caught.value).splitlines()
    assert line.startswith("old.yml:")
    assert where in line
    assert what in line


@pytest.mark.parametrize("text", ["", "5", "[a, b]", "just a text", "null"])
def test_what_is_no_configuration_says_what_one_is(text: str) -> None:
    with pytest.raises(SpecError, match=r"old\.yml:1: expected a configuration with 'datafeeds'"):
        migrate_text(text, source="old.yml")


def test_a_class_that_nothing_is_known_of_and_that_is_nearly_none_is_told_not_refused() -> None:
    found = migrate_text(OLD + "preprocessors: [{class: dsframework.impl.Wavelets, level: 3}]\n")
    lost = [finding for finding in found.findings if finding.kind == "not taken over"]
    assert [finding.field for finding in lost] == ["preprocessors[0].class", "preprocessors[0].level"]


def test_a_switched_off_component_with_a_mistake_stops_nobody() -> None:
    found = migrate_text(OLD + "preprocessors: [{class: dsframework.impl.LimitOutliers, use: false, std_num: many}]\n")
    assert found.complete
    assert "no counterpart" in found.text


def test_a_key_that_is_nearly_one_of_the_top_ones_is_told(tmp_path) -> None:
    path = tmp_path / "old.yml"
    path.write_text(OLD + "evaluator: [{class: dsframework.impl.R2Evaluator}]\n")
    (lost,) = [finding for finding in migrate_file(path).findings if finding.kind == "not taken over"]
    assert "did you mean 'evaluators'?" in lost.text


def test_a_file_that_cannot_be_read_is_one_line(tmp_path) -> None:
    (tmp_path / "old.yml").write_text(OLD)
    with pytest.raises(SpecError, match=r"No such file or directory, did you mean 'old\.yml'"):
        migrate_file(tmp_path / "odl.yml")
    with pytest.raises(SpecError, match="it is a folder"):
        migrate_file(tmp_path)
    (tmp_path / "latin.yml").write_bytes("general: {experiment_name: Z\xfcrich}".encode("latin-1"))
    with pytest.raises(SpecError, match="not UTF-8"):
        migrate_file(tmp_path / "latin.yml")
