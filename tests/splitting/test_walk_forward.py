"""Walk-forward folds against scikit-learn's own, and against what purging means."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import TimeSeriesSplit

from dsframework.errors import SplitError
from dsframework.spec import CvSpec
from dsframework.splitting import Fold, Span, make_folds, splitter_names, splitters, walk_forward
from dsframework.testing import check_splitter

SETTINGS = st.fixed_dictionaries(
    {
        "n_steps": st.integers(0, 90),
        "folds": st.integers(2, 9),
        "window": st.one_of(st.just("expanding"), st.integers(1, 40)),
        "purge": st.one_of(st.just("auto"), st.integers(0, 6)),
        "embargo": st.integers(0, 5),
        "horizon": st.integers(1, 8),
    }
)


def spans(fold: Fold) -> tuple[list[int], list[int]]:
    train = [step for span in fold.train for step in range(span.start, span.stop)]
    return train, list(range(fold.test.start, fold.test.stop))


def cut(setting: dict) -> list[Fold]:
    cv = CvSpec(folds=setting["folds"], window=setting["window"], purge=setting["purge"], embargo=setting["embargo"])
    return walk_forward(setting["n_steps"], cv, horizon=setting["horizon"])


@settings(deadline=None)
@given(SETTINGS)
def test_the_folds_are_those_of_time_series_split_and_it_refuses_what_that_refuses(setting):
    gap = (setting["horizon"] - 1 if setting["purge"] == "auto" else setting["purge"]) + setting["embargo"]
    window = None if setting["window"] == "expanding" else setting["window"]
    oracle = TimeSeriesSplit(n_splits=setting["folds"], max_train_size=window, gap=gap)
    try:
        expected = [(list(train), list(test)) for train, test in oracle.split(np.zeros(max(setting["n_steps"], 1)))]
    except ValueError:
        expected = None
    if expected is None or setting["n_steps"] == 0:
        with pytest.raises(SplitError, match=r"split\.cv\.folds: "):
            cut(setting)
    else:
        assert [spans(fold) for fold in cut(setting)] == expected


@settings(deadline=None)
@given(SETTINGS)
def test_no_label_is_learned_before_it_is_known_and_every_step_before_the_test_has_one_place(setting):
    setting = {**setting, "purge": "auto", "n_steps": setting["n_steps"] + 130}
    for fold in cut(setting):
        train, test = spans(fold)
        assert all(step + setting["horizon"] <= test[0] for step in train)
        between = sorted(step for span in (*fold.purged, *fold.embargoed) for step in range(span.start, span.stop))
        assert between == list(range(train[-1] + 1, test[0]))
        assert sum(span.n_steps for span in fold.purged) == setting["horizon"] - 1
        assert sum(span.n_steps for span in fold.embargoed) == setting["embargo"]
        assert all(step + setting["horizon"] > test[0] for span in fold.purged for step in range(span.start, span.stop))


@settings(deadline=None)
@given(SETTINGS)
def test_the_test_windows_are_equally_long_in_order_and_cover_the_tail(setting):
    n_steps = setting["n_steps"] + 130
    folds = cut({**setting, "n_steps": n_steps})
    assert [fold.number for fold in folds] == list(range(1, setting["folds"] + 1))
    assert len({fold.test.n_steps for fold in folds}) == 1
    assert all(left.test.stop == right.test.start for left, right in itertools.pairwise(folds))
    assert folds[-1].test.stop == n_steps


@settings(deadline=None)
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


def test_one_fold_is_allowed():
    assert walk_forward(10, CvSpec(folds=1)) == [Fold(1, (Span(0, 5),), Span(5, 10))]


def test_the_refusal_is_one_line_with_the_numbers_and_the_mend():
    with pytest.raises(SplitError) as caught:
        walk_forward(5, CvSpec(folds=5))
    assert str(caught.value) == "split.cv.folds: 5 folds need at least 6 time steps, there are 5; lower folds or shorten the lags"
    with pytest.raises(SplitError) as caught:
        walk_forward(12, CvSpec(folds=5, embargo=1), horizon=3)
    assert str(caught.value) == (
        "split.cv.folds: 5 folds with 3 steps left out before each (purge 2, embargo 1) need at least 14 time steps, there are 12; "
        "lower folds, purge or embargo, or shorten the horizon or the lags"
    )


@pytest.mark.parametrize("name", splitter_names())
def test_every_registered_splitter_keeps_the_contract(name):
    check_splitter(splitters.get(name))


def test_the_method_of_the_spec_is_looked_up():
    cv = CvSpec(folds=3)
    assert make_folds(40, cv, horizon=2) == walk_forward(40, cv, horizon=2)


def leaky(n_steps, cv, *, horizon):
    return walk_forward(n_steps, cv.model_copy(update={"purge": 0}), horizon=horizon)


def overlapping(n_steps, cv, *, horizon):
    return [
        Fold(fold.number, fold.train, Span(fold.test.start, n_steps), fold.purged, fold.embargoed)
        for fold in walk_forward(n_steps, cv, horizon=horizon)
    ]


@pytest.mark.parametrize(("broken", "says"), [(leaky, "not known when the test begins"), (overlapping, "overlap")])
def test_the_contract_suite_finds_a_broken_splitter(broken, says):
    with pytest.raises(AssertionError, match=says):
        check_splitter(broken)
