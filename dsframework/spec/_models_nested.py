"""The arguments of the models that are made of other models, and the search space of a model with what stands inside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import is_distribution
from dsframework.spec._catalogue import BrokenPackageError, catalogue
from dsframework.spec._choices import CHOOSE, cases_of, is_choice, named_in
from dsframework.spec._component import Component, ComponentOf
from dsframework.spec._models import ClassifierArguments, SupervisedArguments

__all__ = [
    "CalibratedArguments",
    "MeanArguments",
    "MemberOf",
    "StackingArguments",
    "WeightedArguments",
    "members_of",
    "model_params",
    "own_classes",
    "search_space",
]

_STAGE = "models"


class MemberOf(ComponentOf):
    """Marks an annotation as "a model inside another one", which has no models inside itself."""

    def __init__(self) -> None:
        super().__init__(_STAGE)
        self.part = "member"

    def validate(self, value: Any) -> Component:
        """Build the component, or raise errors that carry the path inside its arguments."""
        name = next(iter(value)) if isinstance(value, dict) and len(value) == 1 else value
        if isinstance(name, str) and _nests(catalogue.canonical(_STAGE, name)):
            raise PydanticCustomError("nested", "{text}", {"text": f"{name!r} has no place inside another model; name its models instead"})
        return super().validate(value)

    def _names(self) -> list[str]:
        usable = catalogue.usable(_STAGE)
        return [name for name, kind in usable.items() if not _nests(name) and _supervised(kind)]


def _nests(name: str) -> bool:
    try:
        return bool(getattr(catalogue.arguments(_STAGE, name), "inside", ()))
    except (KeyError, BrokenPackageError):
        return False


def _supervised(kind: type) -> bool:
    tasks = getattr(kind, "tasks", None)
    return tasks is None or "regression" in tasks or "classification" in tasks


def _several(models: list[Component]) -> list[Component]:
    if len(models) < 2:
        raise PydanticCustomError("nested", "expected at least two models, such as [ridge, lightgbm]")
    return models


Members = Annotated[list[Annotated[Component, MemberOf()]], AfterValidator(_several), Field(json_schema_extra={"minItems": 2})]
Models = Field(title="Models", description="At least two; a list or a range inside one is searched as well.")


class MeanArguments(SupervisedArguments):
    """The mean of several models' predictions, on the scale that the target is learned on."""

    inside: ClassVar[tuple[str, ...]] = ("models",)

    models: Members = Models


class WeightedArguments(SupervisedArguments):
    """A weighted mean of several models, whose weights are found on the last part of the training time."""

    inside: ClassVar[tuple[str, ...]] = ("models",)

    models: Members = Models
    validation: float = Field(
        default=0.2,
        gt=0,
        lt=0.9,
        title="Validation share",
        description="The last share of the training time, on which models that were fitted on the rows before are weighed.",
    )


class StackingArguments(SupervisedArguments):
    """A model of several models' predictions, learned from rows that they have not seen."""

    inside: ClassVar[tuple[str, ...]] = ("models", "meta")

    models: Members = Models
    meta: Annotated[Component, MemberOf()] | None = Field(
        default=None, title="Meta-model", description="What puts them together; ridge for values, logistic_regression for classes."
    )
    folds: int = Field(
        default=5, ge=1, le=50, title="Inner folds", description="Blocks of the training time that are predicted from the rows before them."
    )


class CalibratedArguments(ClassifierArguments):
    """A classifier whose probabilities are brought to the frequencies of the last part of the training time."""

    inside: ClassVar[tuple[str, ...]] = ("model",)

    model: Annotated[Component, MemberOf()] = Field(title="Model")
    method: Literal["sigmoid", "isotonic"] = Field(
        default="sigmoid", title="Method", description="A logistic curve, or rising steps, which want a thousand rows or more."
    )
    validation: float = Field(
        default=0.2,
        gt=0,
        lt=0.9,
        title="Validation share",
        description="The last share of the training time, which a model that was fitted on the rows before is compared with.",
    )


def members_of(component: Component) -> dict[str, Component]:
    """Return the models inside a model by their path in its arguments.

    >>> members_of(Component(name="mean", arguments=MeanArguments(models=["ridge", {"lasso": {"alpha": 2.0}}])))["models.1"].name
    'lasso'
    """
    found: dict[str, Component] = {}
    for field in getattr(type(component.arguments), "inside", ()):
        value = getattr(component.arguments, field)
        if isinstance(value, Component):
            found[field] = value
        elif value is not None:
            found |= {f"{field}.{position}": member for position, member in enumerate(value)}
    return found


