"""What a finished experiment leaves: everything from raw rows to a prediction, in one object that can be stored."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from dsframework.data import UNCHECKED, Panel, load_panel
from dsframework.errors import DataError, SplitError
from dsframework.evaluation import AdaptiveConformal, IntervalMaker, interval_columns, interval_from_quantiles
from dsframework.experiment._bars_of_day import BarsOfDay
from dsframework.experiment._learned import Forecast, Learned, asked_of, with_history
from dsframework.experiment._locate import entity_codes, locate
from dsframework.experiment._summaries import sum_up
from dsframework.experiment._target import add_target, known_values
from dsframework.features import build_features, check_entities, is_summary, needed_columns, summary_needs, use_own
from dsframework.metrics import Interval
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
    intervals: IntervalMaker | None = None
    own: dict[str, Any] | None = None
    bars: BarsOfDay | None = None

    @property
    def input_columns(self) -> list[str]:
        """The columns that raw rows must have, time and entity first."""
        keys = [self.data.time, *([self.data.entity] if self.data.entity else [])]
        own = self.target is not None and (self.learned.needs_now or self.learned.needs_season or self._goes_on_learning)
        read = summary_needs(self.features) if is_summary(self.features) else needed_columns(self.features)
        columns = [*read, *([self.target.column] if self.target and own else [])]
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
            for an anomaly the score, with ``flagged`` and where the model tells it ``reason``; for clusters their number, of every entity
            or day where they are made of those, with the time of its last row. Quantiles have
            columns ``quantile_<level>``, and intervals ``lower`` and ``upper`` (of several coverages ``lower_0.9`` and so on); rows from
            before the intervals were calibrated have none.

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
            checks=UNCHECKED,
        )
        panel = load_panel(panel_spec, frames={"frame": frame})
        check_entities(panel.frame, self.features, entity=panel.entity)
        with use_own(self.own or {}):
            if is_summary(self.features):
                summed = sum_up(panel, self.features)
                panel, table, every_row = summed.panel, summed.table, True
            else:
                table = build_features(panel.frame, self.features, time=panel.time, entity=panel.entity, calendar=panel.calendar)
        known = self._known(panel)
        warm = self._begun(table.warm, known)
        chosen = warm if every_row else warm & _last_rows(panel.frame, panel.entity)
        wanted, chosen = chosen, chosen | self._learned_from(panel, warm)
        if not chosen.any():
            raise DataError(
                f"no entity has the {self.lookback + 1} rows of history that the features need", field="data", mend="hand over more history"
            )
        where = self._where(panel, warm, known)
        asked = chosen[warm]
        seen = with_history(where, asked, self.learned.history)
        x = np.ascontiguousarray(table.matrix[warm][seen])
        missing = np.isnan(x).sum(axis=0)
        if missing.any() and not (self.learned.steps.fills_nulls or self.learned.model.takes_null):
            name = self.names[int(np.flatnonzero(missing)[0])]
            raise DataError(f"{name!r} is missing in a row to predict from", field="features", mend="add 'impute' to preprocessing")
        forecast = self.learned.forecast(x, asked_of(where, asked, seen))
        keys = [panel.time, *([panel.entity] if panel.entity else [])]
        found = panel.frame.select(keys).filter(pl.Series(chosen)).with_columns(pl.Series("prediction", forecast.point))
        found = found.with_columns(
            pl.Series(name, values) for name, values in forecast.columns(self.classes, self.learned.asked_quantiles).items()
        )
        return self._with_intervals(found, forecast, where[asked], panel, chosen).filter(pl.Series(wanted[chosen]))

    @property
    def _goes_on_learning(self) -> bool:
        """Whether intervals go on learning from rows whose target has become known."""
        return isinstance(self.intervals, AdaptiveConformal)

    def _learned_from(self, panel: Panel, warm: np.ndarray[Any, np.dtype[np.bool_]]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """The rows that the intervals go on learning from: all since they were calibrated."""
        if self.intervals is None or not self._goes_on_learning:
            return np.zeros(len(warm), dtype=bool)
        since: np.ndarray[Any, np.dtype[np.bool_]] = panel.frame[panel.time].to_numpy() >= self.intervals.known_until_
        return warm & since

    def _with_intervals(self, found: pl.DataFrame, forecast: Forecast, rows: Rows, panel: Panel, chosen: Any) -> pl.DataFrame:
        """The predictions with their intervals; rows from before the calibration have none."""
        maker = self.intervals
        if maker is None or self.target is None:
            return found
        later = rows.time >= maker.known_until_
        if not later.any():
            nothing = np.full((len(rows), len(maker.coverage)), np.nan)
            return found.with_columns(**interval_columns(Interval(nothing, nothing, maker.coverage)))
        levels = np.asarray(self.learned.asked_quantiles)
        base = None if forecast.quantiles is None else interval_from_quantiles(forecast.quantiles[later], levels, maker.coverage)
        if self._goes_on_learning:
            actual, label_time = _labels(panel, self.target)
            there = replace(rows, label_time=label_time[chosen])[later]
            made = copy.deepcopy(maker).walk(actual[chosen][later], forecast.point[later], there, base=base)
        else:
            made = maker.predict(forecast.point[later], rows[later], base=base)
        lower, upper = (np.full((len(rows), len(maker.coverage)), np.nan) for _ in range(2))
        lower[later], upper[later] = made.lower, made.upper
        return found.with_columns(**interval_columns(Interval(lower, upper, maker.coverage)))

    def _known(self, panel: Panel) -> pl.DataFrame | None:
        """What is known of the target at each row; None where nothing asks for it."""
        asks = self.learned.needs_now or self.learned.needs_season
        return known_values(panel, self.target) if self.target is not None and asks else None

    def _begun(self, warm: np.ndarray[Any, np.dtype[np.bool_]], known: pl.DataFrame | None) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which rows have their history, that of the values included which the target's scale measures from."""
        if known is None:
            return warm
        scale = self.learned.target
        measured = [name for name, asks in (("now", scale.needs_now), ("season", scale.needs_season)) if asks]
        begun = warm.copy()
        for name in measured:
            begun &= np.isfinite(known[name].to_numpy())
        return begun

    def _where(self, panel: Panel, warm: np.ndarray[Any, np.dtype[np.bool_]], known: pl.DataFrame | None) -> Rows:
        chosen = pl.Series(warm)
        frame = panel.frame.filter(chosen)
        entity, entities = entity_codes(frame, panel.entity)
        _, step = np.unique(frame[panel.time].to_numpy(), return_inverse=True)
        now, season = (None, None) if known is None else (known.filter(chosen)[name].to_numpy() for name in ("now", "season"))
        return locate(frame, panel, entity, entities, step, now=now, season=season, bars=self.bars)


def _labels(panel: Panel, target: TargetSpec) -> tuple[Any, Any]:
    """The target of every row as far as it is known by now, and when it was; NaN and NaT where it is not."""
    try:
        frame = add_target(panel, target)
    except SplitError:  # not one target is known yet
        return np.full(panel.n_rows, np.nan), np.full(panel.n_rows, np.datetime64("NaT", "ns"))
    known = frame["__y"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    label_time = frame["__label_time"].to_numpy().astype("datetime64[ns]")
    return known, np.where(np.isfinite(known), label_time, np.datetime64("NaT", "ns"))


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
