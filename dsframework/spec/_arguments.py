"""What the arguments of every component are made of: strict, frozen models and values that may be searched."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from dsframework.spec._choices import CHOOSE, is_choice, settle_cases, with_text_keys
from dsframework.spec._issues import near_miss

__all__ = ["PART", "Arguments", "IntList", "Searchable", "Strict", "at_least", "is_distribution", "is_searched", "values_of"]

PART = "x-part"
"""The key that names what stands at many places of the schema, which `json_schema` writes once."""
DISTRIBUTIONS = ("int", "log_int", "uniform", "log_uniform")
_MOST_NUMBERS = 10_000
_MOST_BACK = 1_000_000
_LARGEST = 2**31 - 1
_KINDS: dict[type, str] = {int: "integer", float: "number", str: "string", bool: "boolean"}
_CHOICE = {
    "type": "object",
    "title": "Choices that bring arguments of their own",
    "properties": {CHOOSE: {"type": "object", "minProperties": 1}},
    "required": [CHOOSE],
    "additionalProperties": False,
}
_WORDS: dict[type, str] = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


class Strict(BaseModel):
    """A frozen model that refuses unknown keys and silent conversions."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, populate_by_name=True, protected_namespaces=())


class Arguments(Strict):
    """The arguments of one component.

    `shorthand` names the field that a bare list stands for: ``calendar: [month]`` means ``calendar: {fields: [month]}``.
    """

    shorthand: ClassVar[str | None] = None


def is_distribution(value: object) -> bool:
    """Tell whether `value` is a range to search, such as ``{"log_uniform": [0.001, 10]}``.

    >>> is_distribution({"int": [3, 8]}), is_distribution([3, 8])
    (True, False)
    """
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in DISTRIBUTIONS


def is_searched(value: object) -> bool:
    """Tell whether `value` is a list to choose from, a range, or a choice whose values bring arguments of their own."""
    return isinstance(value, list) or is_distribution(value) or is_choice(value)


def values_of(value: Any) -> list[Any]:
    """Return the values that an argument may take, one value as a list of it.

    >>> values_of("mse"), values_of(["mse", "mae"])
    (['mse'], ['mse', 'mae'])
    """
    return value if isinstance(value, list) else [value]


