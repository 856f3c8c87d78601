"""Layers of neurons of Keras 3, which computes with PyTorch here."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._border import need
from dsframework.models._torch_models import TorchMlp

if TYPE_CHECKING:
    from torch import nn

__all__ = ["KerasMlp"]

_importing = threading.Lock()


def load_keras() -> Any:
    """Import Keras on PyTorch.

    Keras reads `KERAS_BACKEND` once, when it is imported, and keeps that backend for the life of the process. Where nobody has imported
    it yet and the variable is not set, it is set for the import alone.

    Raises
    ------
    MissingDependencyError
        When Keras or PyTorch is not installed.
    ModelError
        When the process or the environment has chosen another backend.
    """
    need("torch", "keras")
    with _importing:
        asked = os.environ.get("KERAS_BACKEND")
        if "keras" not in sys.modules:
            if asked not in (None, "", "torch"):
                raise _other_backend(asked, "KERAS_BACKEND", "set KERAS_BACKEND=torch, or leave it unset")
            os.environ["KERAS_BACKEND"] = "torch"
        try:
            keras = need("keras", "keras")
        finally:
            if asked is None:
                os.environ.pop("KERAS_BACKEND", None)
            else:
                os.environ["KERAS_BACKEND"] = asked
    if keras.backend.backend() != "torch":
        raise _other_backend(keras.backend.backend(), "Keras in this process", "set KERAS_BACKEND=torch before Keras is first imported")
    return keras


def _other_backend(found: str, where: str, mend: str) -> ModelError:
    return ModelError(f"keras_mlp computes with PyTorch, and {where} says {found}", field="models.keras_mlp", mend=mend)


class KerasMlp(TorchMlp):
    """Dense layers of Keras 3 on a row's own features, trained like the networks of PyTorch.

    What was learned is kept as the weights alone, and is asked without Keras: its products are in single precision whatever is asked of
    them, and a served model then needs PyTorch only.
    """

    name = "keras_mlp"

    def _training(self) -> AbstractContextManager[Any]:
        """Keep Keras on the model's device, beside which it would choose a GPU of its own accord."""
        scope: AbstractContextManager[Any] = load_keras().device("gpu" if self.device.startswith("cuda") else self.device)
        return scope

    def _build(self, inputs: int, outputs: int) -> nn.Module:
        keras, seed, dropout = load_keras(), self.seed, self._setting("dropout")
        parts: list[Any] = [keras.Input((inputs,), dtype="float32")]
        for position, width in enumerate(self._setting("hidden")):
            start = keras.initializers.GlorotUniform(seed + position)
            activation = self._setting("activation")
            parts.append(keras.layers.Dense(width, activation, kernel_initializer=start, dtype="float32", name=f"layers_{position}"))
            if dropout > 0:
                parts.append(keras.layers.Dropout(dropout, seed=seed + position, dtype="float32", name=f"dropout_{position}"))
        start = keras.initializers.GlorotUniform(seed + len(parts))
        parts.append(keras.layers.Dense(outputs, kernel_initializer=start, dtype="float32", name="head"))
        module: nn.Module = keras.Sequential(parts, name="mlp")
        return module

    def _weights(self, module: Any) -> dict[str, np.ndarray[Any, Any]]:
        found = {}
        for layer in module.layers:
            if hasattr(layer, "kernel"):
                name = layer.name.replace("_", ".")
                found[f"{name}.weight"] = layer.kernel.value.detach().cpu().numpy().T.copy()
                found[f"{name}.bias"] = layer.bias.value.detach().cpu().numpy().copy()
        return found
