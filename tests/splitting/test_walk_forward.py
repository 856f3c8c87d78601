"""Walk-forward folds against scikit-learn's own, against loops over label intervals, and where published splitters went wrong."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import TimeSeriesSplit

from dsframework.errors import SplitError
from dsframework.spec import WalkForwardCv
from dsframework.splitting import Fold, Span, TimeAxis, fit_groups, walk_forward

SETTINGS = st.fixed_dictionaries(
    {
        "n_steps": st.integers(0, 90),
        "folds": st.integers(2, 9),
        "window": st.one_of(st.just("expanding"), st.integers(1, 40)),
        "purge": st.one_of(st.just("auto"), st.integers(0, 6)),
        "embargo": st.integers(0, 5),
        "gap": st.integers(0, 9),
        "test_size": st.one_of(st.none(), st.integers(1, 12)),
        "horizon": st.integers(1, 8),
    }
)


def steps(spans) -> list[int]:
    return [step for span in spans for step in range(span.start, span.stop)]


def cut(setting: dict) -> list[Fold]:
    given = {key: value for key, value in setting.items() if key not in ("n_steps", "horizon")}
    return walk_forward(TimeAxis.of(setting["n_steps"], horizon=setting["horizon"]), WalkForwardCv(**given))


def gap_of(setting: dict) -> int:
    purge = max(setting["horizon"] - 1, 0 if setting["purge"] == "auto" else setting["purge"])
    return max(purge + setting["embargo"], setting["gap"])


@settings(deadline=None, max_examples=80)
@given(SETTINGS)
def test_the_folds_are_those_of_time_series_split_and_it_refuses_what_that_refuses(setting):
    window = None if setting["window"] == "expanding" else setting["window"]
    oracle = TimeSeriesSplit(n_splits=setting["folds"], max_train_size=window, gap=gap_of(setting), test_size=setting["test_size"])
    try:
        expected = [(list(train), list(test)) for train, test in oracle.split(np.zeros(max(setting["n_steps"], 1)))]
    except ValueError:
        expected = None
    if expected is None or setting["n_steps"] == 0:
        with pytest.raises(SplitError, match=r"split\.cv\.folds: "):
            cut(setting)
    else:
        assert [(steps(fold.train), steps(fold.test)) for fold in cut(setting)] == expected


@settings(deadline=None, max_examples=60)
@given(SETTINGS)
def test_no_label_is_learned_before_it_is_known_and_every_step_before_the_test_has_one_place(setting):
    setting = {**setting, "purge": "auto", "gap": 0, "n_steps": setting["n_steps"] + 150}
    for fold in cut(setting):
        train, test = steps(fold.train), steps(fold.test)
        assert all(step + setting["horizon"] <= test[0] for step in train)
        between = sorted(steps((*fold.purged, *fold.embargoed)))
        assert between == list(range(train[-1] + 1, test[0]))
        assert len(steps(fold.purged)) == setting["horizon"] - 1
        assert len(steps(fold.embargoed)) == setting["embargo"]
        assert all(step + setting["horizon"] > test[0] for step in steps(fold.purged))


@settings(deadline=None, max_examples=60)
@given(SETTINGS, st.integers(1, 4))
def test_a_model_that_is_not_refitted_predicts_the_next_windows_with_what_it_learned(setting, refit):
    setting = {**setting, "n_steps": setting["n_steps"] + 150}
    every, some = cut(setting), cut({**setting, "refit": refit})
    assert [fold.test for fold in some] == [fold.test for fold in every]
    for number, fold in enumerate(some):
        leader = every[number - number % refit]
        assert fold.train == leader.train
        assert fold.known_by == leader.test[0].start
    groups = fit_groups(some)
    assert [len(group) for group in groups] == [min(refit, len(some) - first) for first in range(0, len(some), refit)]
    assert [fold for group in groups for fold in group] == some


@settings(deadline=None, max_examples=60)
@given(SETTINGS)
def test_a_refusal_names_a_number_of_steps_that_is_enough_and_no_smaller_one_that_would_be(setting):
    try:
        cut(setting)
    except SplitError as error:
        enough = int(str(error).split("need at least ")[1].split(" ")[0])
        assert cut({**setting, "n_steps": enough})
        for fewer in range(setting["n_steps"], enough):
            with pytest.raises(SplitError):
                cut({**setting, "n_steps": fewer})


def test_a_step_longer_than_the_test_leaves_windows_untested_that_are_learned_from():
    folds = walk_forward(TimeAxis.of(30), WalkForwardCv(folds=3, test_size=4, step=7))
    assert [fold.test for fold in folds] == [(Span(12, 16),), (Span(19, 23),), (Span(26, 30),)]
    assert [fold.train for fold in folds] == [(Span(0, 12),), (Span(0, 19),), (Span(0, 26),)]


def test_windows_that_overlap_are_refused():
    with pytest.raises(SplitError) as caught:
        walk_forward(TimeAxis.of(30), WalkForwardCv(folds=3, test_size=4, step=3))
    assert str(caught.value) == "split.cv.step: the test windows overlap (got 3); make step at least as long as test_size"


def test_lengths_may_be_shares_and_durations():
    axis = TimeAxis.of(100)
    by_days = walk_forward(axis, WalkForwardCv(folds=2, window="20d", test_size="10d", embargo="3d"))
    by_count = walk_forward(axis, WalkForwardCv(folds=2, window=20, test_size=10, embargo=3))
    by_share = walk_forward(axis, WalkForwardCv(folds=2, window=0.2, test_size=0.1, embargo=0.03))
    assert by_days == by_count == by_share
    assert by_count[0] == Fold(1, (Span(57, 77),), (Span(80, 90),), embargoed=(Span(77, 80),))


def test_a_duration_counts_time_and_not_steps():
    """Weekdays: three days before a Monday are the weekend and one session."""
    days = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]")
    weekdays = days[np.is_busday(days)].astype("datetime64[ns]")
    axis = TimeAxis(weekdays)
    folds = walk_forward(axis, WalkForwardCv(folds=3, test_size=5, embargo="3d"))
    for fold in folds:
        begin = weekdays[fold.test[0].start]
        left_out = [day for day in weekdays if begin - np.timedelta64(3, "D") <= day < begin]
        assert steps(fold.embargoed) == [int(np.searchsorted(weekdays, day)) for day in left_out]
        assert fold.train[-1].stop == fold.test[0].start - len(left_out)


def test_cuts_by_period_fall_on_its_borders_and_counts_are_periods():
    axis = TimeAxis.of(60, horizon=3, period=6)
    folds = walk_forward(axis, WalkForwardCv(folds=2, window=3, test_size=2, embargo=1))
    assert [fold.test for fold in folds] == [(Span(36, 48),), (Span(48, 60),)]
    # The last two steps are purged; the embargo is the rest of that period and one more; the window three periods before.
    assert folds[0].purged == (Span(34, 36),)
    assert folds[0].embargoed == (Span(24, 34),)
    assert folds[0].train == (Span(6, 24),)


def test_an_embargo_is_before_the_test_and_what_follows_it_comes_back_in_a_later_window():
    """A known bug elsewhere: steps behind every test stay embargoed for good, although later folds may learn from them."""
    folds = walk_forward(TimeAxis.of(60), WalkForwardCv(folds=4, embargo=3))
    for earlier, later in pairwise(folds):
        behind = steps(earlier.test) + list(range(earlier.test[-1].stop, later.test[0].start))
        lost = set(behind) - set(steps(later.train))
        assert lost == set(steps(later.embargoed))
        assert set(steps(earlier.embargoed)) <= set(steps(later.train))


def test_one_fold_is_allowed():
    assert walk_forward(TimeAxis.of(10), WalkForwardCv(folds=1)) == [Fold(1, (Span(0, 5),), (Span(5, 10),))]


@pytest.mark.parametrize(
    ("n_steps", "horizon", "given", "says"),
    [
        (5, 1, {"folds": 5}, "split.cv.folds: 5 folds need at least 6 time steps, there are 5; lower folds or shorten the lags"),
        (
            12,
            3,
            {"folds": 5, "embargo": 1},
            "5 folds with 3 steps left out before each (purge 2, embargo 1) need at least 14 time steps, there are 12; lower folds, purge",
        ),
        (20, 1, {"folds": 3, "test_size": 8}, "3 folds need at least 25 time steps, there are 20"),
        (20, 1, {"folds": 3, "test_size": 0.4}, "3 folds need more than the 20 time steps there are: the test windows take all of them"),
        (
            20,
            1,
            {"folds": 2, "embargo": "9d"},
            "2 folds with 9 steps left out before each (purge 0, embargo 9d) need more than the 20 time steps",
        ),
    ],
)
def test_the_refusal_is_one_line_with_the_numbers_and_the_mend(n_steps, horizon, given, says):
    with pytest.raises(SplitError) as caught:
        walk_forward(TimeAxis.of(n_steps, horizon=horizon), WalkForwardCv(**given))
    assert says in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
