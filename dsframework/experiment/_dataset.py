"""From a panel to arrays: features, target, baselines and the time axis that folds are cut from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from dsframework.data import Panel, check_columns, find_column, naming
from dsframework.errors import DataError
from dsframework.experiment._bars_of_day import BarsOfDay
from dsframework.experiment._classes import with_codes
from dsframework.experiment._fold_rows import Chosen, test_paths, test_rows, train_rows
from dsframework.experiment._forms import FLAT_CLASSES
from dsframework.experiment._locate import entity_codes, locate
from dsframework.experiment._resolve import resolve_target, season_of
from dsframework.experiment._summaries import sum_up
from dsframework.experiment._target import add_labels, add_target, has_now, seasons_back
from dsframework.features import build_features, check_entities, is_summary, needed_columns, summary_needs
from dsframework.preprocessing import TargetTransform
from dsframework.rows import Rows
from dsframework.spec import Component, TargetSpec
from dsframework.splitting import Fold, Span

__all__ = ["Dataset", "build_dataset"]

_FEWEST_CHANGES, _ROUNDING = 2, 1e-12
Floats = np.ndarray[Any, np.dtype[np.float64]]
Times = np.ndarray[Any, np.dtype[np.datetime64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Dataset:
    """The rows that can be learned from, sorted by time, then entity.

    Attributes
    ----------
    x
        Features, shape (rows, features), C-contiguous; NaN is a missing value.
    y
        Target in its own unit, shape (rows,).
    time, label_time
        When a row is known, and when its target is, shape (rows,).
    since
        The time of the oldest row of its entity that is read for a row, by its features or its target's scale, shape (rows,).
    entity
        Position in `entities`, shape (rows,); all zero for one series.
    axis
        Sorted unique times, shape (steps,).
    offsets
        Rows of step s are ``offsets[s]:offsets[s + 1]``, shape (steps + 1,).
    naive
        Forecasts that need no training, by name, each of shape (rows,); NaN where there is too little history.
    where
        Whose and when the rows are.
    classes
        Names of the classes 0, 1, ... of a classification; empty for other tasks.
    bars
        The bars of a day, which tell the time of day that a target will lie at; None for daily data.
    weight
        What a column of the data says that a row counts, shape (rows,); None where there is none.
    has_target
        Whether `y` says anything: an anomaly or a cluster need not be known.
    """

    x: Floats
    y: Floats
    names: tuple[str, ...]
    time: Times
    label_time: Times
    since: Times
    entity: np.ndarray[Any, np.dtype[np.int32]]
    entities: tuple[str, ...]
    axis: Times
    offsets: np.ndarray[Any, np.dtype[np.int64]]
    naive: dict[str, Floats]
    where: Rows
    lookback: int
    reads: int
    dropped: dict[str, int] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    bars: BarsOfDay | None = None
    has_target: bool = True
    weight: Floats | None = None

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return int(self.y.shape[0])

    def truth(self, rows: slice | np.ndarray[Any, Any]) -> Floats | None:
        """Return the target of some rows; None where the data has no target."""
        return self.y[rows] if self.has_target else None

    @property
    def n_dropped(self) -> int:
        """How many rows of the panel can't be learned from."""
        return sum(self.dropped.values())

    def rows(self, span: Span) -> slice:
        """Return the rows of a stretch of the time axis; a slice, so that arrays are views."""
        return slice(int(self.offsets[span.start]), int(self.offsets[span.stop]))

    def test_rows(self, fold: Fold) -> Chosen:
        """Return the rows that a fold is tested on: a slice where they are one stretch, rising positions otherwise."""
        return test_rows(self, fold)

    def train_rows(self, fold: Fold) -> Chosen:
        """Return the rows that a fold may learn from: a slice where they are one stretch, rising positions otherwise.

        Positions are needed where a fold learns from both sides of its test, where it holds out entities, and where an entity skips
        sessions, so that a row's label lies further ahead than the axis tells.
        """
        return train_rows(self, fold)

    def test_paths(self, fold: Fold) -> np.ndarray[Any, np.dtype[np.int32]]:
        """Return the path that each of the test rows belongs to, of a fold that has paths."""
        return test_paths(self, fold)


def build_dataset(
    panel: Panel, target: TargetSpec | None, features: list[Component], *, task: str = "regression", among: Bools | None = None
) -> Dataset:
    """Compute features and target of a panel.

    Of a task that predicts nothing, `target` names the column with what is true of a row, or is None. Of a task that predicts, `among` says
    which rows of the panel may be kept, all of which have the history that the features ask for; all rows where it is None.

    Raises
    ------
    DataError
        When a column is missing, not numeric, all null, or the target has missing values or never changes.
    FeatureError
        When a feature can't be computed.
    """
    with naming(panel.source):
        return _built(panel, target, features, task, among)


