"""What fits report while they learn: as many points as a picture needs, of each task its own, and nothing where nobody listens."""

import math
import threading

import pytest

from dsframework.progress import Curve, Progress, is_heard, report


@pytest.mark.parametrize("steps", [1, 2, 18, 19, 20, 21, 38, 39, 40, 41, 77, 1000, 12345])
def test_a_curve_has_at_most_twenty_points_in_equal_distances_and_ends_at_the_last_step(steps):
    curve = Curve("loss", steps)
    for step in range(1, steps + 1):
        curve.add(step, float(step))
    found = curve.snapshot()
    assert (found.step, found.values[-1]) == (steps, steps)
    assert len(found.values) == steps if steps < 20 else 10 <= len(found.values) <= 20
    distances = [later - earlier for earlier, later in zip((0.0, *found.values), found.values, strict=False)]
    assert len(set(distances[:-1])) <= 1
    assert 0 < distances[-1] <= distances[0]


def test_values_that_are_not_finite_are_left_out_and_the_steps_go_on():
    curve = Curve("loss")
    for step, value in enumerate([1.0, math.nan, math.inf, 0.5], start=1):
        curve.add(step, value)
    assert curve.snapshot().values == (1.0, 0.5)
    assert curve.snapshot().step == 4


def test_a_step_that_is_not_later_or_another_loss_begins_a_new_curve_and_the_watched_one_is_kept():
    progress = Progress()
    with progress.listening():
        report(1, 0.5, steps=9, of="validation mae")
        report(2, 0.4, steps=9, of="validation mae")
        watched = progress.curve
        report(1, steps=2)
        report(2, steps=2)
    assert progress.watched is watched
    assert watched.snapshot() == ("validation mae", 2, 9, (0.5, 0.4))
    assert progress.curve.snapshot() == ("", 2, 2, ())
    progress.clear()
    assert progress.curve is progress.watched is None


def test_nobody_hears_of_another_context_and_all_listeners_of_their_own():
    outer, inner, heard = Progress(), Progress(), []
    with outer.listening():
        with inner.listening():
            report(1, 3.0)
        thread = threading.Thread(target=lambda: heard.append(is_heard()))
        thread.start()
        thread.join()
        report(2, 2.0)
        assert is_heard()
    assert heard == [False]
    assert not is_heard()
    report(3, 1.0)
    assert outer.curve.snapshot().values == (3.0, 2.0)
    assert inner.curve.snapshot().values == (3.0,)


def test_who_is_told_is_told_of_every_step_in_the_thread_that_learns():
    told = []
    with Progress(lambda curve: told.append((threading.current_thread(), curve.step))).listening():
        for step in (1, 2, 3):
            report(step)
    assert told == [(threading.current_thread(), step) for step in (1, 2, 3)]