class Searchable:
    """A value, a list of values to choose from, a range to search, or a choice whose values bring arguments of their own.

    Parameters
    ----------
    kind
        The Python type of one value: `int`, `float`, `str` or `bool`.
    ge, gt, le, lt
        Bounds of one value.
    choices
        The only texts allowed.
    nullable
        Whether ``null`` is a value.
    """

    searches = True

    def __init__(
        self,
        kind: type,
        *,
        ge: float | None = None,
        gt: float | None = None,
        le: float | None = None,
        lt: float | None = None,
        choices: tuple[str, ...] | None = None,
        nullable: bool = False,
    ) -> None:
        self.kind, self.ge, self.gt, self.le, self.lt, self.choices, self.nullable = kind, ge, gt, le, lt, choices, nullable

    def _wrong(self, value: object) -> PydanticCustomError:
        word = _WORDS[self.kind]
        limited = ((">=", self.ge), (">", self.gt), ("<=", self.le), ("<", self.lt))
        bounds = [f"{sign} {limit:g}" for sign, limit in limited if limit is not None]
        one_of = f" ({', '.join(self.choices)})" if self.choices else ""
        search = ", a list of them to choose from" + (", or a range such as {int: [2, 8]}" if self.kind is int else "")
        if self.kind is float:
            search += ", or a range such as {log_uniform: [0.01, 1]}"
        limits = f" {' and '.join(bounds)}" if bounds else ""
        given = str(next(iter(value))) if isinstance(value, dict) and len(value) == 1 else ""
        close = near_miss(given, (*DISTRIBUTIONS, CHOOSE))
        meant = f" ({given!r} is not available, try {close})" if close and close != given else ""
        return PydanticCustomError("searchable", "{text}", {"text": f"expected {word}{limits}{one_of}{search}{meant}"})

    def _one(self, value: Any) -> Any:
        if value is None and self.nullable:
            return None
        if self.kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, self.kind) or (self.kind is int and isinstance(value, bool)):
            raise self._wrong(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            outside = (
                not math.isfinite(value)
                or (self.ge is not None and value < self.ge)
                or (self.gt is not None and value <= self.gt)
                or (self.le is not None and value > self.le)
                or (self.lt is not None and value >= self.lt)
                or (self.kind is int and abs(value) > _LARGEST)
            )
            if outside:
                raise self._wrong(value)
        if self.choices and value not in self.choices:
            raise self._wrong(value)
        return value

    def _of_key(self, key: Any) -> Any:
        """A value that is written as a key, which JSON makes a text of."""
        if not isinstance(key, str) or key in (self.choices or ()):
            return key
        if self.nullable and key.lower() in ("null", "none"):
            return None
        if self.kind is bool:
            return {"true": True, "false": False}.get(key.lower(), key)
        if self.kind is str:
            return key
        try:
            return self.kind(key)
        except ValueError:
            return key

    def _range(self, value: dict[str, Any]) -> dict[str, Any]:
        name, bounds = next(iter(value.items()))
        integral = name in ("int", "log_int")
        if self.kind not in (int, float) or (integral and self.kind is not int) or (not integral and self.kind is int):
            raise self._wrong(value)
        if not isinstance(bounds, list) or len(bounds) != 2:
            raise PydanticCustomError("range", "{name} takes [low, high]", {"name": name})
        low, high = (self._one(bound) for bound in bounds)
        if low is None or high is None or low >= high or (name.startswith("log") and low <= 0):
            rule = "0 < low < high" if name.startswith("log") else "low < high"
            raise PydanticCustomError("range", "{name} takes [low, high] with {rule}", {"name": name, "rule": rule})
        return {name: [low, high]}

    def validate(self, value: Any) -> Any:
        """Return `value` as it is stored, or raise an error that says what is allowed."""
        if is_distribution(value):
            return self._range(value)
        if isinstance(value, dict) and set(value) == {CHOOSE}:
            return settle_cases(value, lambda key: self._one(self._of_key(key)))
        if isinstance(value, list):
            if not value:
                raise PydanticCustomError("searchable", "the list of choices is empty")
            return [self._one(item) for item in value]
        return self._one(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.validate, serialization=core_schema.plain_serializer_function_ser_schema(with_text_keys)
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        one: dict[str, Any] = {"type": _KINDS[self.kind]}
        if self.choices:
            one["enum"] = list(self.choices)
        limits = (("minimum", self.ge), ("exclusiveMinimum", self.gt), ("maximum", self.le), ("exclusiveMaximum", self.lt))
        one |= {key: limit for key, limit in limits if limit is not None}
        item = {"anyOf": [one, {"type": "null"}]} if self.nullable else one
        options: list[dict[str, Any]] = [{**one, "title": "Value"}]
        if self.nullable:
            options.append({"type": "null", "title": "None"})
        options.append({"type": "array", "items": item, "minItems": 1, "title": "Choices to search"})
        names = {int: ("int", "log_int"), float: ("uniform", "log_uniform")}.get(self.kind, ())
        options += [
            {
                "type": "object",
                "title": f"Range ({name})",
                "properties": {name: {"type": "array", "items": one, "minItems": 2, "maxItems": 2}},
                "required": [name],
                "additionalProperties": False,
            }
            for name in names
        ]
        return {"anyOf": [*options, {PART: "choice", "oneOf": [_CHOICE]}]}


def _expand_range(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"range"}:
        bounds = value["range"]
        whole = isinstance(bounds, list) and all(isinstance(b, int) and not isinstance(b, bool) for b in bounds)
        if not whole or len(bounds) not in (2, 3) or (len(bounds) == 3 and bounds[2] < 1) or bounds[0] >= bounds[1]:
            raise PydanticCustomError("range", "range takes [start, stop] or [start, stop, step], whole numbers, stop not included")
        if (bounds[1] - bounds[0]) // (bounds[2] if len(bounds) == 3 else 1) > _MOST_NUMBERS:
            raise PydanticCustomError("range", "{text}", {"text": f"this range has more than {_MOST_NUMBERS} numbers; make it shorter"})
        return list(range(*bounds))
    return value


class _RangeSchema:
    """Lets the exported JSON Schema accept ``{range: [start, stop]}`` beside a list."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        listed = handler(schema)
        bounds = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 3}
        ranged = {
            "type": "object",
            "properties": {"range": bounds},
            "required": ["range"],
            "additionalProperties": False,
            "title": "Range",
        }
        return {"anyOf": [{**listed, "title": "List"}, ranged]}


IntList = Annotated[list[int], BeforeValidator(_expand_range), _RangeSchema()]
"""A list of whole numbers, or ``{range: [start, stop, step]}`` with `stop` left out, as in Python."""


def at_least(low: int, reason: str) -> Callable[[list[int]], list[int]]:
    """Return a check that no number of a list is below `low`, which says why: a feature that reaches into the future is no feature."""

    def check(values: list[int]) -> list[int]:
        for value in values:
            if value < low:
                raise PydanticCustomError("range", "{text}", {"text": f"expected whole numbers >= {low}, got {value}; {reason}"})
            if value > _MOST_BACK:
                raise PydanticCustomError("range", "{text}", {"text": f"expected whole numbers <= {_MOST_BACK}, got {value}"})
        return values

    return check