def own_classes(component: Component) -> list[str]:
    """Return the import paths of the classes that a model, or one inside it, names.

    >>> tree = {"python": {"class": "sklearn.tree.ExtraTreeRegressor"}}
    >>> own_classes(Component(name="mean", arguments=MeanArguments(models=["ridge", tree])))
    ['sklearn.tree.ExtraTreeRegressor']
    """
    named = [str(getattr(component.arguments, "class_", ""))] if component.name == "python" else []
    return [*named, *(path for member in members_of(component).values() for path in own_classes(member))]


def search_space(component: Component) -> dict[str, Any]:
    """Return the arguments of a model as given, those of the models inside it under their path.

    A list or a range is a choice to search; one whose values bring arguments has them in pairs. A list that is one value, such as the names
    of columns, stands as a choice of one.

    >>> search_space(Component(name="mean", arguments=MeanArguments(models=["ridge", {"lasso": {"alpha": [1.0, 2.0]}}])))
    {'models.0.ridge': {}, 'models.1.lasso.alpha': [1.0, 2.0]}
    """
    arguments = component.arguments
    fields = {field.alias or name: (name, field) for name, field in type(arguments).model_fields.items()}
    inside = getattr(type(arguments), "inside", ())
    given = arguments.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude=set(inside))
    if component.name == "python":
        settled = getattr(arguments, "arguments", {})
        own = {name: settled[name] if is_choice(value) else value for name, value in given.pop("arguments", {}).items()}
        given |= _below("arguments", own)
    else:  # keys of JSON are texts
        given = {
            key: getattr(arguments, fields[key][0] if key in fields else key) if is_choice(value) else value for key, value in given.items()
        }
    space = _space_of(given, lambda key: key not in fields or any(getattr(mark, "searches", False) for mark in fields[key][1].metadata))
    for path, member in members_of(component).items():
        stem = f"{path}.{member.name}"
        space |= _below(stem, search_space(member)) or {stem: {}}
    return space


def _space_of(given: Mapping[str, Any], searches: Callable[[str], bool]) -> dict[str, Any]:
    """Arguments with every list that is one value as a choice of one, and choices in pairs; one that a choice brings stands there only."""
    space: dict[str, Any] = {}
    for key, value in given.items():
        if is_choice(value):
            space[key] = {CHOOSE: [[case, _space_of(branch, searches)] for case, branch in cases_of(value)]}
        else:
            space[key] = [value] if not searches(key) and (isinstance(value, list) or is_distribution(value)) else value
    brought = {name for value in space.values() if is_choice(value) for name in named_in(value)}
    return {key: value for key, value in space.items() if key not in brought}


def _below(stem: str, space: Mapping[str, Any]) -> dict[str, Any]:
    """A search space under a longer path."""
    found = {}
    for key, value in space.items():
        cases = {CHOOSE: [[case, _below(stem, branch)] for case, branch in cases_of(value)]} if is_choice(value) else None
        found[f"{stem}.{key}"] = cases or value
    return found


def model_params(name: str, point: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a model from a point of its search space: the way back from `search_space`.

    >>> model_params("mean", {"models.0.ridge": {}, "models.1.lasso.alpha": 1.0})
    {'models': [{'ridge': {}}, {'lasso': {'alpha': 1.0}}]}
    """
    if name == "python":
        own = {key.removeprefix("arguments."): value for key, value in point.items() if key != "class"}
        return {"class": point["class"], "arguments": own}
    inside = getattr(catalogue.arguments(_STAGE, name), "inside", ()) if name in catalogue.names(_STAGE) else ()
    params: dict[str, Any] = {}
    members: dict[tuple[str, int, str], dict[str, Any]] = {}
    for key, value in point.items():
        field, _, rest = key.partition(".")
        if field not in inside:
            params[key] = value
            continue
        number, _, below = rest.partition(".") if rest.split(".")[0].isdigit() else ("-1", "", rest)
        member, _, argument = below.partition(".")
        given = members.setdefault((field, int(number), member), {})
        if argument:
            given[argument] = value
    for (field, position, member), given in sorted(members.items(), key=lambda item: item[0]):
        built = {member: model_params(member, given)}
        if position < 0:
            params[field] = built
        else:
            params.setdefault(field, []).append(built)
    return params


catalogue.register("models", "mean", MeanArguments, aliases=("average",))
catalogue.register("models", "weighted", WeightedArguments)
catalogue.register("models", "stacking", StackingArguments, aliases=("StackingRegressor", "StackingClassifier"))
catalogue.register("models", "calibrated", CalibratedArguments)
