"""What the models of a series by its own past have in common."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._base import Floats, Task
from dsframework.models._border import as_values, foreign, need, no_quantiles
from dsframework.rows import Rows

__all__ = ["LearnedSeries", "StatisticalModel"]

_FEWEST = 30
_LOOKBACK = 250
_FIT_ROWS = 1000


@dataclass(frozen=True)
class LearnedSeries:
    """What was learned of one entity.

    Attributes
    ----------
    centre, scale
        Mean and deviation of its values, on which it was learned.
    parameters
        What `StatisticalModel._forecast` needs; None for a series that never changed.
    """

    centre: float
    scale: float
    parameters: Any


class StatisticalModel(ABC):
    """A model of every entity's series by its own past; the features say nothing to it.

    The series is the target's own value as it is known at each row, on the scale that the target is learned on (`Rows.now`): the target of
    a row is the value of the series `horizon` rows later, which the rows' label times tell. Parameters are learned from the series'
    last `fit_rows` values among the training rows; a hole of the time axis between two of them counts as missing values. A prediction of a
    row is the forecast `horizon` steps ahead, with these parameters, from the row's value and those of the `lookback` - 1 rows before it,
    and from nothing else: rows after the training rows are read as they become known, and parameters stay.

    An entity with fewer than 30 training rows, or none, or whose value never changed in them, is predicted by its last known value.

    Attributes
    ----------
    series_
        What was learned, by the entity's name.
    horizon_
        How many rows ahead the target lies.
    """

    name: ClassVar[str]
    tasks: ClassVar[tuple[Task, ...]] = ("regression",)
    requirements: ClassVar[tuple[str, ...]] = ("statsmodels",)
    takes_null: ClassVar[bool] = True
    takes_weight: ClassVar[bool] = False
    early_stops: ClassVar[bool] = False
    needs_now: ClassVar[bool] = True
    needs_rows: ClassVar[bool] = True

    def __init__(
        self,
        params: Mapping[str, Any],
        *,
        task: Task,
        seed: int,
        threads: int,
        device: str = "cpu",
        n_classes: int = 2,
        quantiles: tuple[float, ...] = (),
    ) -> None:
        if quantiles:
            raise no_quantiles(self.name)
        self.params, self.task = dict(params), task

    @property
    def history(self) -> int:
        """How many earlier rows a prediction reads."""
        return int(self.params.get("lookback", _LOOKBACK)) - 1

    def fit(
        self, x: Floats, y: Floats | None, *, rounds: int | None = None, weight: Floats | None = None, rows: Rows | None = None
    ) -> Self:
        """Learn from rows; see `Model.fit`."""
        if rounds is not None:
            raise ModelError(f"{self.name} is not grown in rounds", field=self._field, value=rounds, mend="leave out early_stopping")
        need("statsmodels", "statistics")
        values, rows = self._values(rows)
        self.horizon_ = self._horizon(rows)
        self.usual_ = float(np.nanmean(values))
        self.series_: dict[str, LearnedSeries] = {}
        for code, entity in enumerate(rows.entities):
            own = np.flatnonzero(rows.entity == code)
            if int(np.isfinite(values[own]).sum()) >= _FEWEST:
                self.series_[entity] = self._series(self._filled(values[own], rows.step[own]))
        if not self.series_:
            raise ModelError(f"no entity has {_FEWEST} training rows", field=self._field, mend="use longer folds, or more data")
        return self

    def find_rounds(self, *_: Any, **__: Any) -> int:
        """Raise `ModelError`: there are no rounds to find."""
        raise ModelError(f"{self.name} is not grown in rounds", field=self._field, mend="leave out early_stopping")

    def predict(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return the forecasts from the rows that are asked for, shape (rows,)."""
        if not hasattr(self, "series_"):
            raise ModelError(f"{self.name} is not fitted yet", field=self._field, mend="call fit first")
        values, rows = self._values(rows)
        asked = np.ones(len(rows), dtype=bool) if rows.asked is None else rows.asked
        found = np.full(len(rows), np.nan)
        for code in np.unique(rows.entity):
            own = np.flatnonzero(rows.entity == code)
            wanted = np.flatnonzero(asked[own])
            if len(wanted):
                found[own[wanted]] = self._entity(rows.entities[code], values[own], wanted)
        return as_values(found[asked], int(asked.sum()), self.name)

    def feature_importance(self) -> Floats | None:
        """Return None: features are not looked at."""
        return None

    @abstractmethod
    def _learn(self, values: Floats) -> Any:
        """Return the parameters of a series of mean 0 and deviation 1, shape (rows,), NaN where it is missing."""

    @abstractmethod
    def _forecast(self, parameters: Any, windows: Floats, lengths: np.ndarray[Any, Any]) -> Floats:
        """Return the values `horizon_` after the end of every window, shape (windows,)."""

    @property
    def _field(self) -> str:
        return f"models.{self.name}"

    def _values(self, rows: Rows | None) -> tuple[Floats, Rows]:
        if rows is None or rows.now is None or not np.isfinite(rows.now).any():
            raise ModelError(
                "the target's own last value is not known on the scale that it is learned on",
                field=self._field,
                mend="leave out target.transform: difference and the like, and a target that has no value of its own",
            )
        return rows.now, rows

    def _horizon(self, rows: Rows) -> int:
        """How many rows ahead most labels lie."""
        ahead: list[np.ndarray[Any, Any]] = []
        assert rows.label_time is not None
        for code in np.unique(rows.entity):
            time, label = rows.time[rows.entity == code], rows.label_time[rows.entity == code]
            known = label <= time[-1]
            ahead.append(np.searchsorted(time, label[known]) - np.flatnonzero(known))
        steps = np.concatenate(ahead)
        if not len(steps):
            raise ModelError("no label lies within the training rows", field=self._field, mend="use longer folds, or a shorter horizon")
        return max(1, int(np.argmax(np.bincount(steps))))

    def _filled(self, values: Floats, step: np.ndarray[Any, Any]) -> Floats:
        """The last values of a series, with missing ones where the time axis has steps without a row."""
        most = int(self.params.get("fit_rows", _FIT_ROWS))
        values, step = values[-most:], step[-most:]
        filled: Floats = np.full(int(step[-1] - step[0]) + 1, np.nan)
        filled[step - step[0]] = values
        return filled[-most:]

    def _series(self, values: Floats) -> LearnedSeries:
        centre, scale = float(np.nanmean(values)), float(np.nanstd(values))
        if scale <= 1e-12 * abs(centre):
            return LearnedSeries(centre, 1.0, None)
        _quiet()
        with foreign(self.name):
            return LearnedSeries(centre, scale, self._learn((values - centre) / scale))

    def _entity(self, name: str, values: Floats, wanted: np.ndarray[Any, Any]) -> Floats:
        """Forecasts from the rows of one entity at the positions `wanted`."""
        learned = self.series_.get(name)
        known = np.isfinite(values)
        last = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
        naive: Floats = np.where(last >= 0, values[np.maximum(last, 0)], self.usual_ if learned is None else learned.centre)[wanted]
        if learned is None or learned.parameters is None:
            return naive
        gap = np.maximum.accumulate(np.where(known, -1, np.arange(len(values))))
        first = np.maximum(gap + 1, np.arange(len(values)) - self.history)[wanted]
        lengths = wanted - first + 1
        usable = lengths > 0
        places = first[usable, None] + np.arange(int(lengths.max(initial=0)))
        windows = (values[np.minimum(places, len(values) - 1)] - learned.centre) / learned.scale
        with foreign(self.name):
            ahead = self._forecast(learned.parameters, windows, lengths[usable])
        naive[usable] = ahead * learned.scale + learned.centre
        return naive


def _quiet() -> None:
    """Say nothing of an optimiser that stops early: what it has found is used.

    The filters are for good: `catch_warnings` is undone by any thread that leaves one of its own, and fits run in threads.
    """
    from statsmodels.tools.sm_exceptions import ModelWarning

    warnings.filterwarnings("ignore", category=ModelWarning)
    warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"statsmodels\.")
