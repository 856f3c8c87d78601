"""A mistake in a line or a cell is one line, without a traceback, and names the line of the cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

WRONG_LINES = [
    ("%tsml comapre a b", "MagicError: there is no %tsml comapre, did you mean 'compare'?"),
    ("%tsml compare", "MagicError: %tsml compare: the following arguments are required: RUN"),
    ("%tsml schedule abc --nmae x", "did you mean '--name'?"),
    ("%tsml runs 'unclosed", "MagicError: the line can't be read: No closing quotation"),
    ("%tsml help comapre", "did you mean 'compare'?"),
    ("%tsml status 0123456789ab", "NotFoundError: study: no such study (got '0123456789ab')"),
    ("%%tsml --excutor ray\nname: x", "did you mean '--executor'?"),
    ("%%tsml --executor rya\nname: x", "did you mean 'ray'?"),
    ("%tsml runs --limit 0", "--limit: expected a whole number from 1 on, got '0'"),
    ("%tsml runs --limit many", "--limit: expected a whole number from 1 on, got 'many'"),
    ("%tsml compare abc --part tset", "did you mean 'test'?"),
    ("%tsml reproduce nothing", "NotFoundError: run: not a run's id (got 'nothing')"),
    ("%tsml attach 0123456789ab", "NotFoundError: study: no such study (got '0123456789ab')"),
    ("%%tsml --set tuning.trials\nname: x", "'tuning.trials' is not of the form path=value"),
]


@pytest.mark.parametrize(("cell", "expected"), WRONG_LINES)
def test_a_wrong_line_is_one_line_with_a_hint(cell: str, expected: str, run_cell: Callable[[str], Any]) -> None:
    shown = run_cell(cell)
    assert expected in shown.text
    assert len(shown.text.strip().splitlines()) == 1
    assert "Traceback" not in shown.text


def test_every_mistake_of_a_cell_has_its_own_line_and_the_cells_line_number(run_cell: Callable[[str], Any]) -> None:
    cell = (
        "%%tsml\n"
        "name: x\n"
        "task: regression\n"
        "data: {loader: sample}\n"
        "target: {column: volume, horizn: 2}\n"  # line 5 of the cell
        "features:\n"
        "  - lag: {columns: [volume], periods: [1]}\n"
        "models: [xgbost]\n"  # line 8
    )
    lines = run_cell(cell).text.strip().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("SpecError: cell:5: target.horizn") and "did you mean 'horizon'?" in lines[0]
    assert lines[1].startswith("SpecError: cell:8: models[0]") and "xgboost" in lines[1]


def test_a_class_of_the_notebook_is_refused_with_what_to_do(run_cell: Callable[[str], Any], small: Callable[[str], str]) -> None:
    cell = small("own").replace("ridge: {alpha: [0.1, 1.0]}", "python: {class: __main__.Mean}")
    (line,) = run_cell("%%tsml\n" + cell).text.strip().splitlines()
    assert line.startswith("SpecError: cell:11: models[0].python.class: ") and "put it into my_models.py beside it" in line


def test_broken_yaml_names_the_line(run_cell: Callable[[str], Any]) -> None:
    assert "SpecError: cell:3: not valid YAML" in run_cell("%%tsml\nname: x\n\ttask: y\n").text


def test_a_missing_file_is_one_line(run_cell: Callable[[str], Any], small: Callable[[str], str]) -> None:
    cell = small("missing").replace("{loader: sample, n_entities: 2, n_days: 160}", "{loader: csv, path: nowhere.csv, time: date}")
    lines = run_cell("%%tsml\n" + cell).text.strip().splitlines()
    assert len(lines) == 1 and "nowhere.csv" in lines[0] and lines[0].startswith("DataError: data.path")


def test_help_lists_every_command_and_explains_one(run_cell: Callable[[str], Any]) -> None:
    overview = run_cell("%tsml").text
    assert all(f"%tsml {name}" in overview for name in ("runs", "compare", "schedule", "status", "attach", "stop", "reproduce", "help"))
    assert "--dags-folder" in run_cell("%tsml help schedule").text
    assert "metrics.mae < 1e6" in run_cell("%tsml help compare").text
    explained = run_cell("%tsml help run").text
    assert "--detach" in explained
    assert "data: {loader: frame, frame: prices, time: date}" in explained
