"""From the document to the experiments that it asks for: variants x models."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from dsframework.errors import SpecError
from dsframework.evaluation import quantile_levels
from dsframework.experiment._fit import FitJob
from dsframework.spec import (
    STAGES,
    Component,
    DataSpec,
    EarlyStopping,
    ExperimentSpec,
    IntervalSpec,
    SearchedStages,
    SpecIssue,
    SplitSpec,
    TargetSpec,
    Tuning,
    WeightSpec,
    cases_of,
    is_choice,
    is_searched,
    model_params,
    search_space,
)

__all__ = ["Plan", "digest", "expand"]


def digest(value: Any) -> str:
    """Return a short stable hash of plain data.

    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Plan:
    """One experiment before it runs: one form of every stage and one model with its search space.

    Where stages are searched as well, `search` has what they may be, and they are those of one point; see `at`.
    """

    name: str
    model: Component
    variant: dict[str, str]
    task: Literal["regression", "classification", "anomaly", "clustering"]
    data: DataSpec
    target: TargetSpec | None
    features: list[Component]
    preprocessing: list[Component]
    split: SplitSpec
    metrics: tuple[str, ...]
    metric: str
    seed: int
    threads: int
    device: str
    early_stopping: EarlyStopping | None
    audit: Literal["full", "features", "off"] = "full"
    quantiles: tuple[float, ...] = ()
    intervals: IntervalSpec | None = None
    weights: WeightSpec | None = None
    evaluation: tuple[Component, ...] = ()
    tuning: Tuning = field(default_factory=Tuning)
    search: SearchedStages | None = None

    @property
    def horizon(self) -> int:
        """Rows between a row and its target; 1 for a task without one, whose folds are cut alike."""
        return self.target.horizon if self.target else 1

    @property
    def search_space(self) -> dict[str, Any]:
        """What is searched of the stages, and the arguments of the model and of those inside it: plain values, lists, ranges, choices."""
        return {**(self.search.space() if self.search else {}), **search_space(self.model)}

    def at(self, params: Mapping[str, Any]) -> Self:
        """Return the plan with its stages as a point of the search space has them.

        Raises
        ------
        SpecError
            When values that are right one by one are wrong together.
        """
        return self if self.search is None else replace(self, **self.search.settle(params))

    def job(self, params: dict[str, Any], *, import_path: str | None = None) -> FitJob:
        """Return the fit of one point of the search space."""
        return FitJob(
            task=self.task,
            model=self.model.name,
            params=model_params(self.model.name, self._of_model(params)),
            preprocessing=tuple(self.at(params).preprocessing),
            transform=self.target.scale if self.target else "none",
            metrics=self.metrics,
            seed=self.seed,
            threads=self.threads,
            device=self.device,
            early_stopping=self.early_stopping,
            horizon=self.horizon,
            import_path=import_path,
            quantiles=self.quantiles,
            weights=self.weights,
        )

    def components(self, stage: str) -> list[Component]:
        """Return the components of a stage; of one that is searched those of all its forms."""
        if self.search is not None and stage in self.search.stages:
            return self.search.components(stage)
        found: list[Component] = getattr(self, stage)
        return found

    def _of_model(self, params: dict[str, Any]) -> dict[str, Any]:
        """The model's part of a point."""
        names = self.search.names if self.search else frozenset()
        return {name: value for name, value in params.items() if name not in names}

    def identity(self) -> dict[str, Any]:
        """Everything that the results depend on, beside the rows themselves, as plain data; the same at all points."""
        found = self._identity()
        if self.search is None:
            return found
        return {**{name: part for name, part in found.items() if name not in self.search.stages}, "search": self.search.to_plain()}

    def _identity(self) -> dict[str, Any]:
        return {
            "task": self.task,
            "data": {key: getattr(self.data, key) for key in ("time", "entity", "calendar", "timezone")},
            "target": _without_later(_plain(self.target)),
            "features": [component.to_plain(full=True) for component in self.features],
            "preprocessing": [_without_later(component.to_plain(full=True)) for component in self.preprocessing],
            "split": self.split.model_dump(mode="json", by_alias=True),
            "model": self.model.to_plain(full=False),
            "metrics": list(self.metrics),
            "metric": self.metric,
            "seed": self.seed,
            "early_stopping": self.early_stopping.model_dump(mode="json") if self.early_stopping else None,
            **({"quantiles": list(self.quantiles)} if self.quantiles else {}),
            **({} if self.device == "cpu" else {"device": self.device}),
        }

    @property
    def afterwards(self) -> dict[str, Any]:
        """What is made of the fits and changes none of them, as plain data; empty where the document leaves it at its defaults."""
        found: dict[str, Any] = {} if self.audit == "full" else {"audit": self.audit}
        if self.weights is not None:
            found["weights"] = self.weights.model_dump(mode="json")
        if self.intervals is not None:
            found["intervals"] = self.intervals.model_dump(mode="json")
        if self.evaluation:
            found["evaluation"] = [component.to_plain(full=True) for component in self.evaluation]
        return found

    def stage_key(self, *stages: str) -> str:
        """Return a hash of some stages, so that what they give is computed once a study."""
        return digest([_plain(getattr(self, stage)) for stage in stages])

    @property
    def scored_on(self) -> str:
        """A hash of all that says which rows are scored, beside the rows themselves."""
        stages = ("data", "target", "split")
        if self.search is None:
            return self.stage_key(*stages)
        left = [stage for stage in stages if stage not in self.search.stages]
        return digest([self.stage_key(*left), self.search.to_plain()])


