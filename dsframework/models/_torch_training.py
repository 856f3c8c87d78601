"""How a network learns: batches by index, AdamW over one flat vector, epochs that are the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dsframework.progress import report

__all__ = ["AdamW", "Lesson", "Loss", "Samples", "Schedule", "Watched", "rising", "train", "watch"]

_WATCHED_AT_ONCE = 8192
Loss = Callable[[Tensor, Tensor], Tensor]
"""From outputs, shape (rows, outputs), and targets, shape (rows,), to losses, shape (rows,)."""


@dataclass(frozen=True)
class Samples:
    """What a network reads, one item a row that is learned or predicted.

    Attributes
    ----------
    values
        Features, shape (rows, features).
    row
        Which row of `values` an item is, shape (items,).
    first
        The first row of `values` that an item may look back to, shape (items,); None where an item is its own row only.
    lookback
        How many rows an item reads, its own included.
    """

    values: Tensor
    row: Tensor
    first: Tensor | None = None
    lookback: int = 1

    def __len__(self) -> int:
        return int(self.row.shape[0])

    def batch(self, chosen: Tensor) -> Tensor:
        """Return some items, shape (items, features), or (items, lookback, features) where they look back.

        Where an item's past is shorter than `lookback`, its earliest row stands in the place of what is not there.
        """
        row = self.row[chosen]
        if self.first is None:
            return self.values[row]
        back = torch.arange(1 - self.lookback, 1, device=row.device)
        return self.values[torch.maximum(row[:, None] + back, self.first[chosen][:, None])]


class AdamW:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019), over all parameters as one vector.

    Small networks spend their time on starting operations and not on arithmetic; one vector needs a handful of operations a step, however
    many layers there are. Biases do not decay.

    Parameters
    ----------
    module
        Its parameters become views of the vector.
    learning_rate, weight_decay
        As in PyTorch.
    clip
        The largest norm of a gradient; None for no limit.
    """

    def __init__(self, module: nn.Module, *, learning_rate: float, weight_decay: float, clip: float | None) -> None:
        parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
        self.vector = torch.cat([parameter.detach().reshape(-1) for parameter in parameters])
        self.gradient = torch.zeros_like(self.vector)
        self._mean, self._square = torch.zeros_like(self.vector), torch.zeros_like(self.vector)
        self._rate, self._clip, self._steps = learning_rate, clip, 0
        keeps = [
            torch.full_like(parameter, 1 - learning_rate * weight_decay * (parameter.dim() > 1)).reshape(-1) for parameter in parameters
        ]
        self._keeps = torch.cat(keeps).detach() if weight_decay > 0 else None
        at = 0
        for parameter in parameters:
            size = parameter.numel()
            parameter.data = self.vector[at : at + size].view_as(parameter)
            parameter.grad = self.gradient[at : at + size].view_as(parameter)
            at += size

    def step(self) -> None:
        """Take one step along the gradient and forget it."""
        self._steps += 1
        if self._clip is not None:
            norm = torch.linalg.vector_norm(self.gradient)
            self.gradient.mul_((self._clip / (norm + 1e-6)).clamp(max=1.0))
        if self._keeps is not None:
            self.vector.mul_(self._keeps)
        self._mean.lerp_(self.gradient, 0.1)
        self._square.mul_(0.999).addcmul_(self.gradient, self.gradient, value=0.001)
        spread = (self._square / (1 - 0.999**self._steps)).sqrt_().add_(1e-8)
        self.vector.addcdiv_(self._mean, spread, value=-self._rate / (1 - 0.9**self._steps))
        self.gradient.zero_()


@dataclass(frozen=True)
class Schedule:
    """The settings of a training."""

    batch_size: int
    learning_rate: float
    weight_decay: float
    clip: float | None
    seed: int


@dataclass(frozen=True)
class Watched:
    """Rows that are looked at after every epoch, and not learned from."""

    samples: Samples
    target: Tensor


@dataclass(frozen=True)
class Lesson:
    """All that a training starts from: the network with its first weights, the rows, their targets and weights, and the settings."""

    module: nn.Module
    samples: Samples
    target: Tensor
    weight: Tensor | None
    loss: Loss
    schedule: Schedule


def train(lesson: Lesson, epochs: int) -> None:
    """Train a network for a number of epochs."""
    for epoch in _epochs(lesson, epochs):
        report(epoch, steps=epochs)


def watch(lesson: Lesson, epochs: int, watched: Watched, patience: int) -> int:
    """Train until none of `patience` epochs was better on the watched rows; return the number of the best one, from 1."""
    best, lowest = 1, float("inf")
    for epoch in _epochs(lesson, epochs):
        score = _score(lesson.module, watched, lesson.loss)
        report(epoch, score, steps=epochs, of="validation loss")
        if score < lowest:
            best, lowest = epoch, score
        if epoch - best >= patience:
            break
    return best


def _epochs(lesson: Lesson, epochs: int) -> Iterator[int]:
    """Train, and stop by after every epoch. The order of the rows depends on the seed and the epoch alone."""
    module, samples, target, weight, schedule = lesson.module, lesson.samples, lesson.target, lesson.weight, lesson.schedule
    optimiser = AdamW(module, learning_rate=schedule.learning_rate, weight_decay=schedule.weight_decay, clip=schedule.clip)
    random = torch.Generator().manual_seed(schedule.seed)
    for epoch in range(1, epochs + 1):
        module.train()
        order = torch.randperm(len(samples), generator=random).to(target.device)
        for chosen in torch.split(order, schedule.batch_size):
            losses = lesson.loss(module(samples.batch(chosen)), target[chosen])
            (losses if weight is None else losses * weight[chosen]).mean().backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        yield epoch


def _score(module: nn.Module, watched: Watched, loss: Loss) -> float:
    module.eval()
    total = 0.0
    with torch.no_grad():
        for chosen in torch.split(torch.arange(len(watched.samples), device=watched.target.device), _WATCHED_AT_ONCE):
            total += float(loss(module(watched.samples.batch(chosen)), watched.target[chosen]).double().sum())
    return total / len(watched.samples)


def rising(raw: Tensor) -> Tensor:
    """Return quantiles that can't cross: the middle output is free, the others lie a positive distance from their neighbour."""
    middle = raw.shape[1] // 2
    steps = nn.functional.softplus(raw)
    below = raw[:, middle : middle + 1] - steps[:, :middle].flip(1).cumsum(1).flip(1)
    above = raw[:, middle : middle + 1] + steps[:, middle + 1 :].cumsum(1)
    return torch.cat([below, raw[:, middle : middle + 1], above], dim=1)
