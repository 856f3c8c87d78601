"""A few rows with their features, stored with a run: whoever computes them again must get the same bits."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from dsframework.records import AuditCheck

__all__ = ["Golden", "check_golden", "make_golden"]

_ENTITIES = 4
_MOST_ROWS = 20_000


@dataclass(frozen=True)
class Golden:
    """Raw rows, and the features of the last of each entity.

    Attributes
    ----------
    rows
        Raw rows of a few entities, enough history for the last one.
    features
        The keys of the last rows and one column a feature.
    """

    rows: pl.DataFrame
    features: pl.DataFrame

    def to_bytes(self) -> dict[str, bytes]:
        """Return the two tables as Parquet files, by name."""
        found = {}
        for name, frame in (("rows", self.rows), ("features", self.features)):
            buffer = io.BytesIO()
            frame.write_parquet(buffer)
            found[f"{name}.parquet"] = buffer.getvalue()
        return found

    @classmethod
    def from_bytes(cls, files: dict[str, bytes]) -> Golden:
        """Read what `to_bytes` gave."""
        return cls(*(pl.read_parquet(io.BytesIO(files[f"{name}.parquet"])) for name in ("rows", "features")))


def make_golden(frame: pl.DataFrame, build: Any, *, time: str, entity: str | None, lookback: int) -> Golden | None:
    """Return golden rows from the end of a panel: its first and last entities by name, with the history that their features need.

    None where that history is longer than 20,000 rows.
    """
    names = frame[entity].unique().sort().to_list() if entity else [None]
    chosen = names if len(names) <= _ENTITIES else [*names[: _ENTITIES // 2], *names[-_ENTITIES // 2 :]]
    if (lookback + 1) * len(chosen) > _MOST_ROWS:
        return None
    rows = frame.filter(pl.col(entity).is_in(chosen)) if entity else frame
    rows = rows.filter((pl.len() - pl.int_range(pl.len())).over(entity) <= lookback + 1) if entity else rows.tail(lookback + 1)
    return Golden(rows, _features(rows, build, time=time, entity=entity))


def check_golden(golden: Golden, build: Any, *, time: str, entity: str | None) -> AuditCheck:
    """Compute the features of golden rows again and compare them to the last bit.

    Returns
    -------
    AuditCheck
        ``golden``: failed at the first feature that differs.
    """
    now, then = _features(golden.rows, build, time=time, entity=entity), golden.features
    if now.columns != then.columns:
        lost = json.dumps(sorted(set(then.columns) ^ set(now.columns))[:5])
        return AuditCheck(name="golden", verdict="failed", detail=f"the features are not the same ones: {lost}")
    for name in then.columns:
        if name in (time, entity):
            continue
        left, right = then[name].to_numpy(), now[name].to_numpy()
        wrong = (left != right) & ~(np.isnan(left) & np.isnan(right))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            text = f"{name!r} was {float(left[row])!r} when it was recorded and is {float(right[row])!r} now"
            who = {"entity": str(then[entity][row])} if entity else {}
            return AuditCheck(name="golden", verdict="failed", detail=text, feature=name, date=str(then[time][row]), **who)
    return AuditCheck(name="golden", verdict="clean", detail=f"{then.width - len({time, entity} - {None})} features of {then.height} rows")


def _features(rows: pl.DataFrame, build: Any, *, time: str, entity: str | None) -> pl.DataFrame:
    """The features of the last row of each entity."""
    table = build(rows)
    last = pl.int_range(pl.len()) == pl.len() - 1
    chosen = rows.select(last.over(entity) if entity else last).to_series()
    matrix = np.asarray(table.matrix)[chosen.to_numpy()]
    keys = [time, *([entity] if entity else [])]
    return rows.filter(chosen).select(keys).with_columns(pl.Series(name, matrix[:, column]) for column, name in enumerate(table.names))
