"""The pictures of folds: those in the docstrings are drawn by the splitters, and wide ones are narrowed."""

import doctest
import importlib
import pkgutil

import pytest

from dsframework import splitting
from dsframework.spec import CombinatorialPurgedCv, WalkForwardCv
from dsframework.splitting import TimeAxis, combinatorial_purged, draw, walk_forward

MODULES = [f"dsframework.splitting.{module.name}" for module in pkgutil.iter_modules(splitting.__path__)]


@pytest.mark.parametrize("name", [*MODULES, "dsframework.spec._length"])
def test_the_examples_and_diagrams_in_the_docstrings_are_true(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_a_long_axis_is_narrowed_and_what_is_left_out_stays_seen():
    axis = TimeAxis.of(5000, horizon=5)
    lines = draw(walk_forward(axis, WalkForwardCv(folds=4)), axis, width=40).splitlines()
    assert [len(line) for line in lines] == [19, 27, 35, 43]
    assert all("p" in line and "X" in line for line in lines)


def test_a_fold_beyond_the_last_sign_is_a_star_in_its_path():
    axis = TimeAxis.of(40)
    folds = combinatorial_purged(axis, CombinatorialPurgedCv(blocks=9, test_blocks=3, purge="label"))
    assert len(folds) == 84
    assert "*" in draw(folds, axis).splitlines()[-1]


@pytest.mark.parametrize(("share", "count"), [(0.07, 7), (0.01, 1), (0.015, 2), (0.29, 29)])
def test_a_share_is_rounded_up_but_not_for_the_way_it_is_stored(share, count):
    assert TimeAxis.of(100).count(share) == count