def _built(panel: Panel, target: TargetSpec | None, features: list[Component], task: str, among: Bools | None) -> Dataset:
    classes: tuple[str, ...] = ()
    labelled = panel
    if target is not None:
        target = resolve_target(panel, target)
        labelled, classes = _checked(panel, target, task)
    check_entities(panel.frame, features, entity=panel.entity)
    if is_summary(features) and task == "clustering":
        check_columns(panel, summary_needs(features), field="features")
        summed = sum_up(panel, features, labelled)
        return replace(_without_target(summed.panel, target, summed.table), classes=classes)
    table = build_features(panel.frame, features, time=panel.time, entity=panel.entity, calendar=panel.calendar)
    check_columns(panel, needed_columns(features), field="features")
    if task in ("anomaly", "clustering"):
        return replace(_without_target(labelled, target, table), classes=classes)
    assert target is not None
    frame = add_target(labelled, target)
    if panel.checks.constant == "error":
        _check_changes(panel, target, frame)
    known = frame["__y"].is_finite().fill_null(False).to_numpy()
    begun, back = _measures(panel, target, frame)
    if among is not None and (among & ~table.warm).any():
        text = f"{int((among & ~table.warm).sum())} of the rows that all trials are scored on lack the history that these features ask for"
        raise DataError(text, field="search", mend="write the forms as variants, or the range as a list")
    table = replace(table, warm=table.warm & begun if among is None else among & begun)
    keep = table.warm & known
    if not keep.any():
        raise DataError(
            f"no row is left: the features need {table.lookback} rows of history and the target {target.horizon} ahead, "
            f"but there are {panel.n_rows} rows",
            field="features",
            mend="use shorter lags or windows, or more data",
        )
    reads = max(table.lookback, back)
    bars = BarsOfDay.of(panel, target.horizon)
    dataset = _arrays(panel, frame.with_columns(_since(panel, reads)), table, keep, known, reads, bars)
    return replace(dataset, classes=classes)


def _check_changes(panel: Panel, target: TargetSpec, frame: pl.DataFrame) -> None:
    """Refuse a target that is the same in every row: whatever is forecast of it, no score says anything."""
    known = frame["__y"].drop_nulls().drop_nans().to_numpy()
    if len(known) < _FEWEST_CHANGES:
        return
    low, high = float(known.min()), float(known.max())
    if high - low > _ROUNDING * max(abs(low), abs(high)):
        return
    what = repr(target.column) if target.as_ == "value" else f"the {target.as_} of {target.column!r}"
    text = f"{what} is {known[0]:g} in every row"
    if target.as_ in ("class", "direction"):
        text = f"{what} is the same class in every row"
    mend = "use another column, or set data.checks.constant to ignore"
    raise DataError(text, field="target.column", value=target.column, mend=mend)


def _checked(panel: Panel, target: TargetSpec, task: str) -> tuple[Panel, tuple[str, ...]]:
    """The panel with a column of the target that can be calculated with, and the names of its classes."""
    if target.as_ == "class" or (task in ("classification", "clustering") and target.as_ == "value"):
        find_column(target.column, [name for name in panel.frame.columns if name not in (panel.time, panel.entity)], field="target.column")
        return with_codes(panel, target)
    check_columns(panel, [target.column], field="target.column")
    return panel, FLAT_CLASSES if target.threshold is not None else ()


def _measures(panel: Panel, target: TargetSpec, frame: pl.DataFrame) -> tuple[Any, int]:
    """Which rows have the known values that the target's scale measures from, and how many rows back those read."""
    scale, begun = TargetTransform(target.transform), np.ones(panel.n_rows, dtype=bool)
    if not has_now(target):
        return begun, 0
    own = 0 if target.as_ == "value" else target.horizon
    back = target.horizon if scale.needs_now else 0
    if scale.needs_now:
        begun &= frame["__naive_naive"].is_finite().fill_null(False).to_numpy()
    if scale.needs_season:
        back = max(back, seasons_back(target, season_of(panel, target)) + own)
        begun &= frame["__season"].is_finite().fill_null(False).to_numpy()
    return begun, back


def _without_target(panel: Panel, target: TargetSpec | None, table: Any) -> Dataset:
    frame = add_labels(panel, None if target is None else target.column).with_columns(_since(panel, table.lookback))
    if not table.warm.any():
        raise DataError(
            f"no row is left: the features need {table.lookback} rows of history, but there are {panel.n_rows} rows",
            field="features",
            mend="use shorter lags or windows, or more data",
        )
    everything = np.ones(panel.n_rows, dtype=bool)
    return replace(_arrays(panel, frame, table, table.warm, everything, table.lookback), has_target=target is not None)


def _since(panel: Panel, reads: int) -> pl.Expr:
    """The time that lies `reads` rows back; the first row of the entity where the target's scale reads further back than there is."""
    time = pl.col(panel.time)
    oldest = time.shift(reads).fill_null(time.first())
    return (oldest.over(panel.entity) if panel.entity else oldest).alias("__since")


def _arrays(panel: Panel, frame: pl.DataFrame, table: Any, keep: Any, known: Any, reads: int, bars: BarsOfDay | None = None) -> Dataset:
    rows = frame.filter(pl.Series(keep))
    time = rows["__time"].to_numpy().astype("datetime64[ns]")
    axis, first = np.unique(time, return_index=True)
    entity, entities = entity_codes(rows, panel.entity)
    step = np.repeat(np.arange(len(axis)), np.diff(np.append(first, len(time))))
    label_time = rows["__label_time"].to_numpy().astype("datetime64[ns]")
    naive = {name[len("__naive_") :]: _floats(rows[name]) for name in rows.columns if name.startswith("__naive_")}
    season = _floats(rows["__season"]) if "naive" in naive else None
    return Dataset(
        x=np.ascontiguousarray(table.matrix[keep]),
        y=_floats(rows["__y"]),
        names=table.names,
        time=time,
        label_time=label_time,
        since=rows["__since"].to_numpy().astype("datetime64[ns]"),
        entity=entity,
        entities=entities,
        axis=axis,
        offsets=np.append(first, len(time)).astype(np.int64),
        naive=naive,
        where=locate(rows, panel, entity, entities, step, now=naive.get("naive"), season=season, bars=bars, label_time=label_time),
        lookback=table.lookback,
        reads=reads,
        dropped={"history": int((~table.warm).sum()), "target": int((table.warm & ~known).sum())},
        bars=bars,
    )


def _floats(series: pl.Series) -> Floats:
    return np.ascontiguousarray(series.cast(pl.Float64).fill_null(float("nan")).to_numpy(), dtype=np.float64)
