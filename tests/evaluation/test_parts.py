"""Breakdowns, regimes and baselines against plain loops."""

import statistics
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dsframework.errors import EvaluationError
from dsframework.evaluation import Predictions, Whole, drift, evaluators, historic_mean, slot_mean
from dsframework.evaluation._breakdown import breakdown, breakdown_keys
from dsframework.evaluation._regimes import trailing_volatility, volatility_regime
from dsframework.metrics import Sample, score
from dsframework.spec import BreakdownArguments
from tests.evaluation.rows_of import panel

METRICS = ["mae", "rmse", "r2", "mape", "bias"]


def sample_of(seed, n, entities=3, **more):
    random = np.random.default_rng(seed)
    rows = panel(n, entities, **more)
    actual = random.normal(10, 3, len(rows))
    return Sample.of_rows(actual, actual + random.normal(size=len(rows)), rows), rows


def test_every_part_is_scored_as_if_it_were_alone():
    slot = np.tile([570, 960], 150).astype(np.int32)
    sample, rows = sample_of(0, 100, slot=slot)
    sample = replace(sample, fold=np.repeat([1, 2], 150), regime=np.tile([0, 1, 2], 100))
    day = rows.day.astype("datetime64[D]")
    keys = {
        "entity": np.array(rows.entities)[rows.entity],
        "session": np.array(["09:30", "16:00"])[(slot == 960).astype(int)],
        "weekday": np.array([d.strftime("%A") for d in day.tolist()]),
        "month": np.array([d.strftime("%Y-%m") for d in day.tolist()]),
        "quarter": np.array([f"{d.year} Q{(d.month + 2) // 3}" for d in day.tolist()]),
        "year": np.array([str(d.year) for d in day.tolist()]),
        "fold": sample.fold.astype(str),
        "regime": np.array(["calm", "normal", "turbulent"])[sample.regime],
    }
    found = breakdown(sample, METRICS, [*keys, ["entity", "month"]])
    keys["entity x month"] = np.array([f"{a}, {b}" for a, b in zip(keys["entity"], keys["month"], strict=True)])
    for key, labels in keys.items():
        table = found.filter(pl.col("by") == key)
        assert sorted(table["part"].to_list()) == sorted(set(labels.tolist()))
        assert table["rows"].sum() == 300
        for row in table.iter_rows(named=True):
            alone = score(METRICS, sample.take(labels == row["part"])).plain()
            for name in METRICS:
                assert row[name] == (None if alone[name] is None else pytest.approx(alone[name])), (key, row)
    assert breakdown_keys(sample) == ["fold", "entity", "session", "weekday", "month", "quarter", "regime"]


def test_a_part_that_can_not_tell_says_why():
    rows = panel(4, 2)
    sample = Sample.of_rows(np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]), np.full(8, 0.5), rows)
    table = breakdown(sample, ["mae", "r2", "mape"], ["entity"])
    assert table["r2"].to_list() == [None, None]
    assert table["mape"].to_list() == [0.5, None]
    assert "r2: all actual values are equal" in table["why"][0]
    assert breakdown(sample, ["mae"], []).height == 0
    with pytest.raises(EvaluationError, match="there is no regime here"):
        breakdown(sample, ["mae"], ["regime"])


def predictions_of(sample, rows, **more):
    return Predictions(sample=sample, rows=rows, metrics=("mae", "r2"), **more)


def test_the_evaluator_takes_the_usual_keys_and_names_the_worst_part():
    sample, rows = sample_of(1, 90)
    found = evaluators.get("breakdown")(BreakdownArguments(), predictions_of(sample, rows))
    assert list(found.tables) == ["entity", "month"]
    assert found.figures["mae_worst_entity"] == found.tables["entity"]["mae"].max()
    assert found.figures["r2_worst_month"] == found.tables["month"]["r2"].min()
    one = panel(1)
    alone = evaluators.get("breakdown")(BreakdownArguments(), predictions_of(Sample.of_rows(np.ones(1), np.zeros(1), one), one))
    assert (alone.tables, alone.figures) == ({}, {})
    assert alone.notes


def test_folds_are_those_of_the_validation():
    sample, rows = sample_of(2, 60)
    with pytest.raises(EvaluationError, match="the validation folds are not at hand"):
        evaluators.get("breakdown")(BreakdownArguments(by=["fold"]), predictions_of(sample, rows))
    validation = replace(sample_of(3, 40)[0], fold=np.repeat([1, 2, 3, 4], 30))
    found = evaluators.get("breakdown")(BreakdownArguments(by=["fold"]), predictions_of(sample, rows, validation=validation))
    assert found.tables["fold"]["rows"].to_list() == [30] * 4
    assert found.tables["fold"]["mae"][2] == pytest.approx(score(["mae"], validation.take(slice(60, 90)))["mae"])


def test_a_regime_may_be_a_column_of_the_data():
    sample, rows = sample_of(4, 30, 2)
    names = np.array(rows.entities)[rows.entity]
    market = pl.DataFrame({"time": rows.time, "entity": names, "state": np.where(rows.step < 10, "low", "high"), "many": rows.step})
    arguments = BreakdownArguments(by=["regime"], regime="state")
    table = evaluators.get("breakdown")(arguments, predictions_of(sample, rows, market=market)).tables["regime"]
    assert dict(zip(table["part"], table["rows"], strict=True)) == {"low": 20, "high": 40}
    with pytest.raises(EvaluationError, match="no column 'stat'"):
        evaluators.get("breakdown")(BreakdownArguments(by=["regime"], regime="stat"), predictions_of(sample, rows, market=market))
    crowd = market.with_columns(pl.int_range(pl.len()).alias("many"))
    with pytest.raises(EvaluationError, match="60 different values"):
        evaluators.get("breakdown")(BreakdownArguments(by=["regime"], regime="many"), predictions_of(sample, rows, market=crowd))


