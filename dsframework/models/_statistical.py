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
from dsframework.models._border import as_quantiles, as_values, foreign, need, no_quantiles
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
    change
        The root of the mean square of the series' changes over the horizon.
    """

    centre: float
    scale: float
    parameters: Any
    change: float


class StatisticalModel(ABC):
    """A model of every entity's series by its own past; the features say nothing to it.

    The series is the target's own value as it is known at each row, on the scale that the target is learned on (`Rows.now`): the target of
    a row is the value of the series `horizon` rows later, which the rows' label times tell. Parameters are learned from the series'
    last `fit_rows` values among the training rows; a hole of the time axis between two of them counts as missing values. A prediction of a
    row is the forecast `horizon` steps ahead, with these parameters, from the row's value and those of the `lookback` - 1 rows before it,
    and from nothing else: rows after the training rows are read as they become known, and parameters stay.

    An entity with fewer than 30 training rows, or none, or whose value never changed in them, is predicted by its last known value.

    Quantiles are those of a normal distribution with the variance that the model's forecast errors have `horizon` steps ahead when its
    parameters are the true ones. Where the last known value is the prediction, it is the mean square of the changes over the horizon among
    the training rows.

    Attributes
    ----------
    series_
        What was learned, by the entity's name.
    horizon_
        How many rows ahead the target lies.
    usual_, deviation_, change_
        Mean and deviation of all entities' values, and the root of the mean square of their changes over the horizon.
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
        self.params, self.task, self.quantiles = dict(params), task, tuple(quantiles)

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
        self.usual_, self.deviation_ = float(np.nanmean(values)), float(np.nanstd(values))
        self.series_: dict[str, LearnedSeries] = {}
        fewest = max(_FEWEST, self._least)
        for code, entity in enumerate(rows.entities):
            own = np.flatnonzero(rows.entity == code)
            if int(np.isfinite(values[own]).sum()) >= fewest:
                self.series_[entity] = self._series(entity, self._filled(values[own], rows.step[own]))
        if not self.series_:
            raise ModelError(f"no entity has {fewest} training rows", field=self._field, mend="use longer folds, or more data")
        self.change_ = float(np.sqrt(np.mean([learned.change**2 for learned in self.series_.values()])))
        return self

    def find_rounds(self, *_: Any, **__: Any) -> int:
        """Raise `ModelError`: there are no rounds to find."""
        raise ModelError(f"{self.name} is not grown in rounds", field=self._field, mend="leave out early_stopping")

    def predict(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return the forecasts from the rows that are asked for, shape (rows,)."""
        point, _ = self._forecasts(rows)
        return as_values(point, len(point), self.name)

    def predict_quantiles(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return the quantiles that it was made for, shape (rows, quantiles)."""
        from scipy.special import ndtri

        if not self.quantiles:
            raise no_quantiles(self.name)
        point, deviation = self._forecasts(rows)
        found = point[:, None] + deviation[:, None] * ndtri(np.asarray(self.quantiles))
        return as_quantiles(found, len(point), len(self.quantiles), self.name)

    def feature_importance(self) -> Floats | None:
        """Return None: features are not looked at."""
        return None

    @abstractmethod
    def _learn(self, values: Floats) -> Any:
        """Return the parameters of a series of mean 0 and deviation 1, shape (rows,), NaN where it is missing."""

    @abstractmethod
    def _forecast(self, parameters: Any, windows: Floats, lengths: np.ndarray[Any, Any]) -> tuple[Floats, Floats]:
        """Return the values `horizon_` after the end of every window, and the variances of their errors, shape (windows,) each.

        A variance is infinite where the window is too short to tell.
        """

    @property
    def _least(self) -> int:
        """The shortest window that a forecast can be made from."""
        return 1

    def _units(self, entity: str, values: Floats) -> tuple[float, float]:
        """What is taken from the values of a series, and what they are then divided by, before it is learned."""
        return float(np.nanmean(values)), float(np.nanstd(values))

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

    def _series(self, entity: str, values: Floats) -> LearnedSeries:
        steps = self.horizon_
        changes = values[steps:] - values[:-steps]
        change = float(np.sqrt(np.nanmean(np.square(changes)))) if np.isfinite(changes).any() else float(np.nanstd(values))
        if float(np.nanstd(values)) <= 1e-12 * abs(float(np.nanmean(values))):
            return LearnedSeries(float(np.nanmean(values)), 1.0, None, change)
        centre, scale = self._units(entity, values)
        _quiet()
        with foreign(self.name):
            return LearnedSeries(centre, scale, self._learn((values - centre) / scale), change)

    def _forecasts(self, rows: Rows | None) -> tuple[Floats, Floats]:
        """The forecasts from the rows that are asked for, and the deviations of their errors."""
        if not hasattr(self, "series_"):
            raise ModelError(f"{self.name} is not fitted yet", field=self._field, mend="call fit first")
        values, rows = self._values(rows)
        asked = np.ones(len(rows), dtype=bool) if rows.asked is None else rows.asked
        point, deviation = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
        for code in np.unique(rows.entity):
            own = np.flatnonzero(rows.entity == code)
            wanted = np.flatnonzero(asked[own])
            if len(wanted):
                point[own[wanted]], deviation[own[wanted]] = self._entity(rows.entities[code], values[own], wanted)
        return point[asked], deviation[asked]

    def _entity(self, name: str, values: Floats, wanted: np.ndarray[Any, Any]) -> tuple[Floats, Floats]:
        """Forecasts from the rows of one entity at the positions `wanted`, and the deviations of their errors."""
        learned = self.series_.get(name)
        known = np.isfinite(values)
        last = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))[wanted]
        usual, change = (self.usual_, self.change_) if learned is None else (learned.centre, learned.change)
        point: Floats = np.where(last >= 0, values[np.maximum(last, 0)], usual)
        deviation: Floats = np.where(last >= 0, change, self.deviation_)
        if learned is None or learned.parameters is None:
            return point, deviation
        gap = np.maximum.accumulate(np.where(known, -1, np.arange(len(values))))
        first = np.maximum(gap + 1, np.arange(len(values)) - self.history)[wanted]
        lengths = wanted - first + 1
        usable = np.flatnonzero(lengths >= self._least)
        places = first[usable, None] + np.arange(int(lengths.max(initial=0)))
        windows = values[np.minimum(places, len(values) - 1)]
        if self._only_positive(learned.parameters):
            self._refuse(name, values[known])
        with foreign(self.name):
            ahead, variance = self._forecast(learned.parameters, (windows - learned.centre) / learned.scale, lengths[usable])
        point[usable] = ahead * learned.scale + learned.centre
        deviation[usable] = np.where(np.isfinite(variance), np.sqrt(np.abs(variance)) * learned.scale, change)
        return point, deviation

    def _only_positive(self, parameters: Any) -> bool:
        """Whether a model with these parameters forecasts from positive values only."""
        return False

    def _refuse(self, entity: str, values: Floats) -> None:
        """Raise `ModelError` where a value is not positive."""
        wrong = values[values <= 0]
        if len(wrong):
            whose = f" of {entity}" if entity else ""
            raise ModelError(
                f"a value{whose} is not positive but {wrong[0]:g}, and something multiplies it",
                field=self._field,
                mend="use additive in place of multiplicative",
            )


def _quiet() -> None:
    """Say nothing of an optimiser that stops early: what it has found is used.

    The filters are for good: `catch_warnings` is undone by any thread that leaves one of its own, and fits run in threads.
    """
    from statsmodels.tools.sm_exceptions import ModelWarning

    warnings.filterwarnings("ignore", category=ModelWarning)
    warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"statsmodels\.")
