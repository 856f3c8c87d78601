"""The scales that a target can be learned on. Each is fitted inside the fold and undone on prediction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, RootModel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from dsframework.spec._arguments import Arguments
from dsframework.spec._catalogue import catalogue
from dsframework.spec._component import PART, Component, ComponentOf

__all__ = ["Sign", "TransformArguments", "TransformField", "as_components", "sign_problem"]

Sign = Literal["any", "positive"]


class TransformArguments(Arguments):
    """The base of every target transform's arguments."""

    measured: ClassVar[bool] = False
    """Whether it measures from a value that is known when the prediction is made; one of them at most makes sense."""

    @property
    def needs(self) -> Sign:
        """Which values it is defined for."""
        return "any"

    def gives(self, sign: Sign) -> Sign:
        """Return which values it gives for values of that sign."""
        return sign

    @property
    def bends(self) -> bool:
        """Whether the mean on its scale is not the mean in the target's unit."""
        return False


class _Bent(TransformArguments):
    @property
    def needs(self) -> Sign:
        """Which values it is defined for."""
        return "positive"

    def gives(self, sign: Sign) -> Sign:
        """Return which values it gives."""
        return "any"

    @property
    def bends(self) -> bool:
        """Whether the mean on its scale is not the mean in the target's unit."""
        return True


class NoneArguments(TransformArguments):
    """The target as it is."""


class LogArguments(_Bent):
    """The natural logarithm, of positive values."""


class Log1pArguments(_Bent):
    """The logarithm of 1 + value, where zeros mean something."""


class SqrtArguments(_Bent):
    """The square root, of values from 0 on."""


class PowerTransformArguments(_Bent):
    """The power between a logarithm and a square that makes the training rows most likely normal."""

    method: Literal["yeo_johnson", "box_cox"] = Field(
        default="yeo_johnson", title="Method", description="box_cox is for positive values; yeo_johnson takes any."
    )

    @property
    def needs(self) -> Sign:
        """Which values it is defined for."""
        return "positive" if self.method == "box_cox" else "any"


class StandardArguments(TransformArguments):
    """Mean 0 and deviation 1 over the training rows, which networks want."""

    by: Literal["entity"] | None = Field(
        default=None, title="By", description="entity gives every entity a mean and a deviation of its own."
    )

    def gives(self, sign: Sign) -> Sign:
        """Return which values it gives."""
        return "any"


class VolatilityScaleArguments(TransformArguments):
    """Divided by the deviation of the entity's last labels in training, so that calm and wild entities count alike."""

    rows: int = Field(default=250, ge=10, le=1_000_000, title="Rows", description="How many of the entity's last labels.")


class DifferenceArguments(TransformArguments):
    """The change from the target's last known value."""

    measured = True

    def gives(self, sign: Sign) -> Sign:
        """Return which values it gives."""
        return "any"


class RatioArguments(TransformArguments):
    """The target over its last known value."""

    measured = True

    @property
    def needs(self) -> Sign:
        """Which values it is defined for."""
        return "positive"


class LogRatioArguments(_Bent):
    """The logarithm of the target over its last known value."""

    measured = True


class SeasonalDifferenceArguments(TransformArguments):
    """The change from the last known value that lies whole seasons before the target."""

    measured = True

    season: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, title="Season", description="How many rows it has: five for daily data and a session's for bars, by default."
    )

    def gives(self, sign: Sign) -> Sign:
        """Return which values it gives."""
        return "any"


class SlotProfileTransformArguments(TransformArguments):
    """Intraday averaging: divided by what is usual of the entity at the target's time of day, or less that."""

    how: Literal["divide", "subtract"] = Field(default="divide", title="How")
    days: int = Field(default=20, ge=1, le=10_000, title="Days", description="The last full days of training that are averaged.")

    @property
    def needs(self) -> Sign:
        """Which values it is defined for."""
        return "positive" if self.how == "divide" else "any"

    def gives(self, sign: Sign) -> Sign:
        """Return which values it gives."""
        return sign if self.how == "divide" else "any"


for _name, _model in {
    "none": NoneArguments,
    "log": LogArguments,
    "log1p": Log1pArguments,
    "sqrt": SqrtArguments,
    "power": PowerTransformArguments,
    "standard": StandardArguments,
    "volatility_scale": VolatilityScaleArguments,
    "difference": DifferenceArguments,
    "ratio": RatioArguments,
    "log_ratio": LogRatioArguments,
    "seasonal_difference": SeasonalDifferenceArguments,
}.items():
    catalogue.register("target", _name, _model)
catalogue.register("target", "slot_profile", SlotProfileTransformArguments, aliases=("intraday_averaging",))
catalogue.base("target", TransformArguments)

_One = Annotated[Component, ComponentOf("target")]


class _Several(RootModel[list[_One]]):
    """A list of transforms, so that errors carry the position in their path."""


class TransformField:
    """Marks ``target.transform``: a name, a name with arguments, or a list of those, applied in order.

    What is stored is as short as what may be written: a name, a `Component` with arguments, or a list of both.
    """

    def validate(self, value: Any) -> Any:
        """Return the value in its shortest form, or raise an error that says what is wrong with it."""
        if not isinstance(value, list):
            return _short(ComponentOf("target").validate(value))
        found = [_short(component) for component in _Several.model_validate(value).root]
        if not found or "none" in found:
            raise PydanticCustomError("component", "{text}", {"text": "a list of transforms holds at least one, and no none"})
        return found[0] if len(found) == 1 else found

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.validate, serialization=core_schema.plain_serializer_function_ser_schema(_plain)
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        alternatives = ComponentOf("target").alternatives(handler)
        one = {"oneOf": alternatives, PART: "target"}
        return {"anyOf": [*alternatives, {"type": "array", "title": "one after the other", "items": one, "minItems": 1}]}


def _short(component: Component) -> str | Component:
    return component if component.arguments.model_fields_set or component.arguments.model_extra else component.name


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.to_plain() if isinstance(value, Component) else value


def as_components(value: Any) -> tuple[Component, ...]:
    """Return the transforms of a value of `TransformField`, in order, each with its arguments; none of them is ``none``."""
    items = value if isinstance(value, list | tuple) else [value]
    found = (item if isinstance(item, Component) else ComponentOf("target").validate(item) for item in items)
    return tuple(component for component in found if component.name != "none")


def sign_problem(transforms: Sequence[Component], sign: Sign, negative: str) -> str | None:
    """Say which of the transforms is not defined for what it gets, or None.

    Parameters
    ----------
    transforms
        In the order in which they are applied.
    sign
        Of the target itself.
    negative
        What a target that may be negative is called.
    """
    before, measured = "", ""
    for component in transforms:
        arguments = component.arguments
        if not isinstance(arguments, TransformArguments):
            sign, before = "any", component.name
            continue
        if arguments.needs == "positive" and sign == "any":
            if before:
                return (
                    f"{component.name!r} is not defined for the negative values that {before!r} gives; put it first, or remove one of them"
                )
            return f"{component.name!r} is not defined for {negative}; remove it"
        if arguments.measured and measured:
            return f"{component.name!r} after {measured!r} has no known value to measure from; remove one of the two"
        measured = component.name if arguments.measured else measured
        after = arguments.gives(sign)
        before = component.name if after == "any" and sign == "positive" else before
        sign = after
    return None
