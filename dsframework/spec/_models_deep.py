"""The arguments of the networks and of the statistical models."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from dsframework.spec._arguments import Searchable, values_of
from dsframework.spec._catalogue import catalogue
from dsframework.spec._models import SupervisedArguments

__all__ = [
    "KerasMlpArguments",
    "NetworkArguments",
    "TorchLstmArguments",
    "TorchMlpArguments",
    "TorchTcnArguments",
]

_WIDEST = 65_536


class Layers:
    """The widths of a network's layers: one list is one network, a list of lists is a choice to search."""

    searches = True

    def validate(self, value: Any) -> list[list[int]]:
        """Return the choices, which are one where one network was written."""
        choices = value if isinstance(value, list) and value and isinstance(value[0], list) else [value]
        for widths in choices:
            whole = isinstance(widths, list) and widths and all(isinstance(width, int) and not isinstance(width, bool) for width in widths)
            if not whole or not all(1 <= width <= _WIDEST for width in widths):
                text = (
                    "expected the widths of the layers, such as [64, 32], or a list of such lists to choose from, such as [[32], [64, 32]]"
                )
                raise PydanticCustomError("layers", "{text}", {"text": text})
        return [list(widths) for widths in choices]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.validate)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        one = {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": _WIDEST}, "minItems": 1}
        many = {"type": "array", "items": one, "minItems": 1, "title": "Choices to search"}
        return {"anyOf": [{**one, "title": "One network"}, many]}


Whole = Annotated[Any, Searchable(int, ge=1)]
Dropout = Annotated[Any, Searchable(float, ge=0, le=0.95)]
Activation = Annotated[Any, Searchable(str, choices=("relu", "gelu", "silu", "tanh"))]
Lookback = Annotated[Any, Searchable(int, ge=1, le=10_000)]
_LOOKBACK = (
    "How many rows of the entity a prediction reads, its own included; near the entity's start the first row stands for those before."
)
_MAX_GAP = "Steps between two rows of a window; after a longer gap the window begins anew."


class NetworkArguments(SupervisedArguments):
    """What all networks have in common; an epoch is a round of early stopping."""

    epochs: Whole = Field(default=50, title="Epochs", description="Passes over the rows; with early stopping, the most passes.")
    batch_size: Whole = Field(default=128, title="Rows in a batch")
    learning_rate: Annotated[Any, Searchable(float, gt=0)] = Field(default=0.001, title="Learning rate", description="Of AdamW.")
    weight_decay: Annotated[Any, Searchable(float, ge=0)] = Field(default=0.0, title="Weight decay", description="Biases do not decay.")
    gradient_clip: Annotated[Any, Searchable(float, gt=0, nullable=True)] = Field(
        default=1.0, title="Gradient clip", description="The largest norm of a gradient; null for no limit."
    )
    loss: Annotated[Any, Searchable(str, choices=("mse", "mae", "huber", "quantile"))] = Field(
        default="mse", title="Loss", description="Of a regression, on the target brought to deviation 1; a classification has the log loss."
    )
    quantile: Annotated[Any, Searchable(float, gt=0, le=1)] = Field(
        default=0.5, title="Quantile", description="What loss: quantile predicts; below 1."
    )

    def check_together(self) -> None:
        """Refuse what would do nothing."""
        if self.quantile != type(self).model_fields["quantile"].default and "quantile" not in values_of(self.loss):
            raise PydanticCustomError("idle", "{text}", {"text": "quantile would do nothing; write loss: quantile, or remove it"})


class TorchMlpArguments(NetworkArguments):
    """Layers of neurons on a row's own features (PyTorch)."""

    hidden: Annotated[Any, Layers()] = Field(
        default=[64, 64],
        validate_default=True,
        title="Layers",
        description="Neurons of every hidden layer, such as [64, 32]; a list of lists is a choice.",
    )
    activation: Activation = Field(default="relu", title="Activation")
    dropout: Dropout = Field(default=0.0, title="Dropout", description="Share of the neurons left out while training.")


class KerasMlpArguments(TorchMlpArguments):
    """Layers of neurons on a row's own features (Keras 3 on PyTorch)."""


class TorchLstmArguments(NetworkArguments):
    """Long short-term memory over the last rows of an entity (PyTorch)."""

    hidden_size: Whole = Field(default=32, title="Cells")
    layers: Annotated[Any, Searchable(int, ge=1, le=16)] = Field(default=1, title="Layers")
    lookback: Lookback = Field(default=20, title="Look back", description=_LOOKBACK)
    dropout: Dropout = Field(default=0.0, title="Dropout", description="After every layer, while training.")
    max_gap: Whole = Field(default=5, title="Longest gap", description=_MAX_GAP)


class TorchTcnArguments(NetworkArguments):
    """Dilated causal convolutions over the last rows of an entity (PyTorch)."""

    channels: Whole = Field(default=32, title="Channels")
    kernel_size: Annotated[Any, Searchable(int, ge=2, le=64)] = Field(
        default=3, title="Kernel", description="Steps that a convolution sees."
    )
    lookback: Lookback = Field(default=20, title="Look back", description=_LOOKBACK)
    activation: Activation = Field(default="relu", title="Activation")
    dropout: Dropout = Field(default=0.0, title="Dropout", description="After every convolution, while training.")
    max_gap: Whole = Field(default=5, title="Longest gap", description=_MAX_GAP)


catalogue.register("models", "keras_mlp", KerasMlpArguments)
catalogue.register("models", "torch_mlp", TorchMlpArguments)
catalogue.register("models", "torch_lstm", TorchLstmArguments)
catalogue.register("models", "torch_tcn", TorchTcnArguments)
