"""What the trials of a search over stages run on: the rows and folds of every setting, made when a trial needs them.

Scores can be compared where they are of the same rows. So every dataset of such a search has only the rows for which the features of all
settings have their history, and every split has the test windows of the first one; the final test is one and the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from dsframework.data import Panel
from dsframework.errors import SpecError, SplitError
from dsframework.execution import memory
from dsframework.experiment import Dataset, Plan, digest
from dsframework.features import warm_for_all
from dsframework.spec import SpecIssue
from dsframework.splitting import Fold, fit_groups
from dsframework.study._cuts import Cuts
from dsframework.study._forecasts import positions_of
from dsframework.study._space import count, grid

if TYPE_CHECKING:
    from dsframework.study._prepare import Prepared

__all__ = ["LastUsed", "StageSettings", "common_rows", "room_for_rows", "settings_of"]

T = TypeVar("T")
Bools = np.ndarray[Any, np.dtype[np.bool_]]
_MOST = 1_000
"""How many settings of one stage are looked at before the first fit."""
_SHARE, _LITTLE = 8, 1 << 33


def room_for_rows() -> int:
    """Return the bytes that the rows of a search's settings may have: an eighth of the memory, 1 GiB where nobody tells that."""
    return (memory()[0] or _LITTLE) // _SHARE


class LastUsed(Generic[T]):
    """Values by key, of which those used longest ago are let go, until the others have at most so many bytes; the last one stays.

    Parameters
    ----------
    most
        The bytes.
    size
        How many a value has.

    Examples
    --------
    >>> kept = LastUsed(2, len)
    >>> [kept.get(key, lambda: "x") for key in "abc"], "a" in kept, "b" in kept
    (['x', 'x', 'x'], False, True)
    """

    def __init__(self, most: int, size: Callable[[T], int]) -> None:
        self._most, self._size = most, size
        self._kept: OrderedDict[Hashable, T] = OrderedDict()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._kept

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value of a key, which is made where it is not there."""
        if key not in self._kept:
            self._kept[key] = make()
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(map(self._size, self._kept.values())) > self._most:
            self._kept.popitem(last=False)
        return self._kept[key]


class StageSettings:
    """The rows and folds of every setting of an experiment.

    Parameters
    ----------
    dataset_of, cuts_of
        Make the rows of a plan, with the key that they are known by, and its folds.
    first
        What the plan of the first setting runs on.
    """

    def __init__(
        self, dataset_of: Callable[[Plan], tuple[str, Dataset]], cuts_of: Callable[[Plan, Dataset], Cuts], first: Prepared
    ) -> None:
        self._dataset_of, self._cuts_of, self._first = dataset_of, cuts_of, first
        self._cuts: dict[str, Cuts] = {}
        for plan in settings_of(first.plan, "split"):
            self._cut(plan, first.dataset_key, first.dataset)

    def rows_of(self, plan: Plan) -> tuple[str, Dataset, Cuts]:
        """Return the rows of a plan at a point of the search space, the key that they are known by, and its folds.

        Raises
        ------
        TsmlError
            When they can't be had, or are not scored on the same rows as those of the first setting.
        """
        key, dataset = self._dataset_of(plan)
        return key, dataset, self._cut(plan, key, dataset)

    def _cut(self, plan: Plan, dataset_key: str, dataset: Dataset) -> Cuts:
        key = digest([dataset_key, plan.stage_key("split")])
        if key not in self._cuts:
            cuts = self._cuts_of(plan, dataset)
            self._check(cuts, dataset)
            self._cuts[key] = cuts
        return self._cuts[key]

    def _check(self, cuts: Cuts, dataset: Dataset) -> None:
        first = self._first
        pairs = zip([first.final, *first.folds], [cuts.final, *cuts.folds], strict=False)
        groups = [[one.number for one in group] for group in fit_groups(cuts.folds)]
        same = groups == [[one.number for one in group] for group in fit_groups(first.folds)]
        if same and all(_same_test((first.dataset, one), (dataset, other)) for one, other in pairs):
            return
        raise SplitError(
            "the forms have other folds or test windows than each other, and scores of other rows can't be compared",
            field="search.split",
            mend="give all the same test, folds, test_size, step, refit and embargo, or write them as variants",
        )


def _same_test(one: tuple[Dataset, Fold], other: tuple[Dataset, Fold]) -> bool:
    first, second = (positions_of(dataset.test_rows(fold)) for dataset, fold in (one, other))
    return np.array_equal(first, second)


def common_rows(plan: Plan, panel: Panel) -> Bools | None:
    """Return which rows of a panel have the history that the features of all settings ask for; None where features are not searched.

    Of a range of numbers five points are looked at, both ends among them.

    Raises
    ------
    FeatureError
        When the features of a setting can't be computed.
    SpecError
        When there are too many settings to look at.
    """
    if plan.search is None or "features" not in plan.search.stages:
        return None
    forms = [setting.features for setting in settings_of(plan, "features")]
    return warm_for_all(panel.frame, forms, time=panel.time, entity=panel.entity, calendar=panel.calendar)


def settings_of(plan: Plan, stage: str) -> Iterator[Plan]:
    """Yield a plan at all points of one stage, the other stages at their first; values that are wrong together are left out.

    Raises
    ------
    SpecError
        When there are too many.
    """
    if plan.search is None or stage not in plan.search.stages:
        return
    space = plan.search.space(stage)
    if (size := count(space)) > _MOST:
        text = f"{stage} have {size} settings, of which at most {_MOST} can be looked at beforehand; use fewer values or shorter ranges"
        raise SpecError([SpecIssue("search", text)])
    for point in grid(space):
        with suppress(SpecError):
            yield plan.at(point)
