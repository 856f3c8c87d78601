"""The losses: one number a row."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dsframework.models._torch_training import Loss, rising

__all__ = ["loss_of"]


def loss_of(task: str, name: str, quantile: float, quantiles: tuple[float, ...]) -> Loss:
    """Return the loss of a task.

    Parameters
    ----------
    task
        A classification has the log loss.
    name, quantile
        ``mse``, ``mae``, ``huber`` (squared up to one deviation of the target, absolute beyond) or ``quantile``: the pinball loss of
        `quantile`.
    quantiles
        Where there are any, an output each is learned by its pinball loss.
    """
    if task == "classification":
        return _log_loss
    if quantiles:
        return _Pinball(quantiles)
    return {"mse": _squared, "mae": _absolute, "huber": _huber}[name] if name != "quantile" else _Pinball((quantile,))


def _log_loss(raw: Tensor, target: Tensor) -> Tensor:
    if raw.shape[1] == 1:
        return nn.functional.binary_cross_entropy_with_logits(raw[:, 0], target.to(raw.dtype), reduction="none")
    return nn.functional.cross_entropy(raw, target, reduction="none")


def _squared(raw: Tensor, target: Tensor) -> Tensor:
    return (raw[:, 0] - target).square()


def _absolute(raw: Tensor, target: Tensor) -> Tensor:
    return (raw[:, 0] - target).abs()


def _huber(raw: Tensor, target: Tensor) -> Tensor:
    return nn.functional.huber_loss(raw[:, 0], target, reduction="none")


class _Pinball:
    """The loss whose lowest mean is at the quantiles (Koenker & Bassett 1978), averaged over them."""

    def __init__(self, quantiles: tuple[float, ...]) -> None:
        self.quantiles = torch.tensor(quantiles)

    def __call__(self, raw: Tensor, target: Tensor) -> Tensor:
        above = target[:, None] - (rising(raw) if raw.shape[1] > 1 else raw)
        share = self.quantiles.to(above)
        return torch.maximum(share * above, (share - 1) * above).mean(dim=1)
