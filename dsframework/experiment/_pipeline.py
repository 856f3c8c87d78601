"""What a finished experiment leaves: everything from raw rows to a prediction, in one object that can be stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from dsframework.data import Panel, load_panel
from dsframework.errors import DataError
from dsframework.experiment._learned import Learned, asked_of, with_history
from dsframework.experiment._locate import entity_codes, locate
from dsframework.experiment._target import value_now
from dsframework.features import build_features, needed_columns
from dsframework.rows import Rows
from dsframework.spec import Component, DataSpec, FrameData, TargetSpec

__all__ = ["FittedPipeline"]


@dataclass(frozen=True)
class FittedPipeline:
    """Features, fitted preprocessing, fitted model and the way back to the target's unit."""

    task: str
    data: DataSpec
    target: TargetSpec | None
    features: list[Component]
    names: tuple[str, ...]
    lookback: int
    learned: Learned
    classes: tuple[str, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def input_columns(self) -> list[str]:
        """The columns that raw rows must have, time and entity first."""
        keys = [self.data.time, *([self.data.entity] if self.data.entity else [])]
        columns = [*needed_columns(self.features), *([self.target.column] if self.target and self.learned.needs_now else [])]
        return [*keys, *dict.fromkeys(name for name in columns if name not in keys)]

    def predict(self, frame: Any, as_of: Any = None, *, every_row: bool = False) -> pl.DataFrame:
        """Predict from raw rows.

        Parameters
        ----------
        frame
            polars or pandas rows with `input_columns`: enough history (`lookback` rows an entity) and the rows to predict from.
        as_of
            Use rows up to this time only; all by default.
        every_row
            Predict from every row that has its history, and not from the last row of each entity only.

        Returns
        -------
        pl.DataFrame
            Columns time, entity (if there is one) and prediction: the target's value `horizon` rows after the row, in its unit; for a
            classification the probability of class 1 (of more classes the most probable one, and a column ``probability_<class>`` each);
            for an anomaly the score, with ``flagged`` and where the model tells it ``reason``; for clusters their number. Quantiles have
            columns ``quantile_<level>``.

        Raises
        ------
        DataError
            When columns or history are missing.
        """
        panel_spec = FrameData(
            frame="frame",
            time=self.data.time,
            entity=self.data.entity,
            timezone=self.data.timezone,
            calendar=self.data.calendar,
            end=None if as_of is None else str(as_of),
        )
        panel = load_panel(panel_spec, frames={"frame": frame})
        table = build_features(panel.frame, self.features, time=panel.time, entity=panel.entity, calendar=panel.calendar)
        chosen = table.warm if every_row else table.warm & _last_rows(panel.frame, panel.entity)
        if not chosen.any():
            raise DataError(
                f"no entity has the {self.lookback + 1} rows of history that the features need", field="data", mend="hand over more history"
            )
        where = self._where(panel, table.warm)
        asked = chosen[table.warm]
        seen = with_history(where, asked, self.learned.history)
        x = np.ascontiguousarray(table.matrix[table.warm][seen])
        missing = np.isnan(x).sum(axis=0)
        if missing.any() and not (self.learned.steps.fills_nulls or self.learned.model.takes_null):
            name = self.names[int(np.flatnonzero(missing)[0])]
            raise DataError(f"{name!r} is missing in a row to predict from", field="features", mend="add 'impute' to preprocessing")
        forecast = self.learned.forecast(x, asked_of(where, asked, seen))
        keys = [panel.time, *([panel.entity] if panel.entity else [])]
        found = panel.frame.select(keys).filter(pl.Series(chosen)).with_columns(pl.Series("prediction", forecast.point))
        return found.with_columns(
            pl.Series(name, values) for name, values in forecast.columns(self.classes, self.learned.asked_quantiles).items()
        )

    def _where(self, panel: Panel, warm: np.ndarray[Any, np.dtype[np.bool_]]) -> Rows:
        chosen = pl.Series(warm)
        frame = panel.frame.filter(chosen)
        entity, entities = entity_codes(frame, panel.entity)
        _, step = np.unique(frame[panel.time].to_numpy(), return_inverse=True)
        now = value_now(panel, self.target).filter(chosen).to_numpy() if self.target and self.learned.needs_now else None
        return locate(frame, panel, entity, entities, step, now=now)


def _last_rows(frame: pl.DataFrame, entity: str | None) -> np.ndarray[Any, np.dtype[np.bool_]]:
    last = np.zeros(frame.height, dtype=bool)
    if frame.height == 0:
        return last
    if entity is None:
        last[-1] = True
        return last
    rows = frame.select(entity).with_row_index("row").group_by(entity).agg(pl.col("row").max())["row"]
    last[rows.to_numpy()] = True
    return last
