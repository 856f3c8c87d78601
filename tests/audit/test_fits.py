"""The checks of what is fitted: planted leaks are found with their date, and honest fits are not accused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dsframework.audit import Golden, Stretch, audit_shuffle, check_golden, check_labels, make_golden
from dsframework.experiment import audit_fit, audit_labels, expand, fit_fold
from dsframework.preprocessing import steps
from dsframework.spec import Arguments, Component, parse_spec
from dsframework.study import run_study
from dsframework.study._prepare import Prepared, Preparer

SPEC = """
name: audited
task: regression
data: {loader: frame, frame: rows, time: day, entity: who}
target: {column: v, horizon: 3}
features: [lag: {columns: [v], periods: [0, 1, 2]}]
split: {test: 0.2, cv: {folds: 3}}
models: [ridge]
metrics: [mae]
"""
DAY = np.timedelta64(1, "D")


def rows(seed: int = 0, n: int = 120, *, walk: bool = False) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 1, 1) + pl.duration(days=n - 1), eager=True)
    steps_of = random.normal(size=(n, 2))
    values = 100 + (np.cumsum(steps_of, axis=0) if walk else steps_of)
    return pl.DataFrame({"day": days, "who": ["a"] * n, "v": values[:, 0]}).vstack(
        pl.DataFrame({"day": days, "who": ["b"] * n, "v": values[:, 1]})
    )


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return Preparer(Path(), {"rows": rows()}).prepare(expand(parse_spec(SPEC))[0])


class Peeks:
    """A step that looks behind the rows that it is handed, at the array that they are a view of."""

    fills_nulls = False

    def fit(self, x: np.ndarray, names: Any) -> Peeks:
        whole = x
        while whole.base is not None and whole.base.ndim == 2:
            whole = whole.base
        self.mean_ = whole.mean(axis=0)
        return self

    def transform(self, x: np.ndarray) -> np.ndarray:
        return (x - self.mean_) * np.abs(self.mean_)


class Honest(Peeks):
    """The same, from the rows alone."""

    def fit(self, x: np.ndarray, names: Any) -> Honest:
        self.mean_ = x.mean(axis=0)
        return self


@pytest.mark.parametrize(("kind", "verdict"), [(Peeks, "failed"), (Honest, "clean")])
def test_a_step_that_looks_outside_the_fold_is_found(prepared: Prepared, monkeypatch: pytest.MonkeyPatch, kind: type, verdict: str) -> None:
    monkeypatch.setitem(steps._loaded, "peeks", kind)
    job = replace(prepared.job({}), preprocessing=(Component(name="peeks", arguments=Arguments()),))
    fold = prepared.folds[0]
    said = fit_fold(prepared.dataset, job, fold).forecast
    checks = {check.name: check for check in audit_fit(prepared.dataset, job, fold, said, "mae", False).checks}
    assert checks["fold"].verdict == verdict
    if verdict == "failed":
        assert checks["fold"].date == str(prepared.dataset.axis[fold.test[0].start].astype("datetime64[D]"))


def test_a_model_that_keeps_what_it_saw_in_another_fold_is_found(prepared: Prepared) -> None:
    """What a fit says must come from this fit: a forecast recorded of other values is one that changes."""
    job, fold = prepared.job({}), prepared.folds[1]
    said = fit_fold(prepared.dataset, job, fold).forecast
    other = replace(said, point=said.point * (1 + 1e-15) + 1e-12)
    checks = audit_fit(prepared.dataset, job, fold, other, "mae", False).checks
    assert checks[0].verdict == "failed"
    assert "predictions of fold 2 change when values outside its training rows do" in checks[0].detail


@dataclass(frozen=True)
class Careless:
    """A dataset whose folds take every row up to a number of days before the test."""

    honest: Any
    gap: int

    def __getattr__(self, name: str) -> Any:
        return getattr(self.honest, name)

    def train_rows(self, fold: Any) -> np.ndarray:
        begin = self.honest.axis[fold.test[0].start]
        return np.flatnonzero(self.honest.time < begin - self.gap * DAY)


@pytest.mark.parametrize(("gap", "verdict"), [(0, "failed"), (1, "failed"), (2, "clean"), (5, "clean")])
def test_a_label_that_reaches_into_the_test_is_found_with_its_date(prepared: Prepared, gap: int, verdict: str) -> None:
    dataset: Any = Careless(prepared.dataset, gap)
    found = audit_labels(dataset, prepared.folds, prepared.final)
    assert found.verdict == verdict
    if verdict == "failed":
        first = prepared.dataset.axis[prepared.folds[0].test[0].start]
        assert found.date is not None
        assert found.date.startswith(str((first - 2 * DAY).astype("datetime64[D]")))
        assert found.detail == f"fold 1 trains on {2 * (2 - gap)} rows whose label is known after the test begins"


def test_the_folds_of_the_framework_overlap_nothing(prepared: Prepared) -> None:
    assert audit_labels(prepared.dataset, prepared.folds, prepared.final).verdict == "clean"


def stretch(train: list[int], *, horizon: int, reach: int, test: tuple[int, int]) -> Stretch:
    time = np.array(train).astype("datetime64[D]").astype("datetime64[ns]")
    day = np.timedelta64(1, "D").astype("timedelta64[ns]")
    start, end = (np.datetime64(value, "D").astype("datetime64[ns]") for value in test)
    return Stretch(time, time + horizon * day, time - reach * day, ((start, end),))


@pytest.mark.parametrize(
    ("train", "horizon", "reach", "verdict"),
    [
        ([0, 1, 2, 3], 1, 0, "clean"),
        ([0, 1, 2, 3], 2, 0, "failed"),
        ([0, 12, 13], 2, 0, "clean"),
        ([0, 11], 2, 0, "failed"),
        ([0, 13], 2, 2, "failed"),
        ([0, 14], 2, 2, "clean"),
        ([0, 6], 2, 0, "failed"),
    ],
)
def test_rows_on_both_sides_of_a_test_are_looked_at(train: list[int], horizon: int, reach: int, verdict: str) -> None:
    found = check_labels({"one": stretch(train, horizon=horizon, reach=reach, test=(4, 12))})
    assert found.verdict == verdict
    assert (found.date is not None) == (verdict == "failed")


@pytest.mark.parametrize(
    ("ordered", "shuffled", "greater", "verdict"),
    [
        (1.0, 0.79, False, "warned"),
        (1.0, 0.81, False, "clean"),
        (1.0, 1.5, False, "clean"),
        (0.5, 0.61, True, "warned"),
        (0.5, 0.59, True, "clean"),
        (0.5, 0.2, True, "clean"),
        (float("nan"), 0.2, True, "not verified"),
    ],
)
def test_a_shuffled_split_that_looks_much_better_is_told(ordered: float, shuffled: float, greater: bool, verdict: str) -> None:
    assert audit_shuffle("score", ordered, shuffled, greater_is_better=greater).verdict == verdict


def build(frame: pl.DataFrame, factor: float = 2.0, name: str = "twice") -> Any:
    @dataclass(frozen=True)
    class Table:
        names: tuple[str, ...]
        matrix: np.ndarray

    return Table(("lag", name), np.column_stack([frame["v"].to_numpy(), factor * frame["v"].to_numpy()]))


def test_golden_features_that_differ_in_the_last_bit_are_told() -> None:
    frame = rows().sort("day", "who")
    golden = make_golden(frame, build, time="day", entity="who", lookback=3)
    assert golden is not None
    kept = Golden.from_bytes(golden.to_bytes())
    assert kept.rows.height == 8
    assert check_golden(kept, build, time="day", entity="who").verdict == "clean"
    off = check_golden(kept, lambda some: build(some, np.nextafter(2.0, 3.0)), time="day", entity="who")
    assert (off.verdict, off.feature, off.date, off.entity) == ("failed", "twice", str(frame["day"][-1]), "a")
    lost = check_golden(kept, lambda some: build(some, name="thrice"), time="day", entity="who")
    assert lost.verdict == "failed"
    assert "thrice" in lost.detail
    assert make_golden(frame, build, time="day", entity="who", lookback=20_000) is None


def test_a_study_has_every_check_and_a_random_walk_is_not_beaten() -> None:
    text = SPEC.replace("models: [ridge]", "models: [ridge, random_forest: {n_estimators: 5, max_depth: 3}]")
    found = run_study(parse_spec(text), frames={"rows": rows(3, walk=True)}).result.experiments
    for experiment in found:
        assert experiment.audit is not None
        verdicts = {check.name: check.verdict for check in experiment.audit.checks}
        assert set(verdicts) == {"future", "fold", "labels", "shuffle", "golden", "baseline", "serving", "warm-up"}
        assert experiment.audit.seconds > 0
        assert verdicts["baseline"] == ("clean" if experiment.beats_baselines else "warned")
    forest = found[1].audit
    assert forest is not None
    assert {check.name for check in forest.checks if check.verdict == "warned"} == {"shuffle", "baseline"}
    assert forest.verdict == "warned"
