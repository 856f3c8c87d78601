"""The contract of a metric."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dsframework.metrics import Groups, Metric, Sample, Score, get_metric
from dsframework.testing._samples import FORECASTS, renamed_sample, reordered, some_sample

__all__ = ["check_metric"]


def check_metric(name: str, *, metric: Metric | None = None) -> None:
    """Check that a metric keeps the contract of `dsframework.metrics`, for every task that it says it fits.

    Parameters
    ----------
    name
        As in a spec.
    metric
        The metric, where it is not in the registry.

    Raises
    ------
    AssertionError
        With what is broken.
    """
    metric = get_metric(name) if metric is None else metric
    assert metric.info.tasks, "it fits no task"
    assert metric.info.title, "it has no title"
    for task, n_classes in _tasks(metric):
        where = f"{task} of {n_classes} classes" if task == "classification" else task
        samples = {forecast: some_sample(task, forecast, n_classes=n_classes) for forecast in FORECASTS}
        found = {forecast: _check_sample(metric, sample, f"{forecast} forecasts of a {where}") for forecast, sample in samples.items()}
        _check_values(metric, found, where)


def _tasks(metric: Metric) -> Iterator[tuple[str, int]]:
    for task in metric.info.tasks:
        yield task, 2
        if task == "classification":
            yield task, 3


def _check_sample(metric: Metric, sample: Sample, where: str) -> Score:
    """One number, that depends on nothing but the rows."""
    found = metric.score(sample)
    assert isinstance(found.value, float), f"it gives a {type(found.value).__name__} for {where}"
    assert np.isfinite(found.value) or found.reason, f"it has no value for {where}, and no reason"
    _alike(metric.score(sample), found, f"a second time for {where}", exact=True)
    order = np.random.default_rng(1).permutation(sample.n_rows)
    _alike(metric.score(reordered(sample, order)), found, f"when the rows come in another order, for {where}")
    if sample.entity is not None:
        _alike(metric.score(renamed_sample(sample)), found, f"when the entities are numbered another way, for {where}")
    _check_groups(metric, sample, where)
    return found


def _check_groups(metric: Metric, sample: Sample, where: str) -> None:
    assert sample.fold is not None
    values, reasons = metric.grouped(sample, Groups.of(sample.fold))
    for place, fold in enumerate(np.unique(sample.fold)):
        alone = metric.score(sample.take(sample.fold == fold))
        _alike(Score(float(values[place]), reasons[place]), alone, f"for a group of rows beside others, for {where}")


def _check_values(metric: Metric, found: dict[str, Score], where: str) -> None:
    """Whether there is a value is up to the data; a forecast that is near the truth is at least as good as one that knows nothing."""
    told = {forecast: score.reason is None for forecast, score in found.items()}
    good, noise = found["good"], found["noise"]
    if "clustering" not in metric.info.tasks:
        assert len(set(told.values())) == 1, f"whether it has a value depends on the forecast, for a {where}: {found}"
    assert told["good"] == told["noise"], f"whether it has a value depends on the forecast, for a {where}: {found}"
    if told["good"] and metric.info.decides:
        better = good.value >= noise.value if metric.greater_is_better else good.value <= noise.value
        assert better, f"{good.value:g} of a good forecast is worse than {noise.value:g} of one that knows nothing, for a {where}"


def _alike(left: Score, right: Score, what: str, *, exact: bool = False) -> None:
    same = left.value == right.value if exact else bool(np.isclose(left.value, right.value, rtol=1e-9, atol=1e-12))
    both_missing = left.reason is not None and right.reason is not None
    assert both_missing or (same and left.reason is None and right.reason is None), f"it is {left.value!r} and not {right.value!r} {what}"