def test_the_volatility_before_a_row_is_that_of_its_own_last_changes():
    random = np.random.default_rng(5)
    values = np.exp(random.normal(size=80)) + 1.0
    rows = panel(40, 2)
    found = trailing_volatility(values, rows, 5)
    for position in range(80):
        own = np.flatnonzero((rows.entity == rows.entity[position]) & (rows.step <= rows.step[position]))
        if len(own) < 6:
            assert np.isnan(found[position])
        else:
            assert found[position] == pytest.approx(statistics.stdev(np.diff(np.log(values[own[-6:]])).tolist()))


def test_regimes_are_thirds_of_the_training_rows_and_know_nothing_of_later_ones():
    random = np.random.default_rng(6)
    rows = panel(200, 2)
    values = np.exp(np.cumsum(random.normal(0, 0.1, (200, 2)) * np.linspace(0.2, 2, 200)[:, None], axis=0)).ravel()
    train = rows.step < 120
    found = volatility_regime(values, rows, train, window=10)
    volatility = trailing_volatility(values, rows, 10)
    for k in range(2):
        own = rows.entity == k
        borders = np.quantile(volatility[own & train & np.isfinite(volatility)], [1 / 3, 2 / 3])
        for position in np.flatnonzero(own):
            spread = volatility[position]
            assert found[position] == (-1 if np.isnan(spread) else int(spread > borders[0]) + int(spread > borders[1]))
    other = values.copy()
    other[rows.step >= 150] *= random.uniform(0.5, 2.0, int((rows.step >= 150).sum()))
    assert np.array_equal(volatility_regime(other, rows, train, window=10)[rows.step < 150], found[rows.step < 150])


def test_the_evaluator_measures_regimes_on_the_rows_before_the_test():
    random = np.random.default_rng(7)
    everything = panel(150, 2, now=np.exp(random.normal(size=300)))
    test = np.arange(240, 300)
    sample = Sample.of_rows(random.normal(size=60), random.normal(size=60), everything[test])
    whole = Whole(everything, everything.step < 120, test)
    found = evaluators.get("breakdown")(BreakdownArguments(by=["regime"], window=8), predictions_of(sample, everything[test], whole=whole))
    expected = volatility_regime(everything.now, everything, everything.step < 120, window=8)[test]
    table = found.tables["regime"]
    assert dict(zip(table["part"], table["rows"], strict=True)) == {
        name: int((expected == code).sum()) for code, name in enumerate(("calm", "normal", "turbulent")) if (expected == code).any()
    }


def test_regimes_of_a_constant_series_and_of_one_row_are_calm_or_not_known():
    rows = panel(60)
    assert set(volatility_regime(np.full(60, 3.0), rows, np.ones(60, bool), window=5).tolist()) == {-1, 0}
    assert volatility_regime(np.ones(1), panel(1), np.ones(1, bool)).tolist() == [-1]


def test_drift_is_the_line_through_the_first_and_the_last_known_value():
    random = np.random.default_rng(8)
    now = random.normal(100, 5, 60)
    now[[0, 1, 2, 9]] = np.nan
    rows = panel(30, 2, now=now)
    found = drift(rows, 3)
    for k in range(2):
        own = np.flatnonzero(rows.entity == k)
        first = next(place for place, position in enumerate(own) if np.isfinite(now[position]))
        for place, position in enumerate(own):
            if np.isnan(now[position]):
                assert np.isnan(found[position])
            elif place == first:
                assert found[position] == now[position]
            else:
                slope = (now[position] - now[own[first]]) / (place - first)
                assert found[position] == pytest.approx(now[position] + 3 * slope)
    assert len(drift(panel(0, 1, now=np.empty(0)), 1)) == 0
    assert np.isnan(drift(panel(3), 1)).all()


def test_means_are_those_of_the_training_rows_of_the_entity_and_its_slot():
    random = np.random.default_rng(9)
    slot = np.tile(np.repeat([570, 720, 960], 2), 20).astype(np.int32)
    rows = panel(60, 2, slot=slot)
    y = random.normal(size=120)
    train, test = rows[:80], rows[80:]
    own = [y[:80][(train.entity == code)].mean() for code in test.entity]
    both = [y[:80][(train.entity == code) & (train.slot == at)].mean() for code, at in zip(test.entity, test.slot, strict=True)]
    assert historic_mean(y[:80], train, test) == pytest.approx(own)
    assert slot_mean(y[:80], train, test) == pytest.approx(both)


def test_daily_rows_take_the_weekday_and_unknown_ones_fall_back():
    random = np.random.default_rng(10)
    rows = panel(40, 2)
    train = rows[(rows.entity == 0) & (rows.step < 20) & (rows.step % 7 != 3)]
    y_train = random.normal(size=len(train))
    test = rows[60:]
    weekday = [y_train[train.day % 7 == at % 7] for at in test.day]
    expected = [y_train.mean() if code == 1 or not len(part) else part.mean() for code, part in zip(test.entity, weekday, strict=True)]
    assert slot_mean(y_train, train, test) == pytest.approx(expected)
    assert historic_mean(y_train, train, test) == pytest.approx(np.full(len(test), y_train.mean()))
