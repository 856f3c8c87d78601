"""The final test: shares, counts, days, and what lies between train and test."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsframework.errors import SplitError
from dsframework.splitting import Fold, Span, TimeAxis, final_test

DAYS = np.arange("2020-01-01", "2020-01-21", dtype="datetime64[D]").astype("datetime64[ns]")


def cut(times, test, *, horizon=1, **gaps):
    return final_test(TimeAxis(times, horizon), test, **gaps)


def test_a_share_is_rounded_up():
    assert cut(DAYS, 0.15).test == (Span(17, 20),)
    assert cut(DAYS, 0.16).test == (Span(16, 20),)


def test_a_count_is_taken_as_it_is():
    assert cut(DAYS, 3) == Fold(0, (Span(0, 17),), (Span(17, 20),))


@pytest.mark.parametrize(
    ("day", "start"),
    [("2020-01-05", 4), ("2020-01-05T00:00:01", 5), ("2020-01-05T02:00:00+02:00", 4), ("20200105", 4)],
)
def test_a_day_begins_the_test_with_the_first_step_at_or_after_it(day, start):
    assert cut(DAYS, day).test == (Span(start, 20),)


def test_a_day_on_which_nothing_was_traded_begins_with_the_next_step():
    weekdays = DAYS[np.is_busday(DAYS.astype("datetime64[D]"))]
    saturday = cut(weekdays, "2020-01-11")
    assert weekdays[saturday.test[0].start] == np.datetime64("2020-01-13")


def test_purged_steps_stand_next_to_the_test_and_embargoed_ones_before_them():
    fold = cut(DAYS, 5, horizon=3, purge="auto", embargo=1)
    assert fold == Fold(0, (Span(0, 12),), (Span(15, 20),), purged=(Span(13, 15),), embargoed=(Span(12, 13),))


def test_a_purge_that_is_shorter_than_the_label_is_as_long_as_the_label():
    assert cut(DAYS, 5, horizon=3, purge=0).train == cut(DAYS, 5, horizon=3).train == (Span(0, 13),)
    assert cut(DAYS, 5, horizon=3, purge=6).train == (Span(0, 9),)


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 300), st.floats(0.01, 0.99), st.integers(1, 6), st.integers(0, 4))
def test_every_step_has_one_place_and_no_label_reaches_into_the_test(n_steps, share, horizon, embargo):
    axis = np.arange(n_steps).astype("datetime64[s]")
    tested = math.ceil(share * n_steps)
    if n_steps - tested - (horizon - 1) - embargo < 1:
        with pytest.raises(SplitError, match=r"split\.test"):
            cut(axis, share, horizon=horizon, embargo=embargo)
        return
    fold = cut(axis, share, horizon=horizon, embargo=embargo)
    assert fold.test == (Span(n_steps - tested, n_steps),)
    assert fold.train[0].stop - 1 + horizon <= fold.test[0].start
    pieces = [*fold.train, *fold.embargoed, *fold.purged, *fold.test]
    assert [step for span in pieces for step in range(span.start, span.stop)] == list(range(n_steps))


@pytest.mark.parametrize(
    ("test", "says"),
    [
        (20, "split.test: 20 of 20 time steps are tested, none is left to learn from (got 20); make the test shorter"),
        (25, "make the test shorter"),
        ("2019-01-01", "none is left to learn from"),
        ("2021-01-01", "the last time step is 2020-01-20"),
        ("soon", "expected a day such as 2017-01-03 (got 'soon')"),
        (0, "expected a share between 0 and 1"),
        (1.5, "expected a share between 0 and 1"),
        (float("nan"), "expected a share between 0 and 1"),
    ],
)
def test_what_leaves_nothing_is_refused(test, says):
    with pytest.raises(SplitError) as caught:
        cut(DAYS, test)
    assert says in str(caught.value)


def test_a_gap_that_eats_the_training_steps_is_named():
    with pytest.raises(SplitError) as caught:
        cut(DAYS, 15, horizon=5, embargo=1)
    assert "15 of 20 time steps are tested, the 5 before them are all purged or embargoed" in str(caught.value)


def test_an_axis_of_one_step_is_refused():
    with pytest.raises(SplitError, match="at least 2 time steps, there are 1"):
        cut(DAYS[:1], 0.5)


def test_a_test_of_whole_periods_begins_with_one():
    axis = TimeAxis.of(23, period=5)
    assert final_test(axis, 2).test == (Span(15, 23),)
    assert final_test(axis, 0.5).test == (Span(10, 23),)
    assert final_test(axis, "2020-01-07").test == (Span(10, 23),)
    with pytest.raises(SplitError, match="the last period begins with 2020-01-21"):
        final_test(axis, "2020-01-22")
