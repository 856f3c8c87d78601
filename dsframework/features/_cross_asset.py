"""The feature ``cross_asset``: what other entities say at the same time."""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl

from dsframework.features._base import FeatureColumn, Floats
from dsframework.features._operations import Operation
from dsframework.features._orders import Positions
from dsframework.features._view import View
from dsframework.spec import CrossAssetArguments

__all__ = ["cross_asset_columns"]

_MEANS = {"market": "cross_mean", "others": "others_mean"}


def cross_asset_columns(arguments: CrossAssetArguments) -> list[FeatureColumn]:
    """A column of another entity, and means over the entities.

    Every row gets the value of the other entity's last row at the row's time or before it; ``lags`` go further back, in rows of that
    entity. Names ``<column>_of_<entity>``, ``<column>_of_<entity>_lag_<lag>``. ``market`` is the mean over all entities that have a value
    at the row's time, ``others`` the mean without the row's own: ``<column>_market_mean``, ``<column>_others_mean``; null where there is
    none.
    """
    return [
        *(
            _of_entity(column, entity, lag)
            for column in arguments.columns
            for entity in arguments.entities or ()
            for lag in arguments.lags or (0,)
        ),
        *(
            FeatureColumn.compiled(f"{column}_{mean}_mean", (("columns", column),), Operation(_MEANS[mean]), scope="time", needs="entity")
            for column in arguments.columns
            for mean in arguments.means or ()
        ),
    ]


def _of_entity(column: str, entity: str, lag: int) -> FeatureColumn:
    source = partial(_rows_of, entity=entity, lag=lag)
    return FeatureColumn(
        f"{column}_of_{entity}" + (f"_lag_{lag}" if lag else ""),
        (("columns", column),),
        lag,
        of_panel=partial(_values_of, source=source),
        source=source,
        needs="entity",
        others=(entity,),
    )


def _rows_of(view: View, *, entity: str, lag: int) -> Positions:
    """For each row of the panel the other entity's, -1 where there is none."""
    assert view.entity is not None
    times = view.keys[view.time].to_physical().to_numpy()
    rows = np.flatnonzero((view.keys[view.entity].cast(pl.String) == entity).fill_null(False).to_numpy())
    place = np.searchsorted(times[rows], times, side="right") - 1 - lag
    return np.where(place >= 0, rows[np.maximum(place, 0)] if len(rows) else -1, -1)


def _values_of(view: View, values: Floats, *, source: partial[Positions]) -> Floats:
    rows = source(view)
    return np.where(rows >= 0, values[np.maximum(rows, 0)], np.nan) if len(values) else values
