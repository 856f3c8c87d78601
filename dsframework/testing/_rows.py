"""Rows to try implementations on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from dsframework.rows import Rows

__all__ = ["Floats", "Trial", "frozen", "some_groups", "some_panel", "some_rows", "some_unusual", "with_gaps"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
_SCALES, _SHIFTS = (1.0, 10.0, 0.1, 1.0, 3.0), (0.0, 5.0, 1.0, -2.0, 0.0)


def frozen(values: Floats) -> Floats:
    """Return a copy that can't be written to, as Ray hands arrays out."""
    copy = np.array(values, dtype=np.float64, order="C")
    copy.setflags(write=False)
    return copy


@dataclass(frozen=True)
class Trial:
    """Rows in the order of a panel, with all that a model may ask for beside the features.

    Attributes
    ----------
    x
        Features, shape (rows, 5).
    y
        The target, shape (rows,); None for tasks without one.
    rows
        Whose and when the rows are: three entities, a row a day.
    """

    x: Floats
    y: Floats | None
    rows: Rows

    def take(self, chosen: slice | np.ndarray[Any, Any]) -> Self:
        """Return some of the rows."""
        return type(self)(frozen(self.x[chosen]), None if self.y is None else frozen(self.y[chosen]), self.rows[chosen])

    def asking(self, first: int, last: int, history: int) -> Self:
        """Return the rows from `first` to `last` and as many rows of the same entities before each, of which those are asked for."""
        wanted = set(range(first, last))
        for row in range(first, last):
            own = [other for other in range(row) if self.rows.entity[other] == self.rows.entity[row]]
            wanted.update(own[len(own) - min(history, len(own)) :])
        chosen = np.array(sorted(wanted))
        part = self.take(chosen)
        return type(self)(part.x, part.y, part.rows.asking((chosen >= first) & (chosen < last)))

    def scaled(self) -> Self:
        """Return the same rows with features, and a target that is no class, of mean 0 and deviation 1."""
        y = self.y
        if y is not None and np.unique(y).size > 10:
            y = frozen((y - y.mean()) / y.std())
        return type(self)(frozen((self.x - self.x.mean(axis=0)) / self.x.std(axis=0)), y, self.rows)


def some_rows(task: str, n_rows: int = 240, seed: int = 0, n_classes: int = 2) -> tuple[Floats, Floats]:
    """Return features of shape (rows, 5), of which two matter, and a target with noise: values, or classes from 0 of equal sizes."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n_rows, 5)) * _SCALES + _SHIFTS
    y = 2.0 * x[:, 0] + 0.3 * x[:, 1] + random.normal(size=n_rows)
    return frozen(x), frozen(y if task == "regression" else _classes(y, n_classes))


def some_panel(task: str, n_steps: int = 80, seed: int = 0, n_classes: int = 2) -> Trial:
    """Return three entities whose value depends on its last one and on two features; the last feature is the value as it is known."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n_steps, 3, 5)) * _SCALES + _SHIFTS
    value = np.zeros((n_steps + 1, 3))
    noise = random.normal(size=(n_steps, 3))
    for step in range(n_steps):
        value[step + 1] = 0.8 * value[step] + 2.0 * x[step, :, 0] + 0.3 * (x[step, :, 1] - _SHIFTS[1]) + noise[step]
    x[:, :, 4] = value[:-1]
    y = value[1:].reshape(-1)
    rows = _daily(n_steps, 3, now=frozen(value[:-1].reshape(-1)))
    return Trial(frozen(x.reshape(-1, 5)), frozen(y if task == "regression" else _classes(y, n_classes)), rows)


def some_unusual(n_steps: int = 80, seed: int = 0) -> tuple[Trial, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Return rows of which every twentieth is far off in two features, and which those are."""
    trial = some_panel("regression", n_steps, seed)
    x = np.array(trial.x)
    odd = np.arange(len(x)) % 20 == 13
    x[odd, 0] += 12.0
    x[odd, 2] -= 1.5
    return Trial(frozen(x), None, trial.rows), odd


def some_groups(n_steps: int = 80, seed: int = 0) -> tuple[Trial, np.ndarray[Any, np.dtype[np.int64]]]:
    """Return rows of three groups that lie well apart, and the group of each."""
    random = np.random.default_rng(seed)
    group = random.integers(0, 3, size=n_steps * 3)
    centre = np.array([[0.0, 0.0, 0.0, 0.0, 0.0], [9.0, 9.0, 0.0, 0.0, 9.0], [0.0, 9.0, 9.0, 9.0, 0.0]])
    x = centre[group] + random.normal(size=(n_steps * 3, 5))
    return Trial(frozen(x), None, _daily(n_steps, 3)), group


def with_gaps(x: Floats) -> Floats:
    """Return `x` with every seventh value of the first column and every eleventh of the third missing."""
    gaps = np.array(x)
    gaps[::7, 0] = np.nan
    gaps[3::11, 2] = np.nan
    return frozen(gaps)


def _classes(y: Floats, n_classes: int) -> Floats:
    if n_classes == 2:
        return (y > np.median(y)).astype(np.float64)
    cuts = np.quantile(y, np.arange(1, n_classes) / n_classes)
    return np.searchsorted(cuts, y).astype(np.float64)


def _daily(n_steps: int, n_entities: int, now: Floats | None = None) -> Rows:
    """A row a day for every entity; a target is known a day later."""
    step = np.repeat(np.arange(n_steps, dtype=np.int64), n_entities)
    start = np.datetime64("2024-01-01", "ns")
    time = start + step.astype("timedelta64[D]")
    return Rows(
        entity=np.tile(np.arange(n_entities, dtype=np.int32), n_steps),
        entities=tuple("ABCDEFGH"[:n_entities]),
        time=time,
        day=(19723 + step).astype(np.int32),
        slot=np.zeros(n_steps * n_entities, dtype=np.int32),
        step=step,
        now=now,
        label_time=time + np.timedelta64(1, "D"),
    )
