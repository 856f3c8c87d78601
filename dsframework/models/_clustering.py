"""What clusterings have in common: how clusters are numbered, and which one a new row belongs to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._base import Floats, Task
from dsframework.models._border import foreign
from dsframework.models._unsupervised import UnsupervisedModel
from dsframework.rows import Rows

__all__ = ["ClusterModel", "Labels", "nearest", "one_openmp_thread", "renumber"]

Labels = np.ndarray[Any, np.dtype[np.int64]]
NOISE = -1
_DISTANCES_AT_ONCE = 4_000_000


def renumber(labels: Labels) -> tuple[Labels, Labels]:
    """Number clusters by size, the largest first, and among equals by their first row.

    Returns
    -------
    labels
        The new numbers, shape (rows,); noise stays -1.
    order
        The old number of every cluster, in the order of the new ones.

    Examples
    --------
    >>> renumber(np.array([7, 3, 3, -1, 7, 5]))
    (array([ 0,  1,  1, -1,  0,  2]), array([7, 3, 5]))
    """
    old, first, sizes = np.unique(labels[labels != NOISE], return_index=True, return_counts=True)
    ranked = np.lexsort((first, -sizes))
    new = np.full(len(labels), NOISE, dtype=np.int64)
    for number, position in enumerate(ranked):
        new[labels == old[position]] = number
    return new, old[ranked].astype(np.int64)


def nearest(x: Floats, points: Floats) -> tuple[Labels, Floats]:
    """Return the nearest point of every row and its squared distance; the first of equally near ones."""
    closest, distance = np.empty(len(x), dtype=np.int64), np.empty(len(x))
    block = max(1, _DISTANCES_AT_ONCE // max(1, points.size))
    for start in range(0, len(x), block):
        squares = np.square(x[start : start + block, None, :] - points[None, :, :]).sum(axis=2)
        closest[start : start + block] = squares.argmin(axis=1)
        distance[start : start + block] = squares.min(axis=1)
    return closest, distance


@contextmanager
def one_openmp_thread() -> Iterator[None]:
    """Keep a library's own loops on one thread: several add up in the order in which they finish."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="openmp"):
        yield


class ClusterModel(UnsupervisedModel, ABC):
    """A model whose `predict` says which cluster a row belongs to: 0 for the largest, and so on; -1 for none.

    Attributes
    ----------
    labels_
        The clusters of the training rows, shape (rows,).
    sizes_
        How many training rows each cluster has, falling.
    """

    tasks: ClassVar[tuple[Task, ...]] = ("clustering",)

    def fit(
        self, x: Floats, y: Floats | None = None, *, rounds: int | None = None, weight: Floats | None = None, rows: Rows | None = None
    ) -> Self:
        """Find the clusters; see `Model.fit`. A target is not looked at."""
        self._checked(x, rounds, fitting=True)
        self._refuse_few(x)
        with foreign(self.name), one_openmp_thread():
            labels, order = renumber(np.asarray(self._learn(x), dtype=np.int64))
            self._keep(x, labels, order)
        self.labels_ = labels
        self.sizes_ = np.bincount(labels[labels != NOISE]).astype(np.int64)
        return self

    def predict(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return the cluster of every row, shape (rows,)."""
        self._checked(x)
        with foreign(self.name):
            return np.asarray(self._assign(x), dtype=np.float64)

    @abstractmethod
    def _learn(self, x: Floats) -> Any:
        """Return the clusters of the training rows, in the library's numbers."""

    @abstractmethod
    def _keep(self, x: Floats, labels: Labels, order: Labels) -> None:
        """Keep what new rows are told by; `order` are the library's numbers."""

    @abstractmethod
    def _assign(self, x: Floats) -> Labels:
        """Return the clusters of rows."""

    def _refuse_few(self, x: Floats) -> None:
        """Refuse rows of which there can't be so many clusters."""
        for argument in ("n_clusters", "n_components"):
            wanted = self._setting(argument) if argument in self.defaults else 0
            if len(np.unique(x[: 4 * wanted], axis=0)) < wanted and (distinct := len(np.unique(x, axis=0))) < wanted:
                raise ModelError(
                    f"{distinct} different rows can't make that many clusters",
                    field=f"{self._field}.{argument}",
                    value=wanted,
                    mend=f"use at most {distinct}",
                )
