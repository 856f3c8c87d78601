"""The validation methods by name."""

from __future__ import annotations

from dsframework.errors import SplitError
from dsframework.registry import Registry
from dsframework.spec import CvSpec
from dsframework.splitting._axis import TimeAxis
from dsframework.splitting._base import Fold, Splitter

__all__ = ["make_folds", "splitter_names", "splitters"]

splitters: Registry[Splitter] = Registry(
    "jupyterlab_tsml.splitters",
    {
        "combinatorial_purged": "dsframework.splitting._combinatorial:combinatorial_purged",
        "hold_out": "dsframework.splitting._hold_out:hold_out",
        "purged_k_fold": "dsframework.splitting._purged_k_fold:purged_k_fold",
        "walk_forward": "dsframework.splitting._walk_forward:walk_forward",
    },
    error=SplitError,
    field="split.cv.method",
)


def splitter_names() -> list[str]:
    """Return the names that ``split.cv.method`` may have."""
    return splitters.names()


def make_folds(axis: TimeAxis, cv: CvSpec) -> list[Fold]:
    """Cut the steps before the final test with the method that `cv` names; raises `SplitError`."""
    return splitters.get(cv.method)(axis, cv)
