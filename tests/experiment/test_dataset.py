"""Rows, folds and baselines of one experiment, against small tables written by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from dsframework.data import load_panel
from dsframework.errors import DataError
from dsframework.experiment import Dataset, build_dataset, expand
from dsframework.experiment._fit import baseline_predictions
from dsframework.spec import FrameData, parse_spec
from dsframework.splitting import Fold, Span

DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in range(12)]


def spec_of(target: str = "{column: v}", features: str = "[lag: {columns: [v], periods: [0, 1]}]"):
    return parse_spec(
        f"{{version: 1, name: by-hand, task: regression, data: {{loader: frame, frame: f, time: day, entity: who}}, target: {target}, "
        f"features: {features}, models: [ridge]}}"
    )


def dataset_of(frame: pl.DataFrame, target: str = "{column: v}") -> Dataset:
    plan = expand(spec_of(target))[0]
    panel = load_panel(FrameData(frame="f", time="day", entity="who"), frames={"f": frame})
    return build_dataset(panel, plan.target, plan.features)


def two_entities(skipped: tuple[int, ...] = ()) -> pl.DataFrame:
    """Entity a has the values 0, 1, 2 ...; entity b ten times as much, without the skipped days."""
    rows = [{"day": day, "who": "a", "v": float(number)} for number, day in enumerate(DAYS)]
    rows += [{"day": day, "who": "b", "v": 10.0 * number} for number, day in enumerate(DAYS) if number not in skipped]
    return pl.DataFrame(rows)


def test_features_look_back_and_the_target_ahead_within_an_entity() -> None:
    found = dataset_of(two_entities())
    a = found.entity == found.entities.index("a")
    assert found.names == ("v_lag_0", "v_lag_1")
    assert found.x[a].tolist() == [[number, number - 1.0] for number in range(1, 11)]
    assert found.y[a].tolist() == [float(number + 1) for number in range(1, 11)]
    assert found.y[~a].tolist() == [10.0 * (number + 1) for number in range(1, 11)]
    assert found.dropped == {"history": 2, "target": 2}
    assert found.n_rows + found.n_dropped == 24


def test_rows_of_a_span_are_a_view_of_whole_time_steps() -> None:
    found = dataset_of(two_entities())
    rows = found.rows(Span(2, 5))
    assert len(set(found.time[rows])) == 3
    assert rows.stop - rows.start == 6
    assert found.x[rows].base is found.x


def test_a_row_whose_label_is_not_known_when_the_test_begins_is_not_learned_from() -> None:
    """Entity b skips days 5 to 8, so that the label of its row of day 4 is that of day 9, which lies in the test."""
    found = dataset_of(two_entities(skipped=(5, 6, 7, 8)))
    begin = int(np.searchsorted(found.axis, np.datetime64(DAYS[7], "ns")))
    fold = Fold(number=0, train=(Span(0, begin),), purged=(), embargoed=(), test=(Span(begin, len(found.axis)),))
    rows = found.train_rows(fold)
    assert (found.label_time[rows] <= np.datetime64(DAYS[7], "ns")).all()
    left_out = set(range(found.rows(Span(0, begin)).stop)) - set(np.atleast_1d(rows).tolist())
    assert [(found.entities[found.entity[row]], str(found.time[row])[:10]) for row in left_out] == [("b", str(DAYS[4]))]


def test_baselines_know_the_last_value_and_the_mean_of_the_training_rows_alone() -> None:
    found = dataset_of(two_entities())
    fold = Fold(number=0, train=(Span(0, 6),), purged=(), embargoed=(), test=(Span(6, len(found.axis)),))
    said = baseline_predictions(found, expand(spec_of())[0].job({}), fold)
    test = found.test_rows(fold)
    assert said["naive"].point.tolist() == found.x[test][:, 0].tolist()
    for code in range(2):
        mine = found.entity == code
        mean = found.y[: test.start][mine[: test.start]].mean()
        assert set(said["historic_mean"].point[mine[test]]) == {mean}


@pytest.mark.parametrize(
    ("form", "expected"),
    [("return", lambda now, later: later / now - 1), ("log_return", lambda now, later: np.log(later / now))],
)
def test_returns_are_from_the_row_to_the_horizon(form: str, expected) -> None:
    frame = two_entities().with_columns(pl.col("v") + 1)
    found = dataset_of(frame, f"{{column: v, as: {form}, horizon: 2}}")
    a = found.entity == found.entities.index("a")
    now = np.arange(2.0, 2.0 + int(a.sum()))
    assert found.y[a] == pytest.approx(expected(now, now + 2))


def test_a_target_with_a_hole_is_refused_with_the_day() -> None:
    frame = two_entities().with_columns(pl.when(pl.col("day") == DAYS[3]).then(None).otherwise(pl.col("v")).alias("v"))
    with pytest.raises(DataError, match=r"target\.column: 2 values of 'v' are missing \(first at 2024-01-04"):
        dataset_of(frame)


def test_experiments_are_every_variant_with_every_model_in_the_order_of_the_document() -> None:
    spec = parse_spec(
        "{version: 1, name: n, task: regression, data: {loader: sample}, target: {column: volume}, "
        "models: [ridge, random_forest, ridge: {alpha: 2}], "
        "variants: {features: {short: [lag: {columns: [volume], periods: [0]}], long: [lag: {columns: [volume], periods: [0, 9]}]}}}"
    )
    models = ["ridge", "random_forest", "ridge-2"]
    assert [plan.name for plan in expand(spec)] == [f"{form}/{model}" for form in ("short", "long") for model in models]
