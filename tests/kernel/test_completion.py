"""Tab in ``%%tsml`` cells and after ``%tsml``, through IPython's own completer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from IPython.core.completer import provisionalcompleter
from tsml_kernel._schema_walk import suggestions
from tsml_kernel._yaml_context import place_at_end


def complete(shell: Any, text: str) -> list[str]:
    """The texts that the cell would hold from the start of the word on."""
    with provisionalcompleter():
        found = list(shell.Completer.completions(text, len(text)))
    return [item.text for item in found]


CASES = [
    ("%%tsml\nna", ["name:"]),
    ("%%tsml\nname: a\ntask: cl", ["classification", "clustering"]),
    ("%%tsml\ndata: {loader: p", ["parquet"]),
    ("%%tsml\ndata: {loader: csv, se", ["separator:"]),
    ("%%tsml\ndata:\n  loader: sample\n  n_", ["n_entities:", "n_days:"]),
    ("%%tsml\nsplit:\n  cv: {fo", ["folds:"]),
    ("%%tsml\nfeatures:\n  - lag: {columns: [a], periods: [1]}\n  - rol", ["rolling:"]),
    ("%%tsml\nfeatures:\n  - rolling: {columns: [a], windows: [5], stats: [me", ["mean", "median"]),
    ("%%tsml\nmodels: [rid", ["ridge", "ridge:"]),
    ("%%tsml\nmodels:\n  - xgboost: {max_d", ["max_depth:"]),
    ("%%tsml\nvariants:\n  features:\n    short:\n      - cal", ["calendar:"]),
    ("%%tsml --det", ["--detach"]),
    ("%%tsml --executor ", ["local", "ray", "threads"]),
    ("%%tsml --executor r", ["ray"]),
    ("%%tsml --fresh --set a=b --ex", ["--executor"]),
    ("%tsml comp", ["compare"]),
    ("%tsml compare abc --part ", ["test", "cv"]),
    ("%tsml schedule abc --na", ["--name"]),
    ("%tsml help sch", ["schedule"]),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_tab_offers_what_may_stand_there(text: str, expected: list[str], shell: Any) -> None:
    assert complete(shell, text) == expected


def test_keys_that_stand_already_are_not_offered_again(shell: Any) -> None:
    assert "task:" not in complete(shell, "%%tsml\ntask: regression\nta")
    assert complete(shell, "%%tsml\ntask: regression\nta") == ["target:"]


def test_inner_folds_are_offered_with_the_keys_of_the_outer_ones(shell: Any) -> None:
    assert complete(shell, "%%tsml\nsplit: {") == ["test:", "by:", "cv:", "inner:"]
    outer, inner = (complete(shell, f"%%tsml\nsplit: {{{key}: {{") for key in ("cv", "inner"))
    assert inner == outer
    assert "folds:" in inner


def test_the_data_frames_of_the_notebook_are_offered(shell: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"prices": pl.DataFrame({"a": [1]}), "prices_old": pd.DataFrame({"a": [1]}), "prices_list": [1]}.items():
        monkeypatch.setitem(shell.user_ns, name, value)
    assert complete(shell, "%%tsml\ndata: {loader: frame, frame: pri") == ["prices", "prices_old"]
    assert complete(shell, "%%tsml\nvariants:\n  data:\n    one:\n      loader: frame\n      frame: pri") == ["prices", "prices_old"]


def test_the_data_files_beside_the_notebook_are_offered(shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    for name in ("daily.csv", "data/bars.parquet", "data/.hidden.csv", "notes.txt"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert complete(shell, "%%tsml\ndata: {loader: csv, path: ") == ["daily.csv", "data/bars.parquet"]
    assert complete(shell, "%%tsml\ndata:\n  loader: csv\n  path: data/b") == ["data/bars.parquet"]


def test_the_columns_of_the_data_are_offered(shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = pl.DataFrame({"day": ["2020-01-01"], "ticker": ["A"], "volume": [1.0], "volatility": [0.1]})
    table.write_csv(tmp_path / "bars.csv", separator=";")
    table.write_parquet(tmp_path / "bars.parquet")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(shell.user_ns, "bars", table.to_pandas())
    monkeypatch.setitem(shell.user_ns, "lazy", table.lazy())
    forms = ["{loader: csv, path: bars.csv, separator: ';'}", "{loader: parquet, path: bars.parquet}", "{loader: frame, frame: bars}"]
    for form in [*forms, "{loader: frame, frame: lazy}"]:
        assert complete(shell, f"%%tsml\ndata: {form}\ntarget: {{column: vol") == ["volume", "volatility"], form
        assert complete(shell, f"%%tsml\ndata: {form}\nfeatures:\n  - lag: {{columns: [day, tic") == ["ticker"], form
    assert complete(shell, "%%tsml\ndata: {loader: sample}\ntarget: {column: vol") == ["volume"]
    assert complete(shell, "%%tsml\ndata:\n  loader: csv\n  path: bars.csv\n  separator: ';'\n  time: d") == ["day"]
    assert complete(shell, "%%tsml\ndata: {loader: csv, path: missing.csv}\ntarget: {column: volu") == []


def test_other_cells_are_left_alone(shell: Any) -> None:
    shell.user_ns["regression_table"] = 1
    assert "regression_table" in complete(shell, "x = regress")


def test_an_unfinished_document_never_raises() -> None:
    text = (
        "version: 1\ndata: {loader: csv, path: 'a b', time: date}\nmodels:\n  - xgboost: {max_depth: [4, 6],\n      learning_rate: [0.1]}\n"
    )
    text += 'tuning: {early_stopping: {rounds: 3}}\nfeatures:\n- calendar: [month]  # a note: with {signs\n- "x": ]]\n  }\n'
    for end in range(len(text)):
        place = place_at_end(text[:end])
        assert all(isinstance(item, str) for item in suggestions(place))
