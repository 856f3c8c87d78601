"""Every registered splitter keeps the contract, and the suite that says so finds those that do not."""

from dataclasses import replace

import pytest

from dsframework.spec import WalkForwardCv
from dsframework.splitting import Span, TimeAxis, make_folds, purged_k_fold, splitter_names, walk_forward
from dsframework.testing import check_splitter

SETTINGS = {
    "combinatorial_purged": [{}, {"blocks": 4, "test_blocks": 1}, {"blocks": 5, "test_blocks": 2, "purge": "label", "embargo": 1}],
    "hold_out": [{}, {"test_size": 7, "embargo": 2}, {"test_size": "10d", "purge": 6}],
    "purged_k_fold": [{}, {"folds": 2, "embargo": 0.05}, {"folds": 4, "purge": "label"}, {"folds": 3, "purge": 3, "embargo": "2d"}],
    "walk_forward": [
        {},
        {"folds": 1, "window": 1},
        {"folds": 2, "window": 7, "embargo": 3},
        {"folds": 4, "test_size": 3, "step": 4, "refit": 3},
        {"folds": 2, "window": 10_000, "purge": 2, "gap": 6},
    ],
}


@pytest.mark.parametrize("name", splitter_names())
def test_every_registered_splitter_keeps_the_contract(name):
    check_splitter(name, SETTINGS[name])


def test_the_method_of_the_spec_is_looked_up():
    cv = WalkForwardCv(folds=3)
    axis = TimeAxis.of(40, horizon=2)
    assert make_folds(axis, cv) == walk_forward(axis, cv)


def unpurged(axis, cv):
    return [replace(fold, train=(Span(fold.train[0].start, fold.test[0].start),), purged=()) for fold in walk_forward(axis, cv)]


def overlapping(axis, cv):
    return [replace(fold, test=(Span(fold.test[0].start, axis.n_steps),)) for fold in walk_forward(axis, cv)]


def forgets_what_is_behind(axis, cv):
    """The test's labels reach over its end, and what they cover is learned from."""
    broken = []
    for fold in purged_k_fold(axis, cv)[:-1]:
        behind = Span(fold.test[-1].stop, axis.n_steps)
        before = tuple(span for span in fold.train if span.stop <= fold.test[0].start)
        broken.append(replace(fold, train=(*before, behind), purged=(), embargoed=()))
    return broken


def empty(axis, cv):
    return [replace(fold, train=()) for fold in walk_forward(axis, cv)]


@pytest.mark.parametrize(
    ("method", "broken", "says"),
    [
        ("walk_forward", unpurged, "not known when the test begins"),
        ("walk_forward", overlapping, "overlap"),
        ("walk_forward", empty, "no training span"),
        ("purged_k_fold", forgets_what_is_behind, "overlaps one of the test before it"),
    ],
)
def test_the_contract_suite_finds_a_broken_splitter(method, broken, says):
    with pytest.raises(AssertionError, match=says):
        check_splitter(method, [{"folds": 3, "purge": 0}], splitter=broken)
