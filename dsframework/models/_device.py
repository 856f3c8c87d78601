"""Whether there is a GPU."""

from __future__ import annotations

import ctypes
import sys

from dsframework.errors import ModelError

__all__ = ["gpu_count", "need_gpu"]


def gpu_count() -> int:
    """Return how many GPUs of CUDA's kind this process may use; asks the driver, so that no library of models is needed for it."""
    name = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
    try:
        driver = ctypes.CDLL(name)
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value


def need_gpu(model: str) -> None:
    """Raise `ModelError` when there is no GPU: some libraries would go on without one and say nothing."""
    if gpu_count() == 0:
        raise ModelError(
            "this machine has no GPU that CUDA can use",
            field=f"models.{model}",
            value="cuda",
            mend="use resources.gpus: 0, or a pool of workers that have one",
        )
