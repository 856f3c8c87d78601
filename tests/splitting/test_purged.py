"""Purged folds against loops over label intervals, and the known bugs of published purged splitters."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import KFold

from dsframework.errors import SplitError
from dsframework.spec import CombinatorialPurgedCv, PurgedKFoldCv
from dsframework.splitting import Fold, Span, TimeAxis, combinatorial_purged, n_paths, purged_k_fold

AXES = st.fixed_dictionaries({"n_steps": st.integers(12, 70), "horizon": st.integers(1, 6), "lookback": st.integers(0, 6)})
PURGES = st.one_of(st.sampled_from(["auto", "label"]), st.integers(0, 8))


def steps(spans) -> list[int]:
    return [step for span in spans for step in range(span.start, span.stop)]


def by_hand(axis: TimeAxis, test: list[int], purge, embargo: int) -> tuple[set[int], set[int], set[int]]:
    """Train, purged and embargoed steps, by comparing every step with every test step."""
    purged, embargoed = set(), set()
    everything = [step for step in range(axis.n_steps) if step not in test]
    for i in everything:
        for j in test:
            label_overlaps = i < j + axis.horizon and j < i + axis.horizon
            features_read = any(j < s <= j + axis.horizon for s in range(i - axis.lookback, i + 1))
            near = isinstance(purge, int) and abs(i - j) <= purge
            if label_overlaps or near or (purge == "auto" and features_read):
                purged.add(i)
    for last in [j for j in test if j + 1 not in test]:
        behind = [i for i in range(last + 1, axis.n_steps) if not blamed(axis, i, last, purge)]
        embargoed |= set(behind[:embargo])
    embargoed -= set(test) | purged
    return set(everything) - purged - embargoed, purged, embargoed


def blamed(axis: TimeAxis, i: int, last: int, purge) -> bool:
    """Whether a step behind a block is purged for the block that ends with `last`."""
    if i < last + axis.horizon or (purge == "auto" and i - axis.lookback <= last + axis.horizon):
        return True
    return isinstance(purge, int) and i <= last + purge


def check(fold: Fold, axis: TimeAxis, purge, embargo: int) -> None:
    train, purged, embargoed = by_hand(axis, steps(fold.test), purge, embargo)
    assert set(steps(fold.train)) == train
    assert set(steps(fold.purged)) == purged
    assert set(steps(fold.embargoed)) == embargoed


@settings(deadline=None, max_examples=60)
@given(AXES, PURGES, st.integers(2, 5), st.integers(0, 5))
def test_purged_folds_are_those_of_a_loop_over_all_pairs_of_steps(given_axis, purge, folds, embargo):
    axis = TimeAxis.of(**given_axis)
    try:
        found = purged_k_fold(axis, PurgedKFoldCv(folds=folds, purge=purge, embargo=embargo))
    except SplitError as error:
        number = int(str(error).split("fold ")[1].split(" ")[0])
        train, _, _ = by_hand(axis, list(KFold(folds).split(np.zeros(axis.n_steps)))[number - 1][1].tolist(), purge, embargo)
        assert not train
        return
    for fold in found:
        check(fold, axis, purge, embargo)


@settings(deadline=None, max_examples=40)
@given(AXES, PURGES, st.integers(2, 6), st.integers(1, 3), st.integers(0, 4))
def test_combinatorial_folds_are_those_of_a_loop_over_all_pairs_of_steps(given_axis, purge, blocks, test_blocks, embargo):
    axis = TimeAxis.of(**given_axis)
    if test_blocks >= blocks:
        return
    cv = CombinatorialPurgedCv(blocks=blocks, test_blocks=test_blocks, purge=purge, embargo=embargo)
    try:
        found = combinatorial_purged(axis, cv)
    except SplitError:
        chosen = combinations(axis.parts(blocks), test_blocks)
        assert any(not by_hand(axis, steps(test), purge, embargo)[0] for test in chosen)
        return
    for fold in found:
        check(fold, axis, purge, embargo)


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 8), st.integers(1, 4), st.integers(0, 30))
def test_there_are_as_many_paths_as_the_formula_says_and_each_predicts_every_step_once(blocks, test_blocks, more):
    if test_blocks >= blocks:
        return
    axis = TimeAxis.of(blocks * 3 + more)
    folds = combinatorial_purged(axis, CombinatorialPurgedCv(blocks=blocks, test_blocks=test_blocks, purge="label"))
    assert len(folds) == math.comb(blocks, test_blocks)
    assert n_paths(folds) == test_blocks * math.comb(blocks, test_blocks) // blocks
    for path in range(1, n_paths(folds) + 1):
        predicted = [
            step for fold in folds for span, own in zip(fold.test, fold.paths, strict=True) if own == path for step in steps([span])
        ]
        assert sorted(predicted) == list(range(axis.n_steps))
    assert len({tuple(steps(fold.test)) for fold in folds}) == len(folds)


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 60), st.integers(2, 8))
def test_the_parts_are_those_of_k_fold(n_steps, folds):
    if folds > n_steps:
        with pytest.raises(SplitError, match=r"split\.cv\.folds: .* folds need as many time steps"):
            purged_k_fold(TimeAxis.of(n_steps), PurgedKFoldCv(folds=folds))
        return
    found = purged_k_fold(TimeAxis.of(n_steps), PurgedKFoldCv(folds=folds, purge="label"))
    assert [(steps(fold.train), steps(fold.test)) for fold in found] == [
        (list(train), list(test)) for train, test in KFold(folds).split(np.zeros(n_steps))
    ]


def test_the_test_window_begins_with_its_first_row_and_not_where_that_rows_label_ends():
    """Known bug: the test window taken from the end of the first label, so that the rows before it keep labels that lie in the test."""
    fold = purged_k_fold(TimeAxis.of(30, horizon=5), PurgedKFoldCv(folds=3, purge="label"))[1]
    assert fold.test == (Span(10, 20),)
    assert fold.train[0] == Span(0, 6)
    assert all(step + 5 <= 10 for step in steps(fold.train[:1]))


def test_what_lies_between_two_blocks_of_a_test_is_learned_from():
    """Known bug: blocks that do not touch taken as one span from the first to the last step."""
    folds = combinatorial_purged(TimeAxis.of(60, horizon=3), CombinatorialPurgedCv(blocks=6, test_blocks=2, purge="label"))
    first_and_last = next(fold for fold in folds if fold.test == (Span(0, 10), Span(50, 60)))
    assert first_and_last.train == (Span(12, 48),)
    first_and_third = next(fold for fold in folds if fold.test == (Span(0, 10), Span(20, 30)))
    assert first_and_third.train == (Span(12, 18), Span(32, 60))


def test_a_fold_with_nothing_to_learn_from_is_an_error_that_says_why():
    """Known bug: an empty training part handed to the model."""
    with pytest.raises(SplitError) as caught:
        purged_k_fold(TimeAxis.of(20, horizon=8), PurgedKFoldCv(folds=2, embargo=4))
    assert str(caught.value) == (
        "split.cv: fold 1 has nothing left to learn from: of 20 time steps 10 are tested, 8 purged and 2 embargoed; "
        "use fewer folds, or a shorter horizon, purge or embargo"
    )
    with pytest.raises(SplitError) as caught:
        purged_k_fold(TimeAxis.of(40, lookback=60), PurgedKFoldCv(folds=2))
    assert str(caught.value).endswith(
        "0 embargoed; the features of a row read 60 steps back into the test; shorten the features' windows, or write purge: label"
    )


@pytest.mark.parametrize(("embargo", "first"), [(0, 24), (3, 27), (0.05, 26), ("4d", 28)])
def test_an_embargo_is_counted_from_the_end_of_the_last_label_and_not_from_the_end_of_the_test(embargo, first):
    """Known bug: the embargo counted from the last test row, where the label's overlap hides it."""
    fold = purged_k_fold(TimeAxis.of(40, horizon=5), PurgedKFoldCv(folds=4, purge="label", embargo=embargo))[1]
    assert fold.test == (Span(10, 20),)
    assert fold.purged[-1] == Span(20, 24)
    assert fold.train[-1] == Span(first, 40)


def test_rows_behind_the_test_whose_features_read_its_labels_are_purged():
    """The last label of the test is that of step 19 at 22; a row that reads 6 steps back sees it until step 28."""
    axis = TimeAxis.of(40, horizon=3, lookback=6)
    auto, label = (purged_k_fold(axis, PurgedKFoldCv(folds=4, purge=purge))[1] for purge in ("auto", "label"))
    assert (auto.train[-1].start, auto.reach) == (29, "features")
    assert (label.train[-1].start, label.reach) == (22, "label")
    assert auto.train[0] == label.train[0] == Span(0, 8)


def test_blocks_are_whole_periods():
    axis = TimeAxis.of(47, horizon=2, period=6)
    cuts = {fold.test[0].start for fold in purged_k_fold(axis, PurgedKFoldCv(folds=4, embargo=1, purge="label"))}
    assert cuts == {0, 12, 24, 36}
    fold = purged_k_fold(axis, PurgedKFoldCv(folds=4, embargo=1, purge="label"))[0]
    # One step is purged; the embargo is the rest of that period and one whole one.
    assert (fold.purged, fold.embargoed, fold.train) == ((Span(12, 13),), (Span(13, 24),), (Span(24, 47),))
