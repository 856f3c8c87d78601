"""Anomalies by an autoencoder: rows that a narrow network can't draw again."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, ClassVar

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._anomaly import AnomalyModel
from dsframework.models._base import Floats
from dsframework.models._network import Trained
from dsframework.models._torch_border import calm, load_torch, usable_device

__all__ = ["AutoencoderModel"]

_ASKED_AT_ONCE = 4096


class AutoencoderModel(AnomalyModel):
    """A network that squeezes a row through a few neurons and draws it again; its score is the mean squared difference.

    `hidden` are the layers down to the narrowest; the way back mirrors them. The features are brought to mean 0 and deviation 1, so that
    each counts alike. What a feature adds is its own squared difference.
    """

    name = "autoencoder"
    requirements = ("torch",)
    defaults: ClassVar[dict[str, Any]] = {
        "contamination": 0.01,
        "hidden": [16, 4],
        "activation": "tanh",
        "epochs": 50,
        "batch_size": 128,
        "learning_rate": 0.003,
        "weight_decay": 0.0,
    }

    def _learn(self, x: Floats) -> Floats:
        torch, device = load_torch(), usable_device(self.device, self.name)
        from dsframework.models._torch_training import Lesson, Samples, Schedule, train

        spread = x.std(axis=0)
        self.centre_, self.spread_ = x.mean(axis=0), np.where(spread > 0, spread, 1.0)
        with calm(device.partition(":")[0]):
            values = torch.from_numpy(((x - self.centre_) / self.spread_).astype("float32")).to(device)
            module = self._build(x.shape[1], device)
            samples = Samples(values, torch.arange(len(x), device=device))
            schedule = Schedule(self._setting("batch_size"), self._setting("learning_rate"), self._setting("weight_decay"), 1.0, self.seed)
            train(Lesson(module, samples, values, None, _squared, schedule), self._setting("epochs"))
            weights = {name: part.detach().cpu().numpy().copy() for name, part in module.state_dict().items()}
        if not all(np.isfinite(part).all() for part in weights.values()):
            raise ModelError("the training diverged", field=self._field, mend="use a smaller learning_rate")
        self.network_ = Trained(int(x.shape[1]), int(x.shape[1]), weights)
        return self._scores(x)

    def _build(self, features: int, device: str) -> Any:
        from dsframework.models._torch_networks import build

        down = list(self._setting("hidden"))
        settings = {"hidden": [*down, *down[-2::-1]], "activation": self._setting("activation"), "dropout": 0.0}
        return build("mlp", settings, features, features, seed=self.seed, device=device)

    def _scores(self, x: Floats) -> Floats:
        scores: Floats = self._contributions(x).sum(axis=1)
        return scores

    def _contributions(self, x: Floats) -> Floats:
        torch = load_torch()
        found = np.empty(x.shape)
        with ExitStack() as settings:
            settings.enter_context(calm())
            settings.enter_context(torch.no_grad())
            module = self._build(x.shape[1], "cpu").double().eval()
            module.load_state_dict({name: torch.from_numpy(part.astype(np.float64)) for name, part in self.network_.weights.items()})
            for start in range(0, len(x), _ASKED_AT_ONCE):
                values = (x[start : start + _ASKED_AT_ONCE] - self.centre_) / self.spread_
                found[start : start + _ASKED_AT_ONCE] = np.square(module(torch.from_numpy(values)).numpy() - values) / x.shape[1]
        return found


def _squared(drawn: Any, values: Any) -> Any:
    return (drawn - values).square().mean(dim=1)
