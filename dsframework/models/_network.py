"""What all networks have in common: the target's scale, the losses, epochs, quantiles and how a fitted one is stored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._base import Floats, Task
from dsframework.models._border import as_chances, as_values, foreign, refuse_one_class
from dsframework.models._torch_border import calm, load_torch, usable_device
from dsframework.rows import Rows

if TYPE_CHECKING:
    from torch import Tensor, nn

    from dsframework.models._torch_training import Lesson, Samples

__all__ = ["NetworkModel", "Trained"]

_PREDICTED_AT_ONCE = 4096
_TINY = 1e-12


@dataclass(frozen=True)
class Trained:
    """A trained network as plain data, which is small and needs no library to be loaded.

    Attributes
    ----------
    inputs, outputs
        How wide it is.
    weights
        In single precision, by name.
    centre, scale
        Of the target that it learned: a value is ``centre + scale * output``.
    """

    inputs: int
    outputs: int
    weights: dict[str, np.ndarray[Any, Any]]
    centre: float = 0.0
    scale: float = 1.0


class NetworkModel(ABC):
    """A network that is trained in epochs by AdamW, on batches in an order that the seed gives.

    A regression's target is brought to mean 0 and deviation 1 for the training and brought back in the predictions, so that a volume of
    millions is learned as well as a return; features are not scaled here, that is what `preprocessing` is for. It is trained in single
    precision and asked in double precision on the CPU, wherever it was trained, so that a prediction does not depend on the other rows
    that are asked for, nor on the machine that serves it. Quantiles have a network of their own, so that asking for them leaves the
    prediction as it is.

    Parameters
    ----------
    params, task, seed, device, n_classes, quantiles
        See `make_model`; devices are ``cpu``, ``cuda`` and ``mps``.
    threads
        Not used: a network computes with one thread, so that its last bits are the same everywhere. Fits beside each other use the others.

    Attributes
    ----------
    network_, quantile_network_
        What was learned.
    n_features_
        How many features it was fitted on.
    """

    name: ClassVar[str]
    tasks: ClassVar[tuple[Task, ...]] = ("regression", "classification")
    requirements: ClassVar[tuple[str, ...]] = ("torch",)
    defaults: ClassVar[dict[str, Any]] = {}
    common: ClassVar[dict[str, Any]] = {
        "epochs": 50,
        "batch_size": 128,
        "learning_rate": 0.001,
        "weight_decay": 0.0,
        "gradient_clip": 1.0,
        "loss": "mse",
        "quantile": 0.5,
    }
    early_stops = True
    takes_weight = True
    takes_null = False
    history: int = 0

    def __init__(
        self,
        params: Mapping[str, Any],
        *,
        task: Task,
        seed: int,
        threads: int,
        device: str = "cpu",
        n_classes: int = 2,
        quantiles: tuple[float, ...] = (),
    ) -> None:
        self.params = dict(params)
        self.task: Task = task
        self.seed = seed
        self.threads = threads
        self.device = device
        self.n_classes = n_classes
        self.quantiles = tuple(quantiles)
        self._check_params()

    def fit(
        self, x: Floats, y: Floats | None, *, rounds: int | None = None, weight: Floats | None = None, rows: Rows | None = None
    ) -> Self:
        """Learn from rows; see `Model.fit`. A round is an epoch."""
        assert y is not None
        epochs = int(rounds if rounds is not None else self._setting("epochs"))
        with self._at_work(self.device), self._training():
            self.network_ = self._train(x, y, weight, rows, epochs, ())
            self.quantile_network_ = self._train(x, y, weight, rows, epochs, self.quantiles) if self.quantiles else None
        self.n_features_ = int(x.shape[1])
        return self

    def find_rounds(
        self,
        x: Floats,
        y: Floats,
        x_val: Floats,
        y_val: Floats,
        *,
        patience: int,
        weight: Floats | None = None,
        rows: Rows | None = None,
        rows_val: Rows | None = None,
    ) -> int:
        """Return the best number of epochs by the loss on the validation rows; see `Model.find_rounds`."""
        from dsframework.models._torch_training import Watched, watch

        with self._at_work(self.device), self._training():
            centre, scale = self._scale(y, weight)
            lesson = self._prepare(x, y, weight, rows, (), centre, scale)
            watched = Watched(self._samples(x_val, rows_val, "float32", self.device), self._learned_target(y_val, centre, scale))
            return watch(lesson, self._setting("epochs"), watched, patience)

    def predict(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return values, or probabilities; see `Model.predict`."""
        network = self._fitted()
        with self._at_work("cpu"):
            raw = self._ask(network, x, rows)
            if self.task == "regression":
                return as_values(network.centre + network.scale * raw[:, 0], len(raw), self.name)
            return as_chances(_chances(raw), len(raw), self.n_classes, self.name)

    def predict_quantiles(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return the quantiles that it was made for, shape (rows, quantiles), rising in every row."""
        self._fitted()
        if self.quantile_network_ is None:
            raise ModelError(f"{self.name} was made without quantiles", field=f"models.{self.name}", mend="make it with quantiles=")
        with self._at_work("cpu"):
            raw = self._ask(self.quantile_network_, x, rows)
        return self.quantile_network_.centre + self.quantile_network_.scale * raw

    def feature_importance(self) -> Floats | None:
        """Return None: a network's weights say little about the features; permute them to see what they are worth."""
        self._fitted()
        return None

    @abstractmethod
    def _build(self, inputs: int, outputs: int) -> nn.Module:
        """Return the network with its first weights, ready to be trained."""

    @abstractmethod
    def _weights(self, module: Any) -> dict[str, np.ndarray[Any, Any]]:
        """Return the weights of a network."""

    @abstractmethod
    def _restored(self, network: Trained) -> nn.Module:
        """Return a trained network in double precision on the CPU."""

    def _samples(self, x: Floats, rows: Rows | None, precision: str, device: str) -> Samples:
        """Return what the network reads of the rows, or of those that are asked for."""
        torch = load_torch()
        from dsframework.models._torch_training import Samples

        self._refuse_missing(x)
        values = torch.from_numpy(np.array(x, dtype=precision)).to(device)
        return Samples(values, torch.arange(len(x), device=device))

    def _train(self, x: Floats, y: Floats, weight: Floats | None, rows: Rows | None, epochs: int, quantiles: tuple[float, ...]) -> Trained:
        from dsframework.models._torch_training import train

        centre, scale = self._scale(y, weight)
        lesson = self._prepare(x, y, weight, rows, quantiles, centre, scale)
        train(lesson, epochs)
        weights = self._weights(lesson.module)
        if not all(np.isfinite(part).all() for part in weights.values()):
            raise ModelError(
                "the training diverged: the weights are no longer finite",
                field=f"models.{self.name}",
                mend="scale the features (standard_scale), or use a smaller learning_rate",
            )
        return Trained(int(x.shape[1]), self._outputs(quantiles), weights, centre, scale)

    def _prepare(
        self, x: Floats, y: Floats, weight: Floats | None, rows: Rows | None, quantiles: tuple[float, ...], centre: float, scale: float
    ) -> Lesson:
        torch = load_torch()
        from dsframework.models._torch_losses import loss_of
        from dsframework.models._torch_training import Lesson, Schedule

        return Lesson(
            module=self._build(int(x.shape[1]), self._outputs(quantiles)).to(self.device),
            samples=self._samples(x, rows, "float32", self.device),
            target=self._learned_target(y, centre, scale),
            weight=None if weight is None else torch.from_numpy(np.array(weight, dtype="float32")).to(self.device),
            loss=loss_of(self.task, self._setting("loss"), self._setting("quantile"), quantiles),
            schedule=Schedule(
                batch_size=self._setting("batch_size"),
                learning_rate=self._setting("learning_rate"),
                weight_decay=self._setting("weight_decay"),
                clip=self._setting("gradient_clip"),
                seed=self.seed,
            ),
        )

    def _scale(self, y: Floats, weight: Floats | None) -> tuple[float, float]:
        if self.task != "regression":
            refuse_one_class(y, self.name, self.n_classes)
            return 0.0, 1.0
        if not np.isfinite(y).all():
            raise ModelError("the target has missing or infinite values", field=f"models.{self.name}", mend="drop those rows")
        centre = float(np.average(y, weights=weight))
        spread = float(np.sqrt(np.average(np.square(y - centre), weights=weight)))
        return centre, spread if spread > _TINY * max(1.0, abs(centre)) else 1.0

    def _learned_target(self, y: Floats, centre: float, scale: float) -> Tensor:
        torch = load_torch()
        kind = "int64" if self.task == "classification" else "float32"
        found: Tensor = torch.from_numpy(((y - centre) / scale).astype(kind)).to(self.device)
        return found

    def _ask(self, network: Trained, x: Floats, rows: Rows | None) -> Floats:
        torch = load_torch()
        from dsframework.models._torch_training import rising

        if x.shape[1] != network.inputs:
            raise ModelError(f"it was fitted on {network.inputs} features and gets {x.shape[1]}", field=f"models.{self.name}")
        samples, module = self._samples(x, rows, "float64", "cpu"), self._restored(network).eval()
        found = np.empty((len(samples), network.outputs))
        with torch.no_grad():
            for chosen in torch.arange(len(samples)).split(_PREDICTED_AT_ONCE):
                raw = module(samples.batch(chosen))
                found[chosen.numpy()] = (rising(raw) if network is getattr(self, "quantile_network_", None) else raw).numpy()
        return found

    def _training(self) -> AbstractContextManager[Any]:
        """Return what a library needs around its training."""
        return nullcontext()

    def _outputs(self, quantiles: tuple[float, ...]) -> int:
        if quantiles:
            return len(quantiles)
        return self.n_classes if self.task == "classification" and self.n_classes > 2 else 1

    def _setting(self, name: str) -> Any:
        return {**self.common, **self.defaults, **self.params}[name]

    def _check_params(self) -> None:
        field = f"models.{self.name}"
        if unknown := sorted(set(self.params) - {*self.common, *self.defaults}):
            raise ModelError(f"it takes no {', '.join(unknown)}", field=field, mend=f"it takes {', '.join([*self.defaults, *self.common])}")
        if self.params.get("loss", "mse") != "mse" and self.task == "classification":  # the form writes every default
            raise ModelError("a classification learns by the log loss", field=f"{field}.loss", mend="leave it out")
        if self.params.get("quantile", 0.5) != 0.5 and self._setting("loss") != "quantile":
            raise ModelError("nothing uses it", field=f"{field}.quantile", value=self.params["quantile"], mend="set loss: quantile as well")
        if not 0 < self._setting("quantile") < 1:
            raise ModelError("a quantile lies between 0 and 1", field=f"{field}.quantile", value=self.params["quantile"])
        if self.quantiles and self.task != "regression":
            raise ModelError("only a regression has quantiles", field=field, mend="use intervals.method: conformal")

    def _refuse_missing(self, x: Floats) -> None:
        wrong = int((~np.isfinite(x)).sum())
        if wrong:
            raise ModelError(f"{wrong} values of the features are missing or infinite", field=f"models.{self.name}", mend="add 'impute'")

    def _fitted(self) -> Trained:
        if not hasattr(self, "network_"):
            raise ModelError(f"{self.name} is not fitted yet", field=f"models.{self.name}", mend="call fit first")
        return self.network_

    @contextmanager
    def _at_work(self, device: str) -> Iterator[None]:
        load_torch()
        usable_device(device, self.name)
        with foreign(self.name), calm(device.partition(":")[0]):
            yield


def _chances(raw: Floats) -> Floats:
    """Return the probability of every class, shape (rows, classes), of log odds or scores."""
    scores = np.concatenate([np.zeros_like(raw), raw], axis=1) if raw.shape[1] == 1 else raw
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    found: Floats = powers / powers.sum(axis=1, keepdims=True)
    return found
