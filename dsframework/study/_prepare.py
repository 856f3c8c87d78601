"""From plans to rows and folds: each panel, feature table and set of folds is made once a study."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from dsframework.data import Panel, load_panel, naming
from dsframework.errors import TsmlError
from dsframework.experiment import Dataset, FitJob, Learned, Plan, build_dataset, digest, resolve_target, with_weight_column
from dsframework.features import entities_read, own_paths
from dsframework.own_code import own_sources
from dsframework.preprocessing import own_steps
from dsframework.spec import own_classes
from dsframework.splitting import Fold
from dsframework.study._cuts import Cuts, cut, uncut
from dsframework.study._stage_settings import LastUsed, StageSettings, common_rows, room_for_rows

T = TypeVar("T")
_OTHERS = 5
"""How many other entities stand in the example of a model that compares those of a time."""

__all__ = ["Prepared", "Preparer", "code_version", "source_of"]


@dataclass(frozen=True)
class Prepared:
    """What an experiment runs on.

    Attributes
    ----------
    folds, final
        The validation folds, and the final test.
    inner
        Number of a fold (0 for the final test) to the folds inside its training part; empty where the split is not nested.
    settings
        The rows and folds of the other points, where stages are searched; None where all points run on these.
    earlier
        The keys of the trials of earlier studies that the search begins with, and of all that were tried beside them on the same rows.
    """

    plan: Plan
    dataset: Dataset
    dataset_key: str
    folds: list[Fold]
    final: Fold
    fingerprint: str
    panel: Panel
    inner: dict[int, list[Fold]] = field(default_factory=dict)
    settings: StageSettings | None = None
    earlier: frozenset[str] = frozenset()

    def at(self, params: dict[str, Any]) -> Prepared:
        """Return what a point of the search space runs on.

        Raises
        ------
        TsmlError
            When rows or folds of a setting of the stages can't be had.
        """
        if self.settings is None:
            return self
        plan = self.plan.at(params)
        key, dataset, cuts = self.settings.rows_of(plan)
        return replace(self, plan=plan, dataset=dataset, dataset_key=key, folds=cuts.folds, final=cuts.final)

    def job(self, params: dict[str, Any], *, import_path: str | None = None) -> FitJob:
        """Return the fit of one point of the search space."""
        return replace(self.plan.job(params, import_path=import_path), n_classes=max(2, len(self.dataset.classes)))

    def lookback_of(self, learned: Learned) -> int:
        """Return how many rows of an entity's history a prediction reads."""
        now = self.plan.horizon if learned.needs_now else 0
        season = self.dataset.reads if learned.needs_season else 0
        return max(self.dataset.lookback, now, season) + learned.history

    def example(self, lookback: int) -> pl.DataFrame:
        """Return the last rows of the entity with the most rows, enough to predict from, and those of other entities that features read."""
        frame, entity = self.panel.frame, self.panel.entity
        if entity is None:
            return frame.tail(lookback + 1)
        named, across = entities_read(self.plan.features)
        chosen = [frame[entity].value_counts(sort=True)[entity][0]]
        if across:
            there = frame.filter(pl.col(self.panel.time) == pl.col(self.panel.time).max())[entity]
            chosen += there.head(_OTHERS).to_list()
        wanted = pl.col(entity).is_in(chosen) | pl.col(entity).cast(pl.String).is_in(named)
        return frame.filter(wanted).filter(pl.int_range(pl.len()).over(entity) >= pl.len().cast(pl.Int64).over(entity) - lookback - 1)

    @cached_property
    def family(self) -> str:
        """A hash of everything that a trial depends on, but for its point of the search space."""
        identity = {**self.plan.identity(), "model": self.plan.model.name}
        return digest([identity, self.fingerprint, code_version(), source_of(self.plan)])

    def trial_key(self, params: dict[str, Any]) -> str:
        """Return the key under which a trial is recorded."""
        return digest([self.family, params])


