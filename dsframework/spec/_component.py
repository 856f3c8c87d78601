"""Components: ``name`` or ``{name: {arguments}}``, looked up in a catalogue that other packages can extend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, SerializeAsAny
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from dsframework.spec._arguments import PART, Arguments
from dsframework.spec._catalogue import BrokenPackageError, catalogue
from dsframework.spec._issues import not_available

__all__ = ["PART", "Component", "ComponentOf", "each_part_once"]

_written: ContextVar[set[str] | None] = ContextVar("_written", default=None)


@contextmanager
def each_part_once() -> Iterator[None]:
    """Write the components of a stage where they stand first, and only their part's name wherever they stand again."""
    token = _written.set(set())
    try:
        yield
    finally:
        _written.reset(token)


class Component(BaseModel):
    """One named step with its arguments."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    arguments: SerializeAsAny[Arguments]

    def to_plain(self, *, full: bool = False) -> Any:
        """Return the component as it is written in a spec.

        Parameters
        ----------
        full
            Write every argument, defaults included, and no shorthand.
        """
        values = self.arguments.model_dump(mode="json", by_alias=True, exclude_unset=not full)
        if full:
            return {self.name: values}
        short = self.arguments.shorthand
        if short and list(values) == [short]:
            return {self.name: values[short]}
        return {self.name: values} if values else self.name


class ComponentOf:
    """Marks an annotation as "a component of this stage"; use as ``Annotated[Component, ComponentOf("features")]``."""

    def __init__(self, stage: str) -> None:
        self.stage = self.part = stage

    def validate(self, value: Any) -> Component:
        """Build the component, or raise errors that carry the path inside its arguments."""
        if isinstance(value, Component):
            return value
        name, given = self._split(value)
        try:
            model = catalogue.arguments(self.stage, name)
        except KeyError:
            text = not_available(name, self._names())
            raise PydanticCustomError("not_available", "{text}", {"text": text}) from None
        except BrokenPackageError as error:
            raise PydanticCustomError("not_available", "{text}", {"text": str(error)}) from error
        name = catalogue.canonical(self.stage, name)
        if model.shorthand and isinstance(given, list):
            given = {model.shorthand: given}
        wrapped: Any = _wrapper(name, model)
        return Component(name=name, arguments=getattr(wrapped.model_validate({name: given}), _SLOT))

    def _names(self) -> list[str]:
        """The names that may stand here."""
        return catalogue.names(self.stage)

    def _split(self, value: Any) -> tuple[str, Any]:
        if isinstance(value, str):
            return value, {}
        if isinstance(value, dict) and len(value) == 1:
            name, given = next(iter(value.items()))
            return str(name), {} if given is None else given
        text = f"expected a name or one 'name: {{arguments}}', try {', '.join(self._names())}"
        raise PydanticCustomError("component", "{text}", {"text": text})

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.validate,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda component: component.to_plain()),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        written = _written.get()
        if written is not None and self.part in written:
            return {PART: self.part}
        if written is not None:
            written.add(self.part)
        return {"oneOf": self.alternatives(handler), PART: self.part}

    def alternatives(self, handler: GetJsonSchemaHandler) -> list[JsonSchemaValue]:
        """Return the schema of every component that may stand here."""
        options: list[JsonSchemaValue] = []
        bare: list[str] = []
        usable = catalogue.usable(self.stage)
        for name, model in ((name, usable[name]) for name in self._names() if name in usable):
            inner = handler(model.__pydantic_core_schema__)
            if model.shorthand:
                listed = model.model_json_schema()["properties"][model.shorthand]
                inner = {"anyOf": [inner, {key: part for key, part in listed.items() if key != "title"}]}
            options.append(
                {
                    "type": "object",
                    "title": name,
                    "description": (model.__doc__ or "").strip().split("\n")[0],
                    "properties": {name: inner},
                    "required": [name],
                    "additionalProperties": False,
                }
            )
            if not any(field.is_required() for field in model.model_fields.values()):
                bare.append(name)
        if bare:
            options.append({"type": "string", "enum": bare, "title": "name only"})
        return options


_SLOT = "component_arguments"
_wrappers: dict[tuple[str, type[Arguments]], type[BaseModel]] = {}


def _wrapper(name: str, model: type[Arguments]) -> type[BaseModel]:
    """A model with the single field `name`, so that errors carry the component's name in their path."""
    from pydantic import Field, create_model

    key = (name, model)
    if key not in _wrappers:
        _wrappers[key] = create_model(
            f"{name}_item",
            __config__=ConfigDict(extra="forbid", strict=True),
            **{_SLOT: (Annotated[model, Field(alias=name)], ...)},  # type: ignore[call-overload]
        )
    return _wrappers[key]