def _without_later(value: Any) -> Any:
    """Leave out what is switched off or at a default that came later, so that the key of an older document stays what it was."""
    if not isinstance(value, dict):
        return value
    kept = {key: _without_later(item) for key, item in value.items() if item is not None and item is not False}
    if kept.get("estimate") == "median":
        del kept["estimate"]
    return kept


def _plain(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, list):
        return [component.to_plain(full=True) for component in value]
    return value.model_dump(mode="json", by_alias=True)


def expand(spec: ExperimentSpec) -> list[Plan]:
    """Return the experiments of a spec: every combination of its variants with every model, in the order of the document.

    Raises
    ------
    SpecError
        When two of them would be the same.
    """
    forms: list[list[tuple[str, str | None, Any]]] = []
    for stage in STAGES:
        named = getattr(spec.variants, stage) if spec.variants else None
        if named is not None:
            forms.append([(stage, name, form) for name, form in named.items()])
        else:
            forms.append([(stage, None, getattr(spec, stage))])
    search = spec.searched_stages
    first = search.settle({}) if search else {}
    plans: list[Plan] = []
    for combination in itertools.product(*forms):
        stages = {stage: form for stage, _, form in combination} | first
        variant = {stage: name for stage, name, _ in combination if name is not None}
        plans += [_plan(spec, stages, variant, model, search) for model in stages["models"]]
    return _with_names(plans)


def _plan(spec: ExperimentSpec, stages: dict[str, Any], variant: dict[str, str], model: Component, search: SearchedStages | None) -> Plan:
    return Plan(
        name=model.name,
        model=model,
        variant=variant,
        task=spec.task,
        data=stages["data"],
        target=stages["target"],
        features=stages["features"],
        preprocessing=stages["preprocessing"] or [],
        split=stages["split"] or SplitSpec(),
        metrics=spec.metric_names,
        metric=spec.metric,
        seed=spec.tuning.seed,
        threads=spec.resources.cpus or 1,
        device="cuda" if spec.resources.gpus else "cpu",
        early_stopping=spec.tuning.early_stopping,
        audit=spec.audit,
        quantiles=quantile_levels(spec.intervals) if spec.intervals and spec.intervals.method == "quantile" else (),
        intervals=spec.intervals,
        weights=spec.weights,
        evaluation=tuple(spec.evaluation),
        tuning=spec.tuning,
        search=search,
    )


def _with_names(plans: list[Plan]) -> list[Plan]:
    """Name every experiment after its forms and its model; a model that stands twice gets a number."""
    seen: dict[str, int] = {}
    named: list[Plan] = []
    identities: dict[str, str] = {}
    for plan in plans:
        stem = "/".join([*plan.variant.values(), plan.model.name])
        seen[stem] = seen.get(stem, 0) + 1
        name = stem if seen[stem] == 1 else f"{stem}-{seen[stem]}"
        key = digest([plan.identity(), plan.stage_key("data")])
        if key in identities:
            text = f"{name!r} is the same experiment as {identities[key]!r}; remove one of the two"
            raise SpecError([SpecIssue("variants" if plan.variant else "models", text)])
        identities[key] = name
        named.append(Plan(**{**plan.__dict__, "name": name}))
    return named


def searched(space: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that may differ between two points: what is searched, and what a choice brings."""
    found: dict[str, Any] = {}
    for key, value in space.items():
        if is_searched(value):
            found.setdefault(key, value)
        for _, branch in cases_of(value) if is_choice(value) else ():
            found |= {**branch, **searched(branch), **found}
    return found