class Preparer:
    """Loads and computes what the plans of a study share.

    Parameters
    ----------
    base
        The folder that relative paths are relative to.
    frames
        Data frames by name, for the loader ``frame``.
    """

    def __init__(self, base: Path, frames: Mapping[str, Any]) -> None:
        self._base, self._frames = base, frames
        self._panels: dict[str, Panel | TsmlError] = {}
        self._datasets: dict[str, Dataset | TsmlError] = {}
        self._of_settings: LastUsed[Dataset] = LastUsed(room_for_rows(), lambda dataset: dataset.x.nbytes)

    def prepare(self, plan: Plan) -> Prepared:
        """Return what a plan runs on.

        Raises
        ------
        TsmlError
            When the data, the features or the folds of this plan can't be had; other plans may still run.
        """
        panel = self._panel(plan)
        if plan.target is not None:
            plan = replace(plan, target=resolve_target(panel, plan.target))
        with naming(panel.source):
            among = common_rows(plan, panel)
        key, dataset = self._dataset(plan, panel, among)
        cuts = _cuts_of(plan, panel, dataset)
        first = Prepared(plan, dataset, key, cuts.folds, cuts.final, panel.fingerprint, panel, cuts.inner)
        if plan.search is None:
            return first
        settings = StageSettings(lambda at: self._dataset(at, panel, among), lambda at, rows: _cuts_of(at, panel, rows), first)
        return replace(first, settings=settings)

    def _dataset(self, plan: Plan, panel: Panel, among: Any) -> tuple[str, Dataset]:
        """The rows of a plan, and the key that they are known by; those of the settings of a search are not kept for ever."""
        common = [] if among is None else [hashlib.sha256(among.tobytes()).hexdigest()]
        key = digest([plan.stage_key("data", "target", "features"), plan.task, *common])
        column = plan.weights.column if plan.weights is not None else None

        def plain() -> Dataset:
            return build_dataset(panel, plan.target, plan.features, task=plan.task, among=among)

        if column is None:
            return key, self._kept(key, plain, among)
        weighted = digest([key, column])
        return weighted, self._kept(weighted, lambda: with_weight_column(self._kept(key, plain, among), panel, column), among)

    def _kept(self, key: str, make: Callable[[], Dataset], among: Any) -> Dataset:
        if among is not None:
            return self._of_settings.get(key, make)
        if key not in self._datasets:
            self._datasets[key] = _attempt(make)
        return _checked(self._datasets[key])

    def _panel(self, plan: Plan) -> Panel:
        key = plan.stage_key("data")
        if key not in self._panels:
            self._panels[key] = _attempt(lambda: load_panel(plan.data, base=self._base, frames=self._frames))
        return _checked(self._panels[key])


def _cuts_of(plan: Plan, panel: Panel, dataset: Dataset) -> Cuts:
    with naming(panel.source):
        return uncut(dataset) if plan.task == "clustering" else cut(dataset, panel, plan.split, horizon=plan.horizon)


def _attempt(make: Callable[[], T]) -> T | TsmlError:
    try:
        return make()
    except TsmlError as error:
        return error


def _checked(value: T | TsmlError) -> T:
    if isinstance(value, TsmlError):
        raise value
    return value


def code_version() -> str:
    """Return the version of this package; results recorded by another version are not taken over."""
    try:
        return importlib.metadata.version("jupyterlab-tsml")
    except importlib.metadata.PackageNotFoundError:
        return "source"


def source_of(plan: Plan) -> str:
    """A hash of the files that a user's own classes and functions stand in, so that an edited one is computed again."""
    paths = [*own_classes(plan.model), *own_paths(plan.components("features")), *own_steps(plan.components("preprocessing"))]
    return "".join(_digest_of(path.rpartition(".")[0]) for path in paths)


def _digest_of(module: str) -> str:
    """A hash of an own module's file and of those that it imports."""
    return digest({name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in own_sources(module).items()})
