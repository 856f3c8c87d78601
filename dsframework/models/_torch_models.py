"""The models on PyTorch: a perceptron on a row's own features, an LSTM and a TCN on a stretch of its past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._base import Floats
from dsframework.models._network import NetworkModel, Trained
from dsframework.models._torch_border import load_torch
from dsframework.models._windows import first_rows, in_entity_order
from dsframework.rows import Rows

if TYPE_CHECKING:
    from torch import nn

    from dsframework.models._torch_training import Samples

__all__ = ["TorchLstm", "TorchMlp", "TorchTcn"]


class _TorchModel(NetworkModel):
    kind: ClassVar[str]
    built_from: ClassVar[tuple[str, ...]]

    def _build(self, inputs: int, outputs: int) -> nn.Module:
        return self._new(inputs, outputs, self.device)

    def _new(self, inputs: int, outputs: int, device: str) -> nn.Module:
        from dsframework.models._torch_networks import build

        settings = {name: self._setting(name) for name in self.built_from}
        return build(self.kind, settings, inputs, outputs, seed=self.seed, device=device)

    def _weights(self, module: Any) -> dict[str, np.ndarray[Any, Any]]:
        return {name: part.detach().cpu().numpy().copy() for name, part in module.state_dict().items()}

    def _restored(self, network: Trained) -> nn.Module:
        torch = load_torch()
        module = self._new(network.inputs, network.outputs, "cpu").double()
        module.load_state_dict({name: torch.from_numpy(part.astype(np.float64)) for name, part in network.weights.items()})
        return module


class TorchMlp(_TorchModel):
    """Layers of neurons on a row's own features."""

    name = "torch_mlp"
    kind = "mlp"
    defaults: ClassVar[dict[str, Any]] = {"hidden": [64, 64], "activation": "relu", "dropout": 0.0}
    built_from = ("hidden", "activation", "dropout")


class _WindowModel(_TorchModel):
    """A network that reads the last `lookback` rows of the entity, the row itself included."""

    @property
    def history(self) -> int:  # type: ignore[override]
        """How many earlier rows of the entity a prediction reads."""
        return int(self._setting("lookback")) - 1

    def _samples(self, x: Floats, rows: Rows | None, precision: str, device: str) -> Samples:
        torch = load_torch()
        from dsframework.models._torch_training import Samples

        lookback = int(self._setting("lookback"))
        self._refuse_missing(x)
        if rows is None and lookback > 1:
            raise ModelError(
                f"{self.name} looks back and has to know whose and when the rows are", field=f"models.{self.name}", mend="give rows="
            )
        order = np.arange(len(x)) if rows is None else in_entity_order(rows)
        first = order if rows is None else first_rows(rows, order, lookback=lookback, max_gap=self._setting("max_gap"))
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        if rows is not None and rows.asked is not None:
            place = place[rows.asked]
        values = torch.from_numpy(np.array(x[order], dtype=precision)).to(device)
        row = torch.from_numpy(place).to(device)
        return Samples(values, row, torch.from_numpy(first[place]).to(device), lookback)


class TorchLstm(_WindowModel):
    """Long short-term memory over the last rows of an entity."""

    name = "torch_lstm"
    kind = "lstm"
    defaults: ClassVar[dict[str, Any]] = {"hidden_size": 32, "layers": 1, "lookback": 20, "dropout": 0.0, "max_gap": 5}
    built_from = ("hidden_size", "layers", "dropout")


class TorchTcn(_WindowModel):
    """Dilated causal convolutions over the last rows of an entity."""

    name = "torch_tcn"
    kind = "tcn"
    defaults: ClassVar[dict[str, Any]] = {
        "channels": 32,
        "kernel_size": 3,
        "lookback": 20,
        "activation": "relu",
        "dropout": 0.0,
        "max_gap": 5,
    }
    built_from = ("channels", "kernel_size", "lookback", "activation", "dropout")
