"""The JSON Schema of the document, for editors and for the form."""

from __future__ import annotations

from typing import Any

from dsframework.spec._experiment import ExperimentSpec

__all__ = ["json_schema"]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a spec, version 1."""
    schema = ExperimentSpec.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
