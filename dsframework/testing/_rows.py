"""Rows to try implementations on."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Floats", "frozen", "some_rows", "with_gaps"]

Floats = np.ndarray[Any, np.dtype[np.float64]]


def frozen(values: Floats) -> Floats:
    """Return a copy that can't be written to, as Ray hands arrays out."""
    copy = np.array(values, dtype=np.float64, order="C")
    copy.setflags(write=False)
    return copy


def some_rows(task: str, n_rows: int = 240, seed: int = 0) -> tuple[Floats, Floats]:
    """Return features of shape (rows, 5), of which two matter, and a target with noise, of 0 and 1 for a classification."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n_rows, 5)) * (1.0, 10.0, 0.1, 1.0, 3.0) + (0.0, 5.0, 1.0, -2.0, 0.0)
    y = 2.0 * x[:, 0] + 0.3 * x[:, 1] + random.normal(size=n_rows)
    return frozen(x), frozen(y if task == "regression" else (y > np.median(y)).astype(np.float64))


def with_gaps(x: Floats) -> Floats:
    """Return `x` with every seventh value of the first column and every eleventh of the third missing."""
    gaps = np.array(x)
    gaps[::7, 0] = np.nan
    gaps[3::11, 2] = np.nan
    return frozen(gaps)
