"""Principal components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from dsframework.errors import DataError
from dsframework.preprocessing._base import Floats
from dsframework.preprocessing._columns import chosen_columns

__all__ = ["Pca"]

_BLOCK = 2048


class Pca:
    """Replace columns by their principal components, which come last and are called ``pc_1``, ``pc_2`` and so on.

    The components are the eigenvectors of the training rows' covariance, the largest variance first; of the two signs that each may have
    it gets the one that makes its largest loading positive (the first of equal ones).

    Parameters
    ----------
    n_components
        How many, or the share of the variance that they have at least.
    whiten
        Whether every component is divided by its deviation.
    columns
        Names of columns, or patterns such as ``volume_*``; all by default.

    Attributes
    ----------
    chosen_, others_
        Positions of the columns that are replaced, and of those that stay.
    mean_
        Of the training rows, shape (columns,).
    components_
        Shape (components, columns).
    variance_
        Of every component, shape (components,).
    names_out_
        The columns after it.
    """

    name = "pca"
    fills_nulls = False
    changes_columns = True
    refuses_nulls = True

    def __init__(self, n_components: int | float, *, whiten: bool = False, columns: Sequence[str] | None = None) -> None:
        self.n_components = n_components
        self.whiten = whiten
        self.columns = columns

    def fit(self, x: Floats, names: Sequence[str]) -> Self:
        """Learn the components.

        Raises
        ------
        DataError
            When a value is missing, or there are fewer columns than components.
        """
        self.chosen_ = chosen_columns(self.columns, names, field="preprocessing.pca.columns")
        self.others_ = np.setdiff1d(np.arange(len(names)), self.chosen_)
        self._named_ = tuple(names[place] for place in self.chosen_)
        part = x[:, self.chosen_]
        self._refuse_missing(part)
        self.mean_ = part.mean(axis=0)
        centred = part - self.mean_
        variance, vectors = np.linalg.eigh(centred.T @ centred / len(part))
        variance, vectors = np.maximum(variance[::-1], 0.0), vectors[:, ::-1].T
        n_kept = self._how_many(variance)
        largest = np.argmax(np.round(np.abs(vectors), 10), axis=1)
        signs = np.where(np.take_along_axis(vectors, largest[:, None], axis=1) < 0, -1.0, 1.0)
        self.components_ = (vectors * signs)[:n_kept]
        self.variance_ = variance[:n_kept]
        self.names_out_ = (*(names[place] for place in self.others_), *(f"pc_{number}" for number in range(1, n_kept + 1)))
        return self

    def transform(self, x: Floats) -> Floats:
        """Return the columns that stay, then the components; raises `DataError` when a value is missing."""
        part = x[:, self.chosen_]
        self._refuse_missing(part)
        scores = _products(part - self.mean_, self.components_)
        if self.whiten:
            deviation = np.sqrt(self.variance_)
            scores /= np.where(deviation > 0, deviation, 1.0)
        return np.hstack([x[:, self.others_], scores])

    def _how_many(self, variance: Floats) -> int:
        if isinstance(self.n_components, float):
            total = variance.sum()
            if total == 0:
                return 1
            return min(int(np.searchsorted(np.cumsum(variance) / total, self.n_components)) + 1, len(variance))
        if self.n_components > len(variance):
            raise DataError(
                f"{len(variance)} columns have no {self.n_components} components",
                field="preprocessing.pca.n_components",
                mend=f"use {len(variance)} or fewer, or a share such as 0.95",
            )
        return int(self.n_components)

    def _refuse_missing(self, x: Floats) -> None:
        missing = np.isnan(x).sum(axis=0)
        if missing.any():
            place = int(np.flatnonzero(missing)[0])
            raise DataError(
                f"{int(missing[place])} of {len(x)} rows of {self._named_[place]!r} are missing",
                field="preprocessing.pca",
                mend="put impute before pca",
            )


def _products(x: Floats, components: Floats) -> Floats:
    """``x @ components.T``, added up in one order: a row has the same bits whichever rows it stands among, which BLAS does not promise."""
    result = np.zeros((len(x), len(components)))
    for start in range(0, len(x), _BLOCK):
        block = result[start : start + _BLOCK]
        for place, loadings in enumerate(components.T):
            block += x[start : start + _BLOCK, place, None] * loadings
    return result
