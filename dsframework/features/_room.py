"""Memory for the matrix."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import sys

import numpy as np

from dsframework.features._engine import Floats
from dsframework.kernels import Array, available_threads, kernel, run_jobs

__all__ = ["room_for"]

_LARGE = 32 * 2**20
_PAGE = 2 * 2**20
_PAGES = (ctypes.c_void_p, ctypes.c_int64, Array(np.int64, out=True))
_touch = kernel("tsml_touch_pages", *_PAGES, returns=None)
_fill = kernel("tsml_fill_pages", *_PAGES, returns=None)


def room_for(rows: int, columns: int, threads: int | None = None) -> Floats:
    """Return a matrix to be filled, shape (rows, columns), whatever is in it.

    A large one lies in pages of 2 MB as far as the system has them at hand, and in small ones from there on; see pages.c. numpy asks for
    large ones only.
    """
    size = rows * columns * 8
    if size < _LARGE or sys.platform != "linux":
        return np.empty((rows, columns), dtype=np.float64)
    memory = mmap.mmap(-1, size + _PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    start = -np.frombuffer(memory, dtype=np.uint8).ctypes.data % _PAGE
    matrix = np.frombuffer(memory, dtype=np.float64, count=rows * columns, offset=start).reshape(rows, columns)
    address, n_pages, threads = matrix.ctypes.data, size // _PAGE, threads or available_threads()
    state = np.zeros(2, dtype=np.int64)
    with contextlib.suppress(OSError):  # the system has pages of one size
        memory.madvise(mmap.MADV_HUGEPAGE, start, size)
        run_jobs(threads, lambda _: _touch(address, n_pages, state), threads)
    touched = min(int(state[0]), n_pages)
    if touched < n_pages:
        with contextlib.suppress(OSError):
            memory.madvise(mmap.MADV_NOHUGEPAGE, start + touched * _PAGE, size - touched * _PAGE)
        state[0] = touched
        run_jobs(threads, lambda _: _fill(address, n_pages, state), threads)
    return matrix
