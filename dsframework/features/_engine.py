"""Run a program over the rows of a panel: cut into segments, dealt out to threads, written into the matrix."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from dsframework.features._operations import Program
from dsframework.features._orders import Order, Positions
from dsframework.kernels import Array, available_threads, kernel, run_jobs

__all__ = ["Column", "Floats", "across", "run_program"]

Floats = np.ndarray[Any, np.dtype[np.float64]]

_ints, _floats, _length = Array(np.int64), Array(np.float64), ctypes.c_int64
_features = kernel(
    "tsml_features",
    *(_ints, _length, _floats, _ints, _ints, _length, _length, _ints, _ints, _length, Array(np.int32, optional=True)),
    *(_ints, _ints, _ints, _ints, _length, _length, _length, Array(np.float64, ndim=2, out=True), _length, _length),
    Array(np.int64, out=True),
)
_across = kernel("tsml_across", ctypes.c_int32, ctypes.c_void_p, _length, ctypes.c_void_p, _length, _ints, _length, _length)
_KINDS = {"rank": 0, "cross_zscore": 1, "cross_mean": 2, "others_mean": 3}
_ROWS = 8192
_ROOM = 4 * 2**20
_MOST_SEGMENTS = 16
_RANKED = 16 + 8 + 4


@dataclass(frozen=True)
class Column:
    """A column of floats, by itself or in a matrix.

    Attributes
    ----------
    values
        Shape (rows,) or (rows, columns), C-contiguous.
    place
        Which column of a matrix it is.
    """

    values: Floats
    place: int = 0

    @property
    def step(self) -> int:
        """How many values lie between two rows."""
        return 1 if self.values.ndim == 1 else int(self.values.shape[1])

    @property
    def address(self) -> int:
        """Where its first value lies."""
        return int(self.values.ctypes.data) + 8 * self.place

    def array(self) -> Floats:
        """Return it by itself, contiguous."""
        return self.values if self.values.ndim == 1 else np.ascontiguousarray(self.values[:, self.place])


@dataclass(frozen=True)
class _Segments:
    """Stretches of the rows of groups, and how they go together as jobs; see features.c."""

    begins: Positions
    firsts: Positions
    lasts: Positions
    jobs: Positions
    longest: int
    most: int


def run_program(
    program: Program,
    inputs: Sequence[Column],
    outs: Sequence[tuple[int, int]],
    matrix: Floats,
    *,
    order: Order,
    history: int,
    threads: int | None = None,
) -> None:
    """Run a program and write its results.

    Parameters
    ----------
    program
        What is computed.
    inputs
        The columns in its first registers, in the order of the panel.
    outs
        Registers, and the columns of `matrix` that they are written to.
    matrix
        Shape (rows, columns), C-contiguous.
    order
        Which rows follow one another.
    history
        How many rows before a row the program reads.
    threads
        How many threads do it; all that there are by default. The results are the same.
    """
    words = np.array(program.words(), dtype=np.int64)
    segments = _segments(order.starts, history, program.n_registers)
    if len(segments.jobs) < 2 or not outs:
        return
    next_job = np.zeros(1, dtype=np.int64)
    arguments = (
        *(words, len(words), np.array([*program.constants, 0.0]), np.array([column.address for column in inputs], dtype=np.int64)),
        *(np.array([column.step for column in inputs], dtype=np.int64), len(inputs), program.n_registers),
        *(np.array(part, dtype=np.int64) for part in zip(*sorted(outs, key=itemgetter(1)), strict=True)),
        *(len(outs), order.rows, segments.begins, segments.firsts, segments.lasts, segments.jobs, len(segments.jobs) - 1),
        *(segments.longest, segments.most, matrix, matrix.shape[1], _quantile_room(program, segments.longest), next_job),
    )
    threads = min(threads or available_threads(), len(segments.jobs) - 1)
    run_jobs(threads, lambda _: _features(*arguments), threads)


def across(kind: str, column: Column, out: Column, starts: Positions, threads: int | None = None) -> None:
    """Write a figure of each row among those of its time; the rows of time t are ``starts[t]`` to ``starts[t + 1] - 1``."""
    n_times = len(starts) - 1
    threads = threads or available_threads()
    cuts = np.linspace(0, n_times, min(n_times, 4 * threads) + 1).astype(np.int64)

    def job(number: int) -> None:
        _across(_KINDS[kind], column.address, column.step, out.address, out.step, starts, int(cuts[number]), int(cuts[number + 1]))

    run_jobs(len(cuts) - 1, job, threads)


def _segments(starts: Positions, history: int, n_registers: int) -> _Segments:
    lengths = np.diff(starts)
    most_rows = max(_ROWS, 2 * history)  # of a segment, without its history
    parts = -(-lengths // most_rows)
    group = np.repeat(np.arange(len(lengths)), parts)
    part = np.arange(len(group)) - np.repeat(np.cumsum(parts) - parts, parts)
    begin, end = starts[:-1][group], starts[1:][group]
    firsts = begin + part * most_rows
    lasts = np.minimum(firsts + most_rows, end)
    begins = np.maximum(firsts - history, begin)
    longest = int((lasts - begins).max(initial=1))
    most = int(np.clip(_ROOM // (8 * n_registers * longest), 1, _MOST_SEGMENTS))
    jobs = np.append(np.arange(0, len(firsts), most), len(firsts))
    return _Segments(begins, firsts, lasts, jobs, longest, most)


def _quantile_room(program: Program, longest: int) -> int:
    """Return the bytes that the quantile kernel needs; see quantile_room in quantiles.c."""
    return max((_RANKED * (longest // stride + 2) + 8 * 384 for _, stride in program.most_room()), default=0)
