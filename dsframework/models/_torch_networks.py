"""The networks. Every random number of theirs comes from a generator of their own, so that nobody else's are used up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["Lstm", "Mlp", "Tcn", "build", "initialise"]

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": nn.functional.relu,
    "gelu": nn.functional.gelu,
    "silu": nn.functional.silu,
    "tanh": torch.tanh,
}


class Dropout(nn.Module):
    """Dropout that draws from a generator of its own, which PyTorch's does not."""

    def __init__(self, share: float, random: torch.Generator) -> None:
        super().__init__()
        self.share, self.random = share, random

    def forward(self, x: Tensor) -> Tensor:
        """Zero a share of the values while training, and scale up the others."""
        if not self.training or self.share == 0.0:
            return x
        kept = torch.empty_like(x, dtype=torch.float32).bernoulli_(1.0 - self.share, generator=self.random)
        return x * kept.to(x.dtype).div_(1.0 - self.share)


class Mlp(nn.Module):
    """Layers of neurons, shape (rows, features) to (rows, outputs)."""

    def __init__(
        self, inputs: int, outputs: int, random: torch.Generator, *, hidden: Sequence[int], activation: str, dropout: float
    ) -> None:
        super().__init__()
        widths = [inputs, *hidden]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.head = nn.Linear(widths[-1], outputs)
        self.activation, self.dropout = ACTIVATIONS[activation], Dropout(dropout, random)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs of every row."""
        for layer in self.layers:
            x = self.dropout(self.activation(layer(x)))
        outputs: Tensor = self.head(x)
        return outputs


class Lstm(nn.Module):
    """Long short-term memory (Hochreiter & Schmidhuber 1997) over windows, shape (rows, lookback, features) to (rows, outputs)."""

    def __init__(self, inputs: int, outputs: int, random: torch.Generator, *, hidden_size: int, layers: int, dropout: float) -> None:
        super().__init__()
        sizes = [inputs, *[hidden_size] * (layers - 1)]
        self.layers = nn.ModuleList(nn.LSTM(size, hidden_size, batch_first=True) for size in sizes)
        self.head = nn.Linear(hidden_size, outputs)
        self.dropout = Dropout(dropout, random)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs after the last row of every window."""
        for layer in self.layers:
            x = self.dropout(layer(x)[0])
        outputs: Tensor = self.head(x[:, -1])
        return outputs


class Tcn(nn.Module):
    """Residual blocks of dilated causal convolutions (Bai, Kolter & Koltun 2018), shape (rows, lookback, features) to (rows, outputs).

    The distance that a block looks back doubles from block to block; there are as many as are needed to see the whole window. Only the
    last step of a window is asked for, and for that a block needs every second step of the one before, counted from the last: the
    others are left out, so that all blocks together cost about two of the first.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        random: torch.Generator,
        *,
        channels: int,
        kernel_size: int,
        lookback: int,
        activation: str,
        dropout: float,
    ) -> None:
        super().__init__()
        blocks: list[_Block] = []
        seen = 1
        while seen < lookback or not blocks:
            wide = channels if blocks else inputs
            seen += 2 * (kernel_size - 1) * 2 ** len(blocks)
            blocks.append(_Block(wide, channels, kernel_size, activation, Dropout(dropout, random)))
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Linear(channels, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs after the last row of every window."""
        for block in self.blocks:
            x = block(x)
            x = x[:, (x.shape[1] - 1) % 2 :: 2]
        outputs: Tensor = self.head(x[:, -1])
        return outputs


class _Block(nn.Module):
    """Two convolutions over time beside a shortcut, shape (rows, steps, inputs) to (rows, steps, channels)."""

    def __init__(self, inputs: int, channels: int, kernel_size: int, activation: str, dropout: Dropout) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.first = nn.Linear(kernel_size * inputs, channels)
        self.second = nn.Linear(kernel_size * channels, channels)
        self.shortcut = nn.Identity() if inputs == channels else nn.Linear(inputs, channels)
        self.activation, self.dropout = ACTIVATIONS[activation], dropout

    def forward(self, x: Tensor) -> Tensor:
        """Return as many steps as there were; a step sees itself and earlier ones only, and zeros before the first."""
        inner = self.dropout(self.activation(self.first(self._stretches(x))))
        inner = self.dropout(self.activation(self.second(self._stretches(inner))))
        return self.activation(inner + self.shortcut(x))

    def _stretches(self, x: Tensor) -> Tensor:
        """The last `kernel_size` steps at every step, side by side: a convolution is a product with them."""
        steps = x.shape[1]
        padded = nn.functional.pad(x, (0, 0, self.kernel_size - 1, 0))
        return torch.cat([padded[:, begin : begin + steps] for begin in range(self.kernel_size)], dim=2)


KINDS: dict[str, type[nn.Module]] = {"mlp": Mlp, "lstm": Lstm, "tcn": Tcn}


def build(kind: str, settings: Mapping[str, Any], inputs: int, outputs: int, *, seed: int, device: str) -> nn.Module:
    """Return a network with its first weights, which depend on the seed alone."""
    random = torch.Generator(device).manual_seed(seed)
    with torch.device("meta"):  # no weights yet, so that no random number of the process is drawn
        module = KINDS[kind](inputs, outputs, random, **settings)
    module = module.to_empty(device="cpu")
    initialise(module, seed)
    return module.to(device)


def initialise(module: nn.Module, seed: int) -> None:
    """Draw the first weights: uniform within one over the root of the inputs; an LSTM's forget gate starts open."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, nn.LSTM):
                for name, parameter in part.named_parameters():
                    parameter.uniform_(-(part.hidden_size**-0.5), part.hidden_size**-0.5, generator=random)
                    if name.startswith("bias_ih"):
                        parameter[part.hidden_size : 2 * part.hidden_size] += 1.0
            elif isinstance(part, nn.Linear):
                bound = part.in_features**-0.5
                part.weight.uniform_(-bound, bound, generator=random)
                part.bias.uniform_(-bound, bound, generator=random)
