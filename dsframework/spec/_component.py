"""Components: ``name`` or ``{name: {arguments}}``, looked up in a catalogue that other packages can extend."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, SerializeAsAny
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from dsframework.spec._arguments import Arguments
from dsframework.spec._issues import not_available

__all__ = ["Catalogue", "Component", "ComponentOf", "catalogue"]


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


class Catalogue:
    """The components of every stage: stage -> name -> the model of its arguments."""

    def __init__(self) -> None:
        self._stages: dict[str, dict[str, type[Arguments]]] = {}
        self._aliases: dict[tuple[str, str], str] = {}

    def register(self, stage: str, name: str, arguments: type[Arguments], *, aliases: Iterable[str] = ()) -> None:
        """Add a component; the form, YAML, Python and the command line know it from then on."""
        self._stages.setdefault(stage, {})[name] = arguments
        for alias in aliases:
            self._aliases[(stage, alias)] = name

    def names(self, stage: str) -> list[str]:
        """Return the names of a stage, sorted."""
        return sorted(self._stages.get(stage, {}))

    def canonical(self, stage: str, name: str) -> str:
        """Return the current name for `name`, which may be an old one."""
        return self._aliases.get((stage, name), name)

    def arguments(self, stage: str, name: str) -> type[Arguments]:
        """Return the model of a component's arguments; raises `KeyError` when there is none."""
        return self._stages[stage][self.canonical(stage, name)]


catalogue = Catalogue()


class ComponentOf:
    """Marks an annotation as "a component of this stage"; use as ``Annotated[Component, ComponentOf("features")]``."""

    def __init__(self, stage: str) -> None:
        self.stage = stage

    def validate(self, value: Any) -> Component:
        """Build the component, or raise errors that carry the path inside its arguments."""
        if isinstance(value, Component):
            return value
        name, given = self._split(value)
        try:
            model = catalogue.arguments(self.stage, name)
        except KeyError:
            text = not_available(name, catalogue.names(self.stage))
            raise PydanticCustomError("not_available", "{text}", {"text": text}) from None
        name = catalogue.canonical(self.stage, name)
        if model.shorthand and isinstance(given, list):
            given = {model.shorthand: given}
        wrapped: Any = _wrapper(name, model)
        return Component(name=name, arguments=getattr(wrapped.model_validate({name: given}), _SLOT))

    def _split(self, value: Any) -> tuple[str, Any]:
        if isinstance(value, str):
            return value, {}
        if isinstance(value, dict) and len(value) == 1:
            name, given = next(iter(value.items()))
            return str(name), {} if given is None else given
        text = f"expected a name or one 'name: {{arguments}}', try {', '.join(catalogue.names(self.stage))}"
        raise PydanticCustomError("component", "{text}", {"text": text})

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self.validate,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda component: component.to_plain()),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        options: list[JsonSchemaValue] = []
        bare: list[str] = []
        for name in catalogue.names(self.stage):
            model = catalogue.arguments(self.stage, name)
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
        return {"oneOf": options}


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
