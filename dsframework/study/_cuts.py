"""From a dataset and the split of a spec to folds: validation, the final test, and the folds inside each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from dsframework.data import Panel
from dsframework.errors import SplitError
from dsframework.experiment import Dataset
from dsframework.spec import GroupsSpec, SplitSpec, near_miss
from dsframework.splitting import (
    Fold,
    TimeAxis,
    deal_groups,
    everything,
    final_test,
    hold_out_entities,
    inner_folds,
    make_folds,
    period_borders,
)

__all__ = ["Cuts", "cut", "uncut"]


@dataclass(frozen=True)
class Cuts:
    """Where the time axis of an experiment is cut.

    Attributes
    ----------
    final
        The final test, number 0.
    folds
        The validation folds before it.
    inner
        Number of a fold (0 for the final test) to the folds that cut its training part; empty where the split is not nested.
    """

    final: Fold
    folds: list[Fold]
    inner: dict[int, list[Fold]]


def cut(dataset: Dataset, panel: Panel, split: SplitSpec, *, horizon: int) -> Cuts:
    """Cut the time axis of a dataset.

    Raises
    ------
    SplitError
        When there are too few steps, sessions of no calendar are asked for, or entities can't be dealt into groups.
    """
    axis = TimeAxis(dataset.axis, horizon, dataset.reads, _borders(dataset, panel, split))
    purge, embargo = split.cv.before_the_test()
    final = final_test(axis, split.test, purge=purge, embargo=embargo)
    folds = make_folds(axis.head(final.train[-1].stop), split.cv)
    groups: GroupsSpec | None = getattr(split.cv, "groups", None)
    if groups is not None:
        folds = hold_out_entities(folds, _groups(dataset, panel, groups))
    inner = {fold.number: inner_folds(axis, fold, split.inner) for fold in (final, *folds)} if split.inner is not None else {}
    return Cuts(final, folds, inner)


def uncut(dataset: Dataset) -> Cuts:
    """Return the folds of a clustering, which is made of all rows and scored on them: one, and the final one, which is the same."""
    axis = TimeAxis(dataset.axis)
    return Cuts(everything(axis, 0), [everything(axis, 1)], {})


def _borders(dataset: Dataset, panel: Panel, split: SplitSpec) -> np.ndarray[tuple[int], np.dtype[np.int64]] | None:
    if split.by is None:
        return None
    aware = getattr(panel.frame.schema[panel.time], "time_zone", None) is not None
    return period_borders(dataset.axis, dataset.where.day[dataset.offsets[:-1]], split.by, calendar=panel.calendar, aware=aware)


def _groups(dataset: Dataset, panel: Panel, groups: GroupsSpec) -> list[tuple[int, ...]]:
    field = "split.cv.groups"
    if panel.entity is None:
        raise SplitError("one series has no entities to hold out", field=field, mend="name data.entity, or leave out groups")
    labels = list(dataset.entities)
    if groups.by not in ("entity", panel.entity):
        labels = _values_of(dataset, panel, groups.by)
    codes, counts = np.unique(dataset.entity, return_counts=True)
    return deal_groups(labels, dict(zip(codes.tolist(), counts.tolist(), strict=True)), groups.count)


def _values_of(dataset: Dataset, panel: Panel, column: str) -> list[str]:
    """The one value that each entity has in a column."""
    field = "split.cv.groups.by"
    if column not in panel.frame.columns:
        close = near_miss(column, panel.frame.columns)
        raise SplitError(
            "no such column", field=field, value=column, mend=f"did you mean {close}?" if close else "write entity, or a column"
        )
    assert panel.entity is not None
    name = pl.col(panel.entity).cast(pl.String).alias("entity")
    found = panel.frame.group_by(name).agg(pl.col(column).n_unique().alias("n"), pl.col(column).first().cast(pl.String).alias("value"))
    several = found.filter(pl.col("n") > 1).sort("entity")
    if several.height:
        text = f"{several['entity'][0]!r} has {several['n'][0]} values of {column!r}, so that it belongs to no one group"
        raise SplitError(text, field=field, value=column, mend="use a column that has one value an entity")
    values = dict(zip(found["entity"].to_list(), found["value"].to_list(), strict=True))
    return [str(values[entity]) for entity in dataset.entities]
