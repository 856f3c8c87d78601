"""What is predicted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from dsframework.spec._arguments import Strict
from dsframework.spec._component import Component
from dsframework.spec._target_transforms import Sign, TransformArguments, TransformField, as_components, sign_problem

__all__ = ["TargetScale", "TargetSpec", "duration_of", "target_problems"]

_DURATION = re.compile(r"([1-9][0-9]{0,5})(s|min|h|d)")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_MOST = 10000


def duration_of(text: str) -> tuple[int, str]:
    """Return the count and the unit of a duration.

    >>> duration_of("30min")
    (30, 'min')
    """
    found = _DURATION.fullmatch(text)
    assert found is not None, "the document has been checked"
    return int(found[1]), found[2]


class HorizonField:
    """Marks ``target.horizon``: a number of rows, or a duration such as ``5d`` that becomes one when the data is there."""

    def validate(self, value: Any) -> int | str:
        """Return the horizon as it is written, or raise an error that says what is allowed."""
        if isinstance(value, str) and _DURATION.fullmatch(value):
            return value
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST:
            return value
        text = f"expected a number of rows from 1 to {_MOST}, or a duration such as 5d or 30min, got {value!r}"
        raise PydanticCustomError("range", "{text}", {"text": text})

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.validate)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        rows = {"type": "integer", "minimum": 1, "maximum": _MOST, "title": "Rows"}
        return {"anyOf": [rows, {"type": "string", "pattern": f"^{_DURATION.pattern}$", "title": "Duration"}]}


class TargetScale(NamedTuple):
    """The scale that a target is learned on: transforms in order, and what a prediction in its own unit estimates."""

    transforms: tuple[Component, ...] = ()
    estimate: Literal["median", "mean"] = "median"


class TargetSpec(Strict):
    """What is predicted: a column, `horizon` rows ahead, within the entity."""

    column: str = Field(min_length=1, title="Column")
    horizon: Annotated[Any, HorizonField()] = Field(
        default=1, title="Horizon", description="Rows ahead, within the entity, or a duration that is a whole number of the data's steps."
    )
    as_: Literal["value", "return", "log_return", "direction", "volatility", "rank", "class"] = Field(
        default="value",
        alias="as",
        title="As",
        description="The value itself, its change over the horizon, whether it rises, the deviation of its log returns, the rank of its "
        "change among the entities (-0.5 to 0.5), or the class that the column names.",
    )
    threshold: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        title="Threshold",
        description="With as: direction, changes of at most this are flat, which makes three classes: 0.01 is 1 %.",
    )
    transform: Annotated[Any, TransformField()] = Field(
        default="none", title="Transform", description="Learn the target on this scale; predictions come back in its own unit."
    )
    estimate: Literal["median", "mean"] = Field(
        default="median",
        title="Estimate",
        description="What a prediction that comes back from a bent scale estimates: its middle, or its mean, corrected by the errors "
        "(smearing).",
    )

    @property
    def transforms(self) -> tuple[Component, ...]:
        """The transforms in the order in which they are applied; none for the target as it is."""
        return as_components(self.transform)

    @property
    def scale(self) -> TargetScale:
        """All that says on which scale the target is learned."""
        return TargetScale(self.transforms, self.estimate)

    @property
    def is_class(self) -> bool:
        """Whether it is a class and no number."""
        return self.as_ in ("direction", "class")


_NEGATIVE = {"return": "negative returns", "log_return": "negative returns", "rank": "negative ranks"}


def target_problems(target: TargetSpec, task: str) -> Iterator[tuple[str, str]]:
    """Say what in a target does not fit together: the field, and what is wrong."""
    if target.is_class and task == "regression":
        instead = "as: return" if target.as_ == "direction" else "as: value"
        yield "as", f"{target.as_!r} is a class; write task: classification, or {instead}"
    if task == "classification" and target.as_ in ("return", "log_return", "volatility", "rank"):
        yield "as", f"{target.as_!r} is a number and no class; write as: direction, or task: regression"
    if target.threshold is not None and target.as_ != "direction":
        yield "threshold", "would do nothing but for as: direction; remove it"
    names = [component.name for component in target.transforms]
    shown = repr(names[0]) if len(names) == 1 else repr(names)
    if names and task not in ("regression", "classification"):
        yield "transform", f"would do nothing in a task: {task}; remove it"
    elif names and (target.is_class or task == "classification"):
        yield "transform", f"{shown} would do nothing to a {'direction' if target.as_ == 'direction' else 'class'}; remove it"
    else:
        sign: Sign = "any" if target.as_ in _NEGATIVE else "positive"
        problem = sign_problem(target.transforms, sign, _NEGATIVE.get(target.as_, "negative values"))
        if problem:
            yield "transform", problem
        bent = any(not isinstance(part.arguments, TransformArguments) or part.arguments.bends for part in target.transforms)
        if target.estimate == "mean" and not bent:
            yield "estimate", f"'mean' is what transform: {', '.join(names) or 'none'} estimates anyway; remove it"
