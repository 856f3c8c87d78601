"""The stages of an experiment as they stand in a document, and the names of their forms."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dsframework.spec._component import Component, ComponentOf
from dsframework.spec._data import DataField, DataSpec

__all__ = ["STAGES", "DataAny", "Features", "Models", "Preprocessing", "form_name_problem"]

STAGES = ("data", "target", "features", "preprocessing", "split", "models")

DataAny = Annotated[DataSpec, DataField()]
Features = Annotated[list[Annotated[Component, ComponentOf("features")]], Field(min_length=1)]
Preprocessing = list[Annotated[Component, ComponentOf("preprocessing")]]
Models = Annotated[list[Annotated[Component, ComponentOf("models")]], Field(min_length=1)]


def form_name_problem(name: str, signs: str = "=,/\n") -> str | None:
    """Return why a form of a stage can't have a name; None where it can.

    >>> form_name_problem("short"), form_name_problem("a/b")
    (None, "'a/b' can't name a form; use letters, digits, '-' and '_', at most 60")
    """
    if name and not any(sign in name for sign in signs) and len(name) <= 60:
        return None
    return f"{name!r} can't name a form; use letters, digits, '-' and '_', at most 60"
