"""The contract of a feature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import polars as pl
from polars.testing import assert_frame_equal

from dsframework.features import FeatureTable, build_features, feature_names, needed_columns
from dsframework.spec import Component, catalogue
from dsframework.testing._bars_frame import some_frame

__all__ = ["check_feature"]

_CUTS = (0.4, 0.7)


def check_feature(name: str, arguments: Mapping[str, Any], *, frame: pl.DataFrame | None = None, calendar: str | None = "XNYS") -> None:
    """Check that a registered feature keeps the contract of `dsframework.features.Feature`.

    Parameters
    ----------
    name, arguments
        As in a spec. The columns of the rows that it is tried on are ``open``, ``high``, ``low``, ``close``, ``volume`` and ``value``, of
        which some are missing; the entities are A, B and C.
    frame
        Other rows, sorted by ``time``, then ``ticker``.
    calendar
        Of the exchange, as in ``data.calendar``.

    Raises
    ------
    AssertionError
        With what is broken.
    """
    rows = some_frame() if frame is None else frame
    before = rows.clone()
    component = Component(name=name, arguments=catalogue.arguments("features", name).model_validate(dict(arguments)))
    case = _Case(component, calendar)
    found = case.build(rows)
    _check_shape(component, found, rows)
    _check_same_bits(case, rows, found)
    _check_past(case, rows, found)
    _check_history(case, rows, found)
    assert_frame_equal(rows, before)


class _Case:
    def __init__(self, component: Component, calendar: str | None) -> None:
        self.component, self.calendar = component, calendar

    def build(self, rows: pl.DataFrame, *, history: Literal["whole", "part"] = "whole", threads: int = 1) -> FeatureTable:
        return build_features(
            rows, [self.component], time="time", entity="ticker", calendar=self.calendar, history=history, threads=threads
        )


def _check_shape(component: Component, found: FeatureTable, rows: pl.DataFrame) -> None:
    names = feature_names([component])
    assert len(set(names)) == len(names) > 0, f"the names of its columns are not unique, or there are none: {names}"
    assert found.names == tuple(names), "the columns of the matrix are not those that it says it makes"
    assert not set(names) & set(rows.columns), "a column has the name of a column of the data"
    assert not np.isinf(found.matrix).any(), "a value is infinite; what is not defined is missing"
    assert found.warm.any(), f"no row of {rows.height} has the history that it asks for; use shorter windows for the check"
    assert not np.isnan(found.matrix[found.warm]).all(axis=0).any(), "a column has no value in any row that has its history"


def _check_same_bits(case: _Case, rows: pl.DataFrame, found: FeatureTable) -> None:
    for other, what in ((case.build(rows), "a second time"), (case.build(rows, threads=2), "with two threads")):
        assert _same(other.matrix, found.matrix), f"its values are others {what}"
    only = rows.select("time", "ticker", *needed_columns([case.component]))
    assert _same(case.build(only).matrix, found.matrix), "it reads a column that it does not say it reads"


def _check_past(case: _Case, rows: pl.DataFrame, found: FeatureTable) -> None:
    """Rows up to a time are the same whatever comes later, and if nothing does."""
    times = rows["time"].unique().sort()
    for cut in _CUTS:
        at = times[int(cut * len(times))]
        past = (rows["time"] <= at).to_numpy()
        assert _same(case.build(rows.filter(pl.Series(past))).matrix, found.matrix[past]), (
            f"rows up to {at} change when later rows are left out"
        )
        later = _changed_after(rows, at)
        assert _same(case.build(later).matrix[past], found.matrix[past]), f"rows up to {at} depend on values of later rows"


def _changed_after(rows: pl.DataFrame, at: Any) -> pl.DataFrame:
    numeric = [name for name, kind in rows.schema.items() if kind.is_numeric()]
    return rows.with_columns(pl.when(pl.col("time") > at).then(pl.col(name) * 3 + 50).otherwise(pl.col(name)) for name in numeric)


def _check_history(case: _Case, rows: pl.DataFrame, found: FeatureTable) -> None:
    """A row that has all the history that is asked for has the bits that it has with more of it, and there is one."""
    first = rows["time"].unique().sort()[int(0.3 * rows["time"].n_unique())]
    kept = (rows["time"] >= first).to_numpy()
    part = case.build(rows.filter(pl.Series(kept)), history="part")
    assert part.lookback <= rows.height, f"lookback is {part.lookback}"
    assert part.warm.any(), "no row is warm without the first third of the history; use shorter windows for the check"
    assert _same(part.matrix[part.warm], found.matrix[kept][part.warm]), f"a row reads more than the {part.lookback} rows before it"


def _same(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> bool:
    return left.shape == right.shape and bool(np.array_equal(left, right, equal_nan=True))
