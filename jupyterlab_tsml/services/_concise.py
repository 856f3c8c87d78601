"""A document without what is by default, so that the YAML of a form is one that a person would write."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from dsframework.spec import Component, CvSpec, ExperimentSpec, spec_from_dict

__all__ = ["concise"]

_KEPT = ("version", "name", "task", "loader")


def concise(spec: ExperimentSpec) -> ExperimentSpec:
    """Return an equal spec in which only what differs from the defaults counts as given."""
    return spec_from_dict(_plain(spec))


def _plain(value: Any) -> Any:
    if isinstance(value, Component):
        given = _plain(value.arguments)
        return {value.name: given} if given else value.name
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        kept = (*_KEPT, "method") if isinstance(value, CvSpec) and value.method != CvSpec().method else _KEPT
        differ = {
            name: getattr(value, name)
            for name, field in fields.items()
            if name in kept or field.is_required() or getattr(value, name) != field.get_default(call_default_factory=True)
        }
        return {fields[name].alias or name: _plain(item) for name, item in differ.items()}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
