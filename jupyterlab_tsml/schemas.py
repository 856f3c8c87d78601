"""How wire models are described: what a reply always carries is required, though it has a default in Python."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

__all__ = ["WireJsonSchema"]

Fields = core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField


class WireJsonSchema(GenerateJsonSchema):
    """JSON Schema in which every field of a reply is required; requests keep their defaults."""

    def field_is_required(self, field: Fields, *args: Any, **kwargs: Any) -> bool:
        """Tell whether the field is always there."""
        return self.mode == "serialization" or super().field_is_required(field, *args, **kwargs)
