"""Whether the entities that features read are there."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from dsframework.errors import FeatureError
from dsframework.features._plan import plan
from dsframework.spec import Component, near_miss

__all__ = ["check_entities", "entities_read"]

_LISTED = 12


def check_entities(frame: pl.DataFrame, components: Sequence[Component], *, entity: str | None) -> None:
    """Raise `FeatureError` where a feature reads an entity of which there is no row.

    `build_features` does not: a part of a panel, such as its beginning, may have no row of an entity that starts later.
    """
    rows = [component for component in components if component.name != "summary"]
    wanted = [(name, step.place) for step in plan(rows) for name in step.column.others]
    if entity is None or not wanted:
        return
    known = frame[entity].unique().cast(pl.String).drop_nulls().sort().to_list()
    for name, place in wanted:
        if name not in known:
            close = near_miss(name, known)
            listed = ", ".join(known[:_LISTED]) + (", …" if len(known) > _LISTED else "")
            mend = f"did you mean {close}?" if close else f"load its rows too; there are {listed}"
            raise FeatureError("no such entity in the data", field=f"{place}.entities", value=name, mend=mend)


def entities_read(components: Sequence[Component]) -> tuple[tuple[str, ...], bool]:
    """Return the entities that features name, and whether some feature compares all entities of a time, as a rank does."""
    columns = [step.column for step in plan([component for component in components if component.name != "summary"])]
    named = tuple(dict.fromkeys(name for column in columns for name in column.others))
    return named, any(column.scope == "time" for column in columns)
