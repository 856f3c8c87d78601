"""What one fit depends on, beside the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dsframework.models import Model, make_model
from dsframework.preprocessing import ModelMaker
from dsframework.spec import Component, EarlyStopping, WeightSpec

__all__ = ["FitJob"]


@dataclass(frozen=True)
class FitJob:
    """All that one fit depends on, beside the rows. Small, and the same on every worker."""

    task: Any
    model: str
    params: dict[str, Any]
    preprocessing: tuple[Component, ...]
    transform: Any
    metrics: tuple[str, ...]
    seed: int
    threads: int
    early_stopping: EarlyStopping | None
    horizon: int
    import_path: str | None = None
    device: str = "cpu"
    n_classes: int = 2
    quantiles: tuple[float, ...] = ()
    weights: WeightSpec | None = None

    @property
    def models(self) -> ModelMaker:
        """How a preprocessing step that learns from a model gets one."""
        return ModelMaker(self.task, self._other_model)

    def _other_model(self, component: Component) -> Model:
        params = component.arguments.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return make_model(
            component.name, params, task=self.task, seed=self.seed, threads=self.threads, device=self.device, n_classes=self.n_classes
        )

    def new_model(self) -> Model:
        """Build the model, not fitted yet."""
        return make_model(
            self.model,
            self.params,
            task=self.task,
            seed=self.seed,
            threads=self.threads,
            device=self.device,
            n_classes=self.n_classes,
            quantiles=self.quantiles,
        )
