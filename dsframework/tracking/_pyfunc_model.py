"""The model as MLflow loads it: raw rows in, predictions out. MLflow stores this file beside the model and runs it."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import mlflow.pyfunc
from mlflow.models import set_model


class TsmlModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc,name-defined]
    """Features, preprocessing, model and the way back to the target's unit."""

    _skip_type_hint_validation = True  # the signature is given; hints would be read as a second one

    def load_context(self, context: Any) -> None:
        """Load the fitted pipeline that lies beside the model."""
        bundle = Path(context.artifacts["bundle"])
        with (bundle / "pipeline.pkl").open("rb") as file:
            self.pipeline = pickle.load(file)  # noqa: S301  # this is where a model is loaded, in its own environment

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # MLflow would read hints as a schema
        """Return time, entity and prediction as a pandas frame, for the last row of every entity."""
        every_row = bool((params or {}).get("every_row", False))
        return self.pipeline.predict(model_input, every_row=every_row).to_pandas()


set_model(TsmlModel())
