"""A model that may look further back than the data goes."""

from __future__ import annotations

from pathlib import Path

from dsframework.experiment import expand
from dsframework.spec import parse_spec
from dsframework.study._prepare import Preparer

TEXT = """
version: 1
name: short
task: regression
data: {loader: sample, n_entities: 2, n_days: 60}
target: {column: volume}
features: [{lag: {columns: [volume], periods: [0]}}]
models: [ridge]
"""


def test_the_rows_that_a_stored_model_is_tried_on_are_all_where_there_are_fewer_than_it_reads(tmp_path: Path) -> None:
    prepared = Preparer(tmp_path, {}).prepare(expand(parse_spec(TEXT))[0])
    days = prepared.panel.frame[prepared.panel.time].n_unique()
    assert prepared.example(9).height == 10
    assert prepared.example(days - 1).height == days
    assert prepared.example(10 * days).height == days
