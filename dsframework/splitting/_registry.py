"""The validation methods by name."""

from __future__ import annotations

from dsframework.errors import SplitError
from dsframework.registry import Registry
from dsframework.spec import CvSpec
from dsframework.splitting._base import Fold, Splitter

__all__ = ["make_folds", "splitter_names", "splitters"]

splitters: Registry[Splitter] = Registry(
    "jupyterlab_tsml.splitters",
    {"walk_forward": "dsframework.splitting._walk_forward:walk_forward"},
    error=SplitError,
    field="split.cv.method",
)


def splitter_names() -> list[str]:
    """Return the names that ``split.cv.method`` may have."""
    return splitters.names()


def make_folds(n_steps: int, cv: CvSpec, *, horizon: int) -> list[Fold]:
    """Cut the steps before the final test with the method that `cv` names; raises `SplitError`."""
    return splitters.get(cv.method)(n_steps, cv, horizon=horizon)
