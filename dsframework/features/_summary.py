"""The feature ``summary``: one row an entity, or a day, made of all of its rows. For clusterings, which look at the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from dsframework.errors import FeatureError
from dsframework.features._base import Floats, Moments
from dsframework.features._build import build_features
from dsframework.features._plan import feature_names, needed_columns
from dsframework.features._summary_shapes import SHAPES, autocorrelation
from dsframework.spec import Component, SummaryArguments, near_miss

__all__ = ["SummaryTable", "build_summary", "is_summary", "summary_needs"]

_FEATURE = "summary"
_Whole = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class SummaryTable:
    """One row an entity, or a day.

    Attributes
    ----------
    over
        ``entity`` or ``day``.
    keys
        The entities or the days, sorted, shape (rows,).
    names
        Names of the columns, ``<column>_<stat>``.
    matrix
        Shape (rows, columns); NaN where a statistic is not defined, such as the skewness of equal values.
    n_rows
        How many rows of the panel each row is made of, shape (rows,).
    last
        Which row of the panel is the last of each, shape (rows,).
    """

    over: str
    keys: pl.Series
    names: tuple[str, ...]
    matrix: Floats
    n_rows: _Whole
    last: _Whole


def is_summary(components: Sequence[Component]) -> bool:
    """Whether the features make one row of many."""
    return any(component.name == _FEATURE for component in components)


def summary_needs(components: Sequence[Component]) -> list[str]:
    """Return the columns of the data that a summary and the features before it read, each once."""
    before, summaries = _parted(components)
    own = [column for summary in summaries for column in summary.columns]
    made = set(feature_names(before))
    return list(dict.fromkeys([*needed_columns(before), *(name for name in own if name not in made)]))


def build_summary(
    frame: pl.DataFrame, components: Sequence[Component], *, time: str, entity: str | None, calendar: str | None
) -> SummaryTable:
    """Make one row an entity, or a day, of a panel.

    Features before the first ``summary`` are computed for every row, and only what a ``summary`` names of them is used. A missing value,
    such as that of a row without enough history, is left out. A lagged pair of an autocorrelation lies within one entity, and within one
    day where days are made.

    Parameters
    ----------
    frame
        Rows sorted by time, then entity.
    components
        Features of rows, then one ``summary`` or more over the same thing.
    time, entity, calendar
        As for `build_features`.

    Raises
    ------
    FeatureError
        When a column is not there or not numeric, when a summary is followed by another feature, when two summaries make different rows,
        or when there are no entities to make rows of.
    """
    before, summaries = _parted(components)
    over = summaries[0].over
    if over == "entity" and entity is None:
        raise FeatureError(
            "there is one series only, of which there is nothing to cluster",
            field="features.summary.over",
            mend="use over: day, or set data.entity",
        )
    table = build_features(frame, before, time=time, entity=entity, calendar=calendar, history="whole") if before else None
    made = {} if table is None else {name: table.matrix[:, place] for place, name in enumerate(table.names)}
    keys = (frame[entity] if over == "entity" and entity else Moments(frame[time], calendar).days).alias(over)
    groups = _Groups.of(keys, frame[entity] if entity else None)
    columns: dict[str, Floats] = {}
    for summary in summaries:
        for column in summary.columns:
            values = groups.values(made[column] if column in made else _numbers(frame, column, [*made, *_usable(frame, time, entity)]))
            for stat in summary.stats:
                name = f"{column}_{stat.replace(':', '_')}"
                if name in columns:
                    raise FeatureError(f"two summaries make a column {name!r}", field="features.summary", mend="remove one of them")
                columns[name] = groups.figures(values, _figure(stat))
    return SummaryTable(over, groups.keys, tuple(columns), np.stack(list(columns.values()), axis=1), groups.sizes, groups.last)


@dataclass(frozen=True)
class _Groups:
    """The rows by what they are summed up to, and within that by entity, then time.

    Attributes
    ----------
    order
        Positions of the rows in that order.
    bounds
        Where each group begins in it, and where the last ends, shape (groups + 1,).
    entity
        The entity of every row, in that order.
    """

    keys: pl.Series
    order: _Whole
    bounds: _Whole
    entity: _Whole
    last: _Whole

    @classmethod
    def of(cls, keys: pl.Series, entity: pl.Series | None) -> _Groups:
        group = keys.rank("dense").cast(pl.Int64).to_numpy() - 1
        who = np.zeros(len(group), dtype=np.int64) if entity is None else entity.rank("dense").cast(pl.Int64).to_numpy()
        order = np.lexsort((who, group))
        bounds = np.searchsorted(group[order], np.arange(int(group.max(initial=-1)) + 2))
        last = np.array([order[begin:end].max() for begin, end in pairwise(bounds)], dtype=np.int64)
        return cls(keys.unique().sort(), order, bounds, who[order], last)

    @property
    def sizes(self) -> _Whole:
        return np.diff(self.bounds).astype(np.int64)

    def values(self, column: Floats) -> Floats:
        return np.where(np.isfinite(column), column, np.nan)[self.order]

    def figures(self, values: Floats, figure: Callable[[Floats, _Whole], float]) -> Floats:
        return np.array([figure(values[part], self.entity[part]) for part in self._parts()], dtype=np.float64)

    def _parts(self) -> Iterator[slice]:
        for begin, end in pairwise(self.bounds):
            yield slice(int(begin), int(end))


def _parted(components: Sequence[Component]) -> tuple[list[Component], list[SummaryArguments]]:
    first = next((place for place, component in enumerate(components) if component.name == _FEATURE), len(components))
    summaries: list[SummaryArguments] = []
    for place, component in enumerate(components[first:], start=first):
        if not isinstance(component.arguments, SummaryArguments):
            raise FeatureError(
                "a feature of rows after a summary", field=f"features[{place}].{component.name}", mend="move the summary to the end"
            )
        summaries.append(component.arguments)
    if len({summary.over for summary in summaries}) > 1:
        raise FeatureError(
            "one summary makes a row an entity, another a row a day", field="features.summary.over", mend="use one of the two"
        )
    if not summaries:
        raise FeatureError("there is no summary among the features", field="features", mend="add summary")
    return list(components[:first]), summaries


def _usable(frame: pl.DataFrame, time: str, entity: str | None) -> list[str]:
    return [name for name in frame.columns if name not in (time, entity)]


def _numbers(frame: pl.DataFrame, column: str, known: list[str]) -> Floats:
    field = "features.summary.columns"
    if column not in known:
        close = near_miss(column, known)
        raise FeatureError(
            "no such column", field=field, value=column, mend=f"did you mean {close}?" if close else f"there are {', '.join(known[:12])}"
        )
    if not (frame.schema[column].is_numeric() or frame.schema[column] == pl.Boolean):
        raise FeatureError(f"{column!r} is not numeric but {frame.schema[column]}", field=field, mend="use a numeric column")
    return frame[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _figure(stat: str) -> Callable[[Floats, _Whole], float]:
    name, _, given = stat.partition(":")
    if name == "quantile":
        return partial(_of_known, least=1, figure=lambda known: np.quantile(known, float(given)))
    if name.startswith("autocorrelation_"):
        return partial(autocorrelation, lag=int(name.rpartition("_")[2]))
    if name in SHAPES:
        return SHAPES[name]
    figure, least = _FIGURES[name]
    return partial(_of_known, least=least, figure=figure)


def _of_known(values: Floats, entity: _Whole, *, least: int, figure: Callable[[Floats], Any]) -> float:
    known = values[~np.isnan(values)]
    return float(figure(known)) if len(known) >= least else float("nan")


def _moments(known: Floats) -> tuple[float, float, float]:
    """The second moment and the third and fourth in its units; NaN where all values are equal."""
    if known.min() == known.max():
        return 0.0, float("nan"), float("nan")
    distance = (known - known.mean()) / np.abs(known - known.mean()).max()
    second = float(np.mean(distance**2))
    return second, float(np.mean(distance**3) / second**1.5), float(np.mean(distance**4) / second**2)


def _skew(known: Floats) -> float:
    n = len(known)
    return float(np.sqrt(n * (n - 1)) / (n - 2) * _moments(known)[1])


def _kurt(known: Floats) -> float:
    n = len(known)
    return (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * _moments(known)[2] - 3 * (n - 1))


_FIGURES: dict[str, tuple[Callable[[Floats], Any], int]] = {
    "mean": (np.mean, 1),
    "std": (lambda known: 0.0 if known.min() == known.max() else np.std(known, ddof=1), 2),
    "min": (np.min, 1),
    "max": (np.max, 1),
    "sum": (np.sum, 1),
    "median": (np.median, 1),
    "skew": (_skew, 3),
    "kurt": (_kurt, 4),
    "count": (len, 0),
}
