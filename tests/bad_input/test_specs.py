"""What people really write into a spec: one line with file and line (or the setting), field, value and mend; exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bad_input.conftest import SPEC, Tsml

TEXTS = {
    "unknown key": ("metrics:", "metrcs:", "spec.yaml:9: metrcs: unknown key 'metrcs', did you mean 'metrics'?"),
    "unknown key inside": ("column: volume", "colum: volume", "spec.yaml:5: target.colum: unknown key 'colum', did you mean 'column'?"),
    "wrong type": ("folds: 2", "folds: two", "spec.yaml:7: split.cv.folds: expected a whole number, got 'two'"),
    "a number in quotes": ("folds: 2", "folds: '2'", "spec.yaml:7: split.cv.folds: expected a whole number, got '2'"),
    "a text in place of a list": (
        "columns: [volume]",
        "columns: volume",
        "spec.yaml:6: features[0].lag.columns: expected a list, such as [volume], got 'volume'",
    ),
    "a name in place of a list": ("models: [ridge]", "models: ridge", "spec.yaml:8: models: expected a list, such as [ridge], got 'ridge'"),
    "a number in place of a text": ("name: bad-input", "name: 3", "spec.yaml:2: name: expected a text; write '3' with its quotes, got 3"),
    "a version in quotes": ("version: 1", "version: '1'", "spec.yaml:1: version: '1' is a text here; write it without quotes"),
    "folds 0": ("folds: 2", "folds: 0", "spec.yaml:7: split.cv.folds: expected a number >= 1, got 0"),
    "no models": ("models: [ridge]", "models: []", "spec.yaml:8: models: expected a list that is not empty, got []"),
    "unknown metric": ("[mae]", "[mea]", "spec.yaml:9: metrics[0]: 'mea' is not available, try mae"),
    "metric of the other task": ("[mae]", "[roc_auc]", "spec.yaml:9: metrics[0]: 'roc_auc' does not fit a regression, try mae, rmse, mape"),
    "a choice that is no number": (
        "[ridge]",
        "[ridge: {alpha: [a]}]",
        "spec.yaml:8: models[0].ridge.alpha: expected a number > 0, a list of them to choose from",
    ),
    "search space typo": ("[ridge]", "[ridge: {alpha: {log_unifrom: [1, 2]}}]", "('log_unifrom' is not available, try log_uniform)"),
    "not a number": ("[ridge]", "[ridge: {alpha: .nan}]", "spec.yaml:8: models[0].ridge.alpha: expected a number > 0"),
    "a bare class": (
        "[ridge]",
        "[python: {class: Ridge}]",
        "spec.yaml:8: models[0].python.class: expected an import path, such as sklearn.linear_model.Lasso, got 'Ridge'",
    ),
    "future": ("[0, 1]", "[-1]", "spec.yaml:6: features[0].lag.periods: expected whole numbers >= 0, got -1"),
    "a range without an end": (
        "[0, 1]",
        "{range: [0, 100000000000]}",
        "spec.yaml:6: features[0].lag.periods: this range has more than 10000",
    ),
    "a lag without an end": ("[0, 1]", "[99999999999999999999]", "spec.yaml:6: features[0].lag.periods: expected whole numbers <= 1000000"),
    "no loader": ("loader: csv, ", "", "spec.yaml:4: data: 'loader' is missing, try csv, duckdb, frame, onetick, parquet, sample, sql"),
    "a loader that is not there": ("loader: csv", "loader: excel", "spec.yaml:4: data: loader 'excel' is not available, try csv"),
    "a day as another country writes it": (
        "split: {",
        "split: {test: 03/04/2015, ",
        "spec.yaml:7: split.test: expected a share such as 0.15",
    ),
    "a share above one": ("split: {", "split: {test: 1.5, ", "spec.yaml:7: split.test: a share lies between 0 and 1"),
    "the same model twice": ("[ridge]", "[ridge, ridge]", "spec.yaml:8: models: 'ridge-2' is the same experiment as 'ridge'; remove one"),
    "tabs": (
        "{column: volume}",
        "\n\tcolumn: volume",
        "spec.yaml:6: not valid YAML: found character '\\t' that cannot start any token; indent",
    ),
    "a colon": (
        "name: bad-input",
        "name: bad: input",
        "spec.yaml:2: not valid YAML: mapping values are not allowed here; a text with ': '",
    ),
    "an open bracket": ("[mae]", "[mae", "(while parsing a flow sequence, which begins in line 9)"),
    "two documents": ("version: 1", "a: 1\n---\nversion: 1", "spec.yaml:2: not valid YAML: found another document; write one document"),
    "a key twice": ("version: 1", "name: a\nversion: 1", "spec.yaml:3: not valid YAML: the key 'name' stands twice (first in line 1)"),
    "a program in a tag": ("name: bad-input", "name: !!python/object/apply:os.system [id]", "remove the tag that begins with '!'"),
}


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("command", ["validate", "run"])
def test_a_mistake_in_the_text(folder: Path, tsml: Tsml, kind: str, command: str) -> None:
    old, new, expected = TEXTS[kind]
    assert old in SPEC
    (folder / "spec.yaml").write_text(SPEC.replace(old, new, 1))
    code, out, err = tsml(command, "spec.yaml")
    assert (code, out, len(err)) == (2, [], 1), err
    assert expected in err[0]


def test_a_grid_without_an_end_is_told_before_anything_runs(folder: Path, tsml: Tsml) -> None:
    (folder / "spec.yaml").write_text(SPEC.replace("[ridge]", "[random_forest: {n_estimators: {int: [1, 2000000000]}}]") + "tuning: {}\n")
    code, out, err = tsml("run", "spec.yaml")
    assert (code, out, len(err)) == (2, [], 1), err
    assert err[0].startswith("spec.yaml:10: tuning.trials: the grid of random_forest has 2000000000 points")


SETTINGS = {
    "split.cv.folds=0": "--set split.cv.folds=0: split.cv.folds: expected a number >= 1, got 0",
    "split.cv.fold[0].x=3": "--set split.cv.fold[0].x=3: there is no item [0]",
    "split.cv": "--set split.cv: 'split.cv' is not of the form path=value, such as split.cv.folds=3",
    "name=[1,": "--set name=[1,: the value is not YAML",
    "models[4].ridge.alpha=3": "--set models[4].ridge.alpha=3: there is no item [4]",
    "models[0].lasso.alpha=3": "--set models[0].lasso.alpha=3: 'lasso' leads into a plain value",
    "name.first=3": "--set name.first=3: 'first' leads into a plain value",
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_mistake_in_a_setting(folder: Path, tsml: Tsml, setting: str) -> None:
    code, out, err = tsml("validate", "spec.yaml", "--set", setting)
    assert (code, out, err) == (2, [], [SETTINGS[setting]])


def test_a_day_in_a_setting_stays_a_day(folder: Path, tsml: Tsml) -> None:
    assert tsml("validate", "spec.yaml", "--set", "data.start=2015-02-01", "--set", "split.test=2015-04-01")[0] == 0


def test_a_name_of_a_component_takes_arguments_by_a_setting(folder: Path, tsml: Tsml) -> None:
    assert tsml("validate", "spec.yaml", "--set", "models[0].ridge.alpha=3")[0] == 0


UNREADABLE = {
    "q.json": "q.json: can't be read: No such file or directory",
    "spec.yml": "spec.yml: can't be read: No such file or directory, did you mean 'spec.yaml'?",
    "folder": "folder: can't be read: it is a folder; name a file in it",
    "one.csv/spec.yaml": "one.csv/spec.yaml: can't be read: Not a directory; check the path and its permissions",
    "latin.yaml": "latin.yaml: can't be read: it is not UTF-8 text; save it as UTF-8",
    "binary.yaml": "binary.yaml: not valid YAML: it holds the character #x0000; save it as UTF-8 text",
    "empty.yaml": "empty.yaml: the document is empty; expected 'version: 1', 'name: ...' and so on",
    "list.yaml": "list.yaml:1: the document is a list; expected 'version: 1', 'name: ...' and so on",
}


@pytest.mark.parametrize("name", UNREADABLE)
@pytest.mark.parametrize("command", ["validate", "run"])
def test_what_is_no_spec_at_all(folder: Path, tsml: Tsml, name: str, command: str) -> None:
    (folder / "folder").mkdir()
    (folder / "latin.yaml").write_bytes("name: größe".encode("latin-1"))
    (folder / "binary.yaml").write_bytes(b"\x00\x01")
    (folder / "empty.yaml").write_text("")
    (folder / "list.yaml").write_text("- a\n")
    assert tsml(command, name) == (2, [], [UNREADABLE[name]])


def test_a_byte_order_mark_is_no_mistake(folder: Path, tsml: Tsml) -> None:
    (folder / "marked.yaml").write_bytes(b"\xef\xbb\xbf" + SPEC.encode())
    assert tsml("validate", "marked.yaml")[0] == 0


@pytest.mark.parametrize("name", ["anomaly", "clusters", "deep_and_custom", "direction_variants", "volume_one_stock", "volume_panel"])
def test_every_example_is_valid_as_it_stands(market_data: Path, tsml: Tsml, name: str) -> None:
    code, _, err = tsml("validate", str(market_data.parent / "examples" / f"{name}.yaml"))
    assert (code, err) == (0, [])
