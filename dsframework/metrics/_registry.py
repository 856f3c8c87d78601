"""The metrics by name: those of the document's table, and those that other packages add by an entry point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dsframework.errors import MetricError
from dsframework.metrics._base import Floats, Sample, Undefined
from dsframework.metrics._kernel import Groups, RowMean
from dsframework.registry import Registry
from dsframework.spec import METRICS, BrokenPackageError, MetricInfo, metric_info, metric_names_of, not_available

__all__ = ["Metric", "Score", "Scores", "get_metric", "metric_names", "metrics", "row_means", "score"]

_PLACES = {
    "_point": (
        *("mae", "mse", "rmse", "mape", "smape", "wape", "bias", "median_ae", "max_error", "r2", "r2_zero", "msle", "rmsle"),
        *("qlike", "directional_accuracy"),
    ),
    "_scaled": ("mase", "rmsse"),
    "_quantile": (
        *("pinball", "weighted_quantile_loss", "crps", "quantile_calibration"),
        *("coverage", "coverage_error", "mean_width", "winkler", "msis"),
    ),
    "_ranking": ("ic", "rank_ic", "icir", "rank_icir", "top_bottom_spread"),
    "_classification": (
        *("roc_auc", "accuracy", "log_loss", "brier", "balanced_accuracy", "precision", "recall", "f1", "pr_auc", "mcc", "ece"),
    ),
    "_anomaly": ("average_precision", "precision_at_k", "share_flagged", "mass_volume"),
    "_clustering": ("silhouette", "davies_bouldin", "calinski_harabasz", "share_noise", "adjusted_rand", "nmi"),
}

metrics: Registry[Callable[[Sample], float]] = Registry(
    "jupyterlab_tsml.metrics",
    {name: f"dsframework.metrics.{module}:{name}" for module, names in _PLACES.items() for name in names},
    error=MetricError,
    field="metrics",
)


class Score(NamedTuple):
    """A value, or NaN and the reason why there is none."""

    value: float
    reason: str | None = None


class Scores(dict[str, float]):
    """Values by name, NaN where a metric has none; `reasons` says why.

    >>> import numpy as np
    >>> found = score(["mae", "r2"], Sample(np.array([2.0, 2.0]), np.array([1.0, 2.0])))
    >>> found.plain(), found.reasons
    ({'mae': 0.5, 'r2': None}, {'r2': 'all 2 actual values are equal'})
    """

    def __init__(self, values: dict[str, Score]) -> None:
        super().__init__({name: found.value for name, found in values.items()})
        self.reasons = {name: found.reason for name, found in values.items() if found.reason is not None}

    def __reduce__(self) -> tuple[Any, ...]:
        return (Scores, ({name: Score(value, self.reasons.get(name)) for name, value in self.items()},))

    def updated(self, other: Scores) -> Scores:
        """Return these scores, with those of `other` in place of the ones that it has."""
        merged = {name: Score(value, found.reasons.get(name)) for found in (self, other) for name, value in found.items()}
        return Scores(merged)

    def plain(self) -> dict[str, float | None]:
        """Return the values with None in place of NaN, as they are recorded and sent."""
        return {name: None if name in self.reasons else value for name, value in self.items()}


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes
    ----------
    name
        As in the spec's ``metrics``.
    info
        What it fits, which way is better, what it needs.
    function
        From a sample to a number; raises `Undefined` where the data can't tell. Called through the metric itself.
    """

    name: str
    info: MetricInfo
    function: Callable[[Sample], float]

    @property
    def greater_is_better(self) -> bool:
        """Which way is up."""
        return self.info.greater_is_better

    @property
    def of_rows(self) -> bool:
        """Whether it is a mean of a number of each row; see `row_means`."""
        return isinstance(self.function, RowMean)

    def __call__(self, sample: Sample) -> float:
        """Return the score, NaN where it has none; raises `MetricError` for what the model did wrong."""
        return self.score(sample).value

    def score(self, sample: Sample) -> Score:
        """Return the score, or why there is none.

        Raises
        ------
        MetricError
            When the model's predictions can't be scored: an error too large for a float, a probability outside 0 to 1.
        """
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                value = float(self.function(sample))
        except Undefined as error:
            return Score(float("nan"), str(error))
        return Score(self._finite(value))

    def grouped(self, sample: Sample, groups: Groups) -> tuple[Floats, list[str | None]]:
        """Return the score of each group of rows, NaN where it has none, and why.

        A mean over rows or a quotient of sums takes one pass for all groups, other metrics one a group.
        """
        at_once = getattr(self.function, "grouped", None)
        if at_once is None:
            return self._one_by_one(sample, groups)
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                values, why = at_once(sample, groups)
        except Undefined as error:
            return np.full(len(groups), np.nan), [str(error)] * len(groups)
        if np.isinf(values).any():
            self._finite(float("inf"))
        return values, [why if missing else None for missing in np.isnan(values)]

    def _one_by_one(self, sample: Sample, groups: Groups) -> tuple[Floats, list[str | None]]:
        ordered = sample.take(groups.order)
        ends = groups.starts + groups.sizes
        found = [self.score(ordered.take(slice(start, end))) for start, end in zip(groups.starts, ends, strict=True)]
        return np.array([one.value for one in found]), [one.reason for one in found]

    def _finite(self, value: float) -> float:
        if not np.isfinite(value):
            raise MetricError(f"{self.name} is {value}", field="metrics", mend=f"leave out {self.name}, or look at the target")
        return value


def metric_names(task: str | None = None) -> list[str]:
    """Return the names of the metrics, of one task or of all.

    >>> metric_names("classification")[:2]
    ['ic', 'rank_ic']
    """
    return metric_names_of(task)


def get_metric(name: str) -> Metric:
    """Return a metric; raises `MetricError` when there is none of that name, or when its package can't be imported.

    >>> get_metric("r2").greater_is_better
    True
    """
    try:
        info = metric_info(name)
    except KeyError:
        raise MetricError(not_available(name, {*METRICS, *metrics.names()}), field="metrics") from None
    except BrokenPackageError as error:
        raise MetricError(str(error), field="metrics") from error
    return Metric(name, info, metrics.get(name))


def score(names: Sequence[str], sample: Sample) -> Scores:
    """Return the scores of a sample by name, NaN for one that it can't tell; raises `MetricError`.

    >>> import numpy as np
    >>> dict(score(["mae", "rmse"], Sample(np.array([1.0, 2.0]), np.array([1.0, 4.0]))))
    {'mae': 1.0, 'rmse': 1.4142135623730951}
    """
    return Scores({name: get_metric(name).score(sample) for name in names})


def row_means(metric: Metric, sample: Sample) -> Floats | None:
    """Return the number of each row whose mean the metric is, NaN where it has none; None for a metric that is not a mean over rows."""
    return metric.function.terms(sample) if isinstance(metric.function, RowMean) else None
