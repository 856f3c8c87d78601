"""The JSON Schema of the document, for editors and for the form."""

from __future__ import annotations

from typing import Any

from dsframework.spec._component import PART, each_part_once
from dsframework.spec._experiment import ExperimentSpec

__all__ = ["json_schema"]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a spec, version 1; the components of a stage stand in it once."""
    parts: dict[str, Any] = {}
    with each_part_once():
        written = ExperimentSpec.model_json_schema(by_alias=True)
    schema = _shared(written, parts)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "$defs": {**schema["$defs"], **parts}}


def _shared(node: Any, parts: dict[str, Any]) -> Any:
    """Move every list of components to `parts`, and refer to it."""
    if isinstance(node, list):
        return [_shared(item, parts) for item in node]
    if not isinstance(node, dict):
        return node
    if PART not in node:
        return {key: _shared(value, parts) for key, value in node.items()}
    name = f"{node[PART]}_component"
    if "oneOf" in node:
        parts[name] = {"oneOf": _shared(node["oneOf"], parts)}
    return {"$ref": f"#/$defs/{name}", **{key: value for key, value in node.items() if key not in (PART, "oneOf")}}
