"""The document: one experiment, or with variants a study of several."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Strict, is_searched
from dsframework.spec._catalogue import catalogue
from dsframework.spec._component import Component, ComponentOf
from dsframework.spec._evaluation import IntervalSpec
from dsframework.spec._metrics import MetricName, default_metrics, metric_info, metric_problem
from dsframework.spec._models_nested import members_of, search_space
from dsframework.spec._preprocessing import needs_entity
from dsframework.spec._resources import Resources
from dsframework.spec._searching import search_problems
from dsframework.spec._split import SplitSpec
from dsframework.spec._stage_search import SEARCHED_STAGES, SearchedStages, StageSearch, stage_problems
from dsframework.spec._stage_values import MistakeError
from dsframework.spec._stages import STAGES, DataAny, Features, Models, Preprocessing, form_name_problem
from dsframework.spec._target import TargetSpec, target_problems
from dsframework.spec._tuning import Tracking, Tuning
from dsframework.spec._weights import WeightSpec

__all__ = ["ExperimentSpec", "Variants"]

_STAGES = ("data", "features", "models")
_SUPERVISED_STAGES = (*_STAGES, "target")
_PLURAL = {"anomaly": "anomalies", "clustering": "clusters"}
_NOTHING_TO_TUNE = "no model has anything to tune; give an argument a list or a range, or remove it"


class Variants(Strict):
    """Several named forms of a stage; every combination is one experiment."""

    data: dict[str, DataAny] | None = None
    target: dict[str, TargetSpec] | None = None
    features: dict[str, Features] | None = None
    preprocessing: dict[str, Preprocessing] | None = None
    split: dict[str, SplitSpec] | None = None
    models: dict[str, Models] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = [stage for stage in STAGES if getattr(self, stage) is not None]
        if not given:
            raise PydanticCustomError("variants", "{text}", {"text": f"name a stage with its forms: {', '.join(STAGES)}"})
        for stage in given:
            forms = getattr(self, stage)
            if not forms:
                raise PydanticCustomError("variants", "{text}", {"text": f"{stage} has no form; name at least one"})
            for problem in filter(None, map(form_name_problem, forms)):
                raise PydanticCustomError("variants", "{text}", {"text": f"{stage}: {problem}"})
        return self


class ExperimentSpec(Strict):
    """A time-series experiment, version 1."""

    version: Literal[1] = Field(default=1, title="Version")
    name: str = Field(min_length=1, max_length=200, title="Name")
    task: Literal["regression", "classification", "anomaly", "clustering"] = Field(title="Task")
    data: DataAny | None = Field(default=None, title="Data")
    target: TargetSpec | None = Field(default=None, title="Target")
    features: Features | None = Field(default=None, title="Features")
    preprocessing: Preprocessing | None = Field(default=None, title="Preprocessing")
    split: SplitSpec | None = Field(default=None, title="Split")
    models: Models | None = Field(default=None, title="Models")
    variants: Variants | None = Field(default=None, title="Variants")
    search: StageSearch | None = Field(
        default=None,
        title="Search over stages",
        description="Named forms of stages, and values inside of them, that the search chooses together with a model's arguments.",
    )
    weights: WeightSpec | None = Field(default=None, title="Weights", description="How much a row counts when a model learns.")
    tuning: Tuning = Field(default=Tuning(), title="Tuning")
    metrics: list[MetricName] = Field(default=[], title="Metrics", description="The task's usual ones by default; the first one decides.")
    intervals: IntervalSpec | None = Field(default=None, title="Intervals", description="Prediction intervals of a regression.")
    evaluation: list[Annotated[Component, ComponentOf("evaluation")]] = Field(
        default=[], title="Evaluation", description="What else is made of the test's predictions: breakdowns, backtests."
    )
    resources: Resources = Field(default=Resources(), title="Resources")
    tracking: Tracking = Field(default=Tracking(), title="Tracking")
    audit: Literal["full", "features", "off"] = Field(
        default="full",
        title="Audit",
        description="full looks for leaks in features, folds and fits; features leaves out the two small fits that this takes.",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = list(self._stage_problems()) + list(self._task_problems())
        if problems:
            raise PydanticCustomError("spec", "{text}", {"text": "\x1e".join(f"{field}\x1f{text}" for field, text in problems)})
        return self

    def _stage_problems(self) -> Any:
        for stage in STAGES:
            own = getattr(self, stage) is not None
            varied = self.variants is not None and getattr(self.variants, stage) is not None
            searched = getattr(self.search, stage, None) is not None
            if own and varied:
                yield f"variants.{stage}", f"{stage} stands above as well, where it would do nothing; remove one of the two"
            if searched and (own or varied):
                where = "above" if own else "below variants"
                yield f"search.{stage}", f"{stage} stands {where} as well; remove one of the two"
            if not own and not varied and not searched and stage in (_SUPERVISED_STAGES if self.supervised else _STAGES):
                yield stage, f"'{stage}' is missing"
        if self.task == "clustering" and (self.split or (self.variants and self.variants.split)):
            yield "split", "would do nothing: clusters are made of all rows; remove it"
        splits = {"split": self.split} if self.split else {}
        splits |= {f"variants.split.{name}": form for name, form in ((self.variants and self.variants.split) or {}).items()}
        splits |= {f"search.split.{name}": form for name, form in ((self.search and self.search.split) or {}).items()}
        for field, split in splits.items():
            if split.inner is not None and not self._tunes:
                yield f"{field}.inner", f"would do nothing: {_NOTHING_TO_TUNE}"
        yield from self._search_problems(splits)
        yield from self._pruning_problems(list(splits.values()) or [SplitSpec()])

    def _search_problems(self, splits: dict[str, SplitSpec]) -> Any:
        """What a search over stages can't do."""
        if self.search is None:
            return
        if not self.supervised:
            what = _PLURAL[self.task]
            yield "search", f"{what} are scored in their own features, so that those of other ones can't be compared; write variants"
            return
        for field, split in splits.items():
            if split.inner is not None:
                yield f"{field}.inner", "a nested split searches models only; remove it, or write the forms below search as variants"
        spaces = {field: search_space(model) for field, model in self._placed_models.items()}
        yield from stage_problems(self.search, self._plain_stages, spaces)

    @property
    def _plain_stages(self) -> dict[str, Any]:
        """The stages that may be searched in and stand in the document once; a split that nobody wrote is the usual one."""
        varied = [stage for stage in SEARCHED_STAGES if self.variants is not None and getattr(self.variants, stage) is not None]
        plain = {"features": self.features, "preprocessing": self.preprocessing, "split": self.split or SplitSpec()}
        return {stage: form for stage, form in plain.items() if stage not in varied}

    @property
    def _stage_space(self) -> dict[str, Any]:
        """What is searched of the stages; nothing where it is wrong, which is told elsewhere."""
        try:
            stages = self.searched_stages
        except MistakeError:
            return {}
        return stages.space() if stages else {}

    @property
    def searched_stages(self) -> SearchedStages | None:
        """What the search chooses of the stages; None where it chooses a model's arguments only."""
        return None if self.search is None else SearchedStages(self.search, self._plain_stages)

    def _pruning_problems(self, splits: list[SplitSpec]) -> Any:
        """Pruning without a search, or without a fold on which it could be decided."""
        pruning = self.tuning.pruning
        if pruning is None:
            return
        if not self._tunes:
            yield "tuning.pruning", f"would do nothing: {_NOTHING_TO_TUNE}"
        if self.tuning.pareto:
            yield "tuning.pruning", f"goes by {self.metric} alone, and would end trials of the front; remove it, or tuning.pareto"
        fits = [1] if self.task == "clustering" else [(split.inner or split.cv).n_fits for split in splits]
        known = [count for count in fits if count is not None]
        if len(known) == len(fits) and not any(pruning.rungs(count) for count in known):
            most = max(known)
            least = next(count for count in range(2, 2000) if pruning.rungs(count))
            needs = f"a trial is {most} fit{'' if most == 1 else 's'}, and {pruning.method} needs at least {least}"
            yield "tuning.pruning", f"would do nothing: {needs}; use more folds, or remove it"

    def _task_problems(self) -> Any:
        for position, metric in enumerate(self.metrics):
            problem = metric_problem(metric, self.task, deciding=position == 0 and self.tuning.metric is None)
            if problem:
                yield f"metrics[{position}]", problem
        problem = metric_problem(self.tuning.metric, self.task, deciding=True) if self.tuning.metric else None
        if problem:
            yield "tuning.metric", problem
        forms = {"target": self.target} if self.target else {}
        forms |= {f"variants.target.{name}": form for name, form in ((self.variants and self.variants.target) or {}).items()}
        for field, target in forms.items():
            for part, problem in target_problems(target, self.task):
                yield f"{field}.{part}", problem
        yield from self._entity_problems(forms)
        yield from self._model_problems()
        yield from search_problems(
            self.tuning, self._placed_models, self._stage_space, task=self.task, metrics=self.metric_names, tunes=self._tunes
        )
        yield from self._interval_problems()

    def _interval_problems(self) -> Any:
        if self.weights is not None and not self.supervised:
            yield "weights", f"would do nothing: {_PLURAL[self.task]} are learned from all rows alike; remove them"
        if self.intervals is not None and self.task != "regression":
            yield "intervals", f"are for a regression, not for a {self.task}; remove them"
        if self.task == "clustering" and self.evaluation:
            yield "evaluation", "looks at predictions that come true, which clusters do not; remove it"
        quantiles = self.intervals is not None and self.intervals.method == "quantile"
        asked = {f"metrics[{position}]": name for position, name in enumerate(self.metrics)}
        asked |= {"tuning.metric": self.tuning.metric} if self.tuning.metric else {}
        for field, name in asked.items():
            needs = metric_info(name).needs
            if needs == "interval" and self.intervals is None:
                yield field, f"{name!r} is of intervals, and there are none; add intervals: {{method: conformal, coverage: 0.9}}"
            if needs == "quantiles" and not quantiles:
                yield field, f"{name!r} is of quantiles, and there are none; add intervals: {{method: quantile, coverage: 0.9}}"

    def _entity_problems(self, targets: dict[str, TargetSpec]) -> Any:
        """What needs to tell entities apart, where no form of the data names their column."""
        sources = [self.data] if self.data else list(((self.variants and self.variants.data) or {}).values())
        if not sources or any(source.entity is not None for source in sources):
            return
        steps = {"preprocessing": self.preprocessing or []}
        steps |= {f"variants.preprocessing.{name}": form for name, form in ((self.variants and self.variants.preprocessing) or {}).items()}
        steps |= {f"search.preprocessing.{name}": form for name, form in ((self.search and self.search.preprocessing) or {}).items()}
        for field, components in steps.items():
            for position, component in enumerate(components):
                if needs_entity(component):
                    yield (
                        f"{field}[{position}]",
                        f"{component.name!r} by entity needs data.entity; name the column, or leave the entity out",
                    )
        for field, target in targets.items():
            if target.as_ == "rank":
                yield f"{field}.as", "'rank' is taken among entities and needs data.entity; name the column, or use as: return"
            if any(needs_entity(component) for component in target.transforms):
                yield f"{field}.transform", "by: entity needs data.entity; name the column, or leave by out"

    @property
    def _placed_models(self) -> dict[str, Component]:
        """Every model by its place in the document."""
        forms = {"models": self.models or []}
        forms |= {f"variants.models.{name}": form for name, form in ((self.variants and self.variants.models) or {}).items()}
        return {f"{field}[{position}]": model for field, models in forms.items() for position, model in enumerate(models)}

    def _model_problems(self) -> Any:
        for field, model in self._placed_models.items():
            yield from self._task_of(model, field)
            for path, member in members_of(model).items():
                inner = re.sub(r"\.(\d+)$", r"[\1]", path)
                yield from self._task_of(member, f"{field}.{model.name}.{inner}")

    def _task_of(self, model: Component, field: str) -> Any:
        tasks = getattr(type(model.arguments), "tasks", None)
        if tasks is not None and self.task not in tasks:
            kinds = catalogue.usable("models")
            fitting = [name for name, kind in kinds.items() if name != "python" and self.task in (getattr(kind, "tasks", None) or ())]
            what = "anomalies" if self.task == "anomaly" else f"a {self.task}"
            yield field, f"{model.name!r} can't do {what}; try {', '.join(fitting)}"

    @property
    def _tunes(self) -> bool:
        """Whether any form of the models has a search space, or stages are searched."""
        if self.search is not None:
            return True
        spaces = [search_space(model) for model in self._placed_models.values()]
        return any(is_searched(value) for space in spaces for value in space.values())

    @property
    def supervised(self) -> bool:
        """Whether there is a target that is predicted."""
        return self.task in ("regression", "classification")

    @property
    def metric_names(self) -> tuple[str, ...]:
        """The metrics to compute: those asked for, or all that fit the task; the deciding one is always among them."""
        labelled = self.target is not None or (self.variants is not None and self.variants.target is not None)
        names = tuple(self.metrics) or default_metrics(self.task, labelled=labelled)
        decides = self.tuning.metric
        return names if decides is None or decides in names else (decides, *names)

    @property
    def metric(self) -> str:
        """The metric that decides."""
        return self.tuning.metric or self.metric_names[0]
