"""The rows that folds learn from, of a panel whose entities skip sessions, against a loop over all pairs of rows."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dsframework.data import Panel, load_panel
from dsframework.errors import SplitError
from dsframework.experiment import Dataset, build_dataset, expand
from dsframework.spec import FrameData, SplitSpec, parse_spec
from dsframework.splitting import Fold, Span
from dsframework.study._cuts import Cuts, cut

DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in range(40)]
SPEC = (
    "{{version: 1, name: rows, task: regression, data: {{loader: frame, frame: f, time: day, entity: who}}, target: {{column: v, "
    "horizon: {horizon}}}, features: [lag: {{columns: [v], periods: {periods}}}], models: [ridge]}}"
)


def panel_of(there: np.ndarray) -> Panel:
    """Entities a, b, ... with a row on every day on which `there` (days, entities) is true; sectors x and y in turn."""
    rows = [
        {"day": DAYS[day], "who": "abcdefgh"[who], "v": float(day * 10 + who), "sector": "xy"[who % 2], "odd": float(day)}
        for day, who in zip(*np.nonzero(there), strict=True)
    ]
    return load_panel(FrameData(frame="f", time="day", entity="who"), frames={"f": pl.DataFrame(rows)})


def made(there: np.ndarray, horizon: int, lag: int, split: dict) -> tuple[Dataset, Cuts]:
    plan = expand(parse_spec(SPEC.format(horizon=horizon, periods=sorted({0, lag}))))[0]
    panel = panel_of(there)
    dataset = build_dataset(panel, plan.target, plan.features)
    return dataset, cut(dataset, panel, SplitSpec.model_validate(split), horizon=horizon)


def positions(rows: slice | np.ndarray, n: int) -> list[int]:
    return np.arange(n)[rows].tolist()


def own_rows(dataset: Dataset, there: np.ndarray, lag: int) -> list[int]:
    """The day of the oldest row that each row of the dataset reads, counted in the rows of its entity."""
    found = []
    for time, code in zip(dataset.time, dataset.entity, strict=True):
        days = np.flatnonzero(there[:, "abcdefgh".index(dataset.entities[code])])
        place = int(np.flatnonzero(days == day_of(time))[0])
        found.append(int(days[place - lag]))
    return found


def day_of(time: np.datetime64) -> int:
    return int((time - np.datetime64(DAYS[0], "ns")) // np.timedelta64(1, "D"))


def by_hand(dataset: Dataset, fold: Fold, oldest: list[int]) -> list[int]:
    """The rows in the training spans that share nothing with the label of any row at a time of the test."""
    spans = [step for span in fold.train for step in range(span.start, span.stop)]
    tested = np.isin(dataset.where.step, [step for span in fold.test for step in range(span.start, span.stop)])
    day, label = (np.array([day_of(time) for time in times]) for times in (dataset.time, dataset.label_time))
    first = np.array(oldest)
    overlaps = (day[:, None] < label[None, tested]) & (day[None, tested] < label[:, None])
    if fold.reach == "features":  # some day that is read, first <= s <= day, is one of a label of the test, day < s <= label
        overlaps |= np.maximum(first[:, None], day[None, tested] + 1) <= np.minimum(day[:, None], label[None, tested])
    allowed = np.isin(dataset.where.step, spans) & ~overlaps.any(axis=1) & ~np.isin(dataset.entity, fold.held_out)
    return np.flatnonzero(allowed).tolist()


@settings(deadline=None, max_examples=20)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 4),
    st.integers(0, 3),
    st.sampled_from(
        [
            {"method": "purged_k_fold", "folds": 3},
            {"method": "purged_k_fold", "folds": 3, "purge": "label"},
            {"method": "combinatorial_purged", "blocks": 4, "test_blocks": 2, "purge": "label"},
            {"method": "walk_forward", "folds": 3, "purge": 0},
            {"method": "hold_out", "test_size": 6},
        ]
    ),
)
def test_rows_that_share_a_day_with_a_label_of_the_test_are_not_learned_from(seed, horizon, lag, cv):
    there = np.random.default_rng(seed).random((40, 3)) < 0.7
    there[:, 0] = True
    try:
        dataset, cuts = made(there, horizon, lag, {"test": 0.2, "cv": cv})
    except SplitError:
        assume(False)
    oldest = own_rows(dataset, there, lag)
    for fold in (*cuts.folds, cuts.final):
        assert positions(dataset.train_rows(fold), dataset.n_rows) == by_hand(dataset, fold, oldest)
        tested = [step for span in fold.test for step in range(span.start, span.stop)]
        assert dataset.time[dataset.test_rows(fold)].tolist() == dataset.time[np.isin(dataset.where.step, tested)].tolist()


def test_one_stretch_of_rows_is_a_view_and_not_a_copy():
    dataset, cuts = made(np.ones((40, 3), dtype=bool), 2, 1, {"cv": {"folds": 3}})
    for fold in (*cuts.folds, cuts.final):
        assert isinstance(dataset.train_rows(fold), slice)
        assert isinstance(dataset.test_rows(fold), slice)
        assert dataset.x[dataset.train_rows(fold)].base is dataset.x


def test_blocks_that_touch_are_one_stretch():
    dataset, cuts = made(np.ones((40, 3), dtype=bool), 1, 0, {"cv": {"method": "combinatorial_purged", "blocks": 4, "purge": "label"}})
    assert isinstance(dataset.test_rows(cuts.folds[0]), slice)
    assert dataset.test_paths(cuts.folds[0]).tolist() == [1] * dataset.test_rows(cuts.folds[0]).stop
    apart = cuts.folds[1]
    assert isinstance(dataset.test_rows(apart), np.ndarray)
    assert len(dataset.test_paths(apart)) == len(dataset.test_rows(apart))


def test_every_row_before_the_final_test_is_predicted_once_in_every_path():
    there = np.random.default_rng(3).random((40, 3)) < 0.8
    cv = {"method": "combinatorial_purged", "blocks": 5, "test_blocks": 2, "purge": "label"}
    dataset, cuts = made(there, 1, 1, {"cv": cv})
    seen = [
        (path, row)
        for fold in cuts.folds
        for path, row in zip(dataset.test_paths(fold).tolist(), positions(dataset.test_rows(fold), dataset.n_rows), strict=True)
    ]
    before = dataset.rows(Span(0, cuts.final.train[-1].stop)).stop
    assert sorted(seen) == [(path, row) for path in range(1, 5) for row in range(before)]


@pytest.mark.parametrize("method", ["walk_forward", "purged_k_fold"])
def test_a_model_never_sees_the_entities_that_it_is_tested_on_nor_their_time(method):
    there = np.ones((40, 5), dtype=bool)
    dataset, cuts = made(there, 2, 1, {"cv": {"method": method, "folds": 2, "groups": {"count": 3}}})
    assert len(cuts.folds) == 6
    tested: list[tuple[int, int]] = []
    for fold in cuts.folds:
        train, test = positions(dataset.train_rows(fold), dataset.n_rows), positions(dataset.test_rows(fold), dataset.n_rows)
        assert not set(dataset.entity[train]) & set(dataset.entity[test])
        assert set(dataset.entity[train]) | set(dataset.entity[test]) == set(range(5))
        assert not set(dataset.time[train]) & set(dataset.time[test])
        tested += [(int(dataset.where.step[row]), int(dataset.entity[row])) for row in test]
    assert len(tested) == len(set(tested))
    assert {entity for _, entity in tested} == set(range(5))


def test_entities_of_one_sector_are_held_out_together():
    dataset, cuts = made(np.ones((40, 5), dtype=bool), 1, 0, {"cv": {"folds": 1, "groups": {"by": "sector", "count": 2}}})
    held_out = [{dataset.entities[code] for code in fold.held_out} for fold in cuts.folds]
    assert held_out == [{"a", "c", "e"}, {"b", "d"}]


@pytest.mark.parametrize(
    ("groups", "says"),
    [
        ({"count": 6}, "split.cv.groups.count: 6 groups need at least as many different entities"),
        ({"by": "secto", "count": 2}, "split.cv.groups.by: no such column (got 'secto'); did you mean sector?"),
        ({"by": "odd", "count": 2}, "split.cv.groups.by: 'a' has 40 values of 'odd', so that it belongs to no one group"),
    ],
)
def test_groups_that_can_not_be_made_are_refused(groups, says):
    with pytest.raises(SplitError) as caught:
        made(np.ones((40, 5), dtype=bool), 1, 0, {"cv": {"groups": groups}})
    assert says in str(caught.value)


OUTER = [
    {"method": "walk_forward", "folds": 2},
    {"method": "purged_k_fold", "folds": 3},
    {"method": "purged_k_fold", "folds": 2, "groups": {"count": 2}},
]


@pytest.mark.parametrize("outer", OUTER, ids=lambda cv: "-".join(map(str, cv.values())))
@pytest.mark.parametrize("inner", [{"folds": 2}, {"method": "purged_k_fold", "folds": 2}, {"method": "hold_out"}], ids=lambda cv: str(cv))
def test_an_inner_fold_knows_nothing_of_the_outer_folds_test(outer, inner):
    there = np.random.default_rng(5).random((40, 4)) < 0.95
    dataset, cuts = made(there, 2, 1, {"cv": outer, "inner": inner})
    oldest = own_rows(dataset, there, 1)
    assert set(cuts.inner) == {0, *(fold.number for fold in cuts.folds)}
    for fold in (cuts.final, *cuts.folds):
        allowed = set(positions(dataset.train_rows(fold), dataset.n_rows))
        for one in cuts.inner[fold.number]:
            train, test = positions(dataset.train_rows(one), dataset.n_rows), positions(dataset.test_rows(one), dataset.n_rows)
            assert train
            assert test
            assert set(train) | set(test) <= allowed
            assert set(train) <= set(by_hand(dataset, one, oldest))


def test_an_inner_split_that_is_too_long_says_in_which_fold():
    with pytest.raises(SplitError) as caught:
        made(np.ones((40, 2), dtype=bool), 1, 0, {"cv": {"folds": 3}, "inner": {"folds": 9}})
    assert str(caught.value) == (
        "split.inner.folds: the training part of fold 1: 9 folds need at least 10 time steps, there are 9; lower folds or shorten the lags"
    )


def test_folds_of_one_fit_learn_from_the_same_rows_also_where_entities_skip_sessions():
    """A label that becomes known between two windows may not be learned from in the second: the model was fitted before the first."""
    there = np.random.default_rng(8).random((40, 3)) < 0.6
    there[:, 0] = True
    dataset, cuts = made(there, 3, 0, {"test": 2, "cv": {"folds": 6, "test_size": 3, "refit": 3}})
    for leader in (0, 3):
        expected = positions(dataset.train_rows(cuts.folds[leader]), dataset.n_rows)
        begin = dataset.axis[cuts.folds[leader].test[0].start]
        assert expected == np.flatnonzero(dataset.label_time <= begin).tolist()
        for fold in cuts.folds[leader : leader + 3]:
            assert positions(dataset.train_rows(fold), dataset.n_rows) == expected
