"""The arguments of the preprocessing step that a user writes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Arguments
from dsframework.spec._catalogue import catalogue
from dsframework.spec._models import IMPORT_PATH
from dsframework.spec._preprocessing import Columns

__all__ = ["PythonStepArguments"]


def _loadable(path: str) -> str:
    if path.startswith("__main__."):
        own = f"my_steps.{path.rpartition('.')[2]}"
        text = f"a class of the notebook or script itself can't be loaded elsewhere; put it into my_steps.py beside it, and name {own}"
        raise PydanticCustomError("class", "{text}", {"text": text})
    return path


class PythonStepArguments(Arguments):
    """An own class with fit(X) and transform(X), such as a transformer of scikit-learn; it is fitted inside every fold."""

    class_: Annotated[str, AfterValidator(_loadable)] = Field(
        alias="class",
        pattern=IMPORT_PATH,
        title="Class",
        description="Import path, such as my_steps.Winsorise of a file beside the notebook, or sklearn.preprocessing.SplineTransformer.",
    )
    arguments: dict[str, Any] = Field(default={}, title="Arguments", description="Passed to the class by name.")
    columns: Columns = None


catalogue.register("preprocessing", "python", PythonStepArguments)
