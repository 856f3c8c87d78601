"""Drop columns that say almost the same as another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np

from dsframework.preprocessing._association import correlations, ranks, strength
from dsframework.preprocessing._base import Floats
from dsframework.preprocessing._columns import chosen_columns

__all__ = ["Decorrelate"]


class Decorrelate:
    """Go through the columns and keep each one whose absolute correlation with those kept so far is at most `threshold`.

    Parameters
    ----------
    threshold
        The largest absolute correlation of two kept columns.
    method
        ``pearson`` or ``spearman``, over the rows that have both values.
    prefer
        The order to go through them: as they come, or the one more correlated with the target first.
    columns
        Which ones may be dropped: names, or patterns such as ``volume_*``; all by default.

    Attributes
    ----------
    kept_
        Positions of the columns that stay, rising.
    names_out_
        Their names.
    """

    name = "decorrelate"
    fills_nulls = False
    changes_columns = True

    def __init__(
        self,
        threshold: float = 0.95,
        *,
        method: Literal["pearson", "spearman"] = "pearson",
        prefer: Literal["first", "target"] = "first",
        columns: Sequence[str] | None = None,
    ) -> None:
        self.threshold = threshold
        self.method = method
        self.prefer = prefer
        self.columns = columns

    @property
    def needs_target(self) -> bool:
        """Whether it learns from the target."""
        return self.prefer == "target"

    def fit(self, x: Floats, names: Sequence[str], *, y: Floats | None = None) -> Self:
        """Find the columns that stay."""
        chosen = chosen_columns(self.columns, names, field="preprocessing.decorrelate.columns")
        part = x[:, chosen] if self.method == "pearson" else ranks(x[:, chosen])
        tied = np.abs(correlations(part))
        order = np.arange(len(chosen))
        if self.prefer == "target":
            assert y is not None, "prefer: target needs the target"
            order = np.argsort(-strength(part, y, classes=False), kind="stable")
        kept: list[int] = []
        for place in order:
            if not kept or tied[place, kept].max() <= self.threshold:
                kept.append(int(place))
        self.kept_ = np.setdiff1d(np.arange(len(names)), np.delete(chosen, kept))
        self.names_out_ = tuple(names[place] for place in self.kept_)
        return self

    def transform(self, x: Floats) -> Floats:
        """Return the columns that stay."""
        return np.array(x[:, self.kept_], dtype=np.float64)
