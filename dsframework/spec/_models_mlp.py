"""The arguments of scikit-learn's network."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from dsframework.spec._arguments import Searchable
from dsframework.spec._catalogue import catalogue
from dsframework.spec._models import SupervisedArguments
from dsframework.spec._models_deep import Layers

__all__ = ["MlpArguments"]

Count = Annotated[Any, Searchable(int, ge=1)]


class MlpArguments(SupervisedArguments):
    """A small network, grown by epochs; wants scaled features (scikit-learn)."""

    hidden: Annotated[Any, Layers()] = Field(
        default=[100], validate_default=True, title="Hidden layers", description="Their sizes; a list of such lists is a choice to search."
    )
    epochs: Count = Field(default=100, title="Epochs", description="With early stopping, the most epochs.")
    activation: Annotated[Any, Searchable(str, choices=("relu", "tanh", "logistic"))] = Field(default="relu", title="Activation")
    alpha: Annotated[Any, Searchable(float, ge=0)] = Field(default=0.0001, title="Alpha", description="Strength of the quadratic penalty.")
    learning_rate: Annotated[Any, Searchable(float, gt=0)] = Field(default=0.001, title="Learning rate")
    batch_size: Count = Field(default=200, title="Rows in a batch")


catalogue.register("models", "mlp", MlpArguments, aliases=("MLPRegressor", "MLPClassifier"))
