"""The border to PyTorch: one thread, nobody else's random numbers, and a device that is really there."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from dsframework.errors import ModelError
from dsframework.models._border import need

__all__ = ["calm", "load_torch", "usable_device"]

_lock = threading.Lock()
_holders = 0
_threads_before = 1


def load_torch() -> Any:
    """Import PyTorch; raises `MissingDependencyError` with the install command when it is not there."""
    return need("torch", "torch")


@contextmanager
def calm(device: str = "cpu") -> Iterator[None]:
    """Let PyTorch compute with one thread, and on a GPU with deterministic algorithms, and put the caller's settings back.

    A product that is split over two threads adds up in another order, so that its last bits would depend on the machine. The number of
    threads is the process's own; while several fits run at once, the first remembers it and all put it back.
    """
    global _holders, _threads_before
    torch = load_torch()
    with _lock:
        if _holders == 0:
            _threads_before = torch.get_num_threads()
        _holders += 1
        before = _threads_before
    with ExitStack() as settings:
        if device == "cuda":
            # What cuBLAS needs to be deterministic; it reads it when it first starts in a process.
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
            settings.enter_context(torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False))
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)
            with _lock:
                _holders -= 1


def usable_device(device: str, model: str) -> str:
    """Return the device as PyTorch calls it.

    Raises
    ------
    ModelError
        When it is unknown, or this machine or this PyTorch does not have it.
    """
    torch = load_torch()
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    field = f"models.{model}"
    kind = device.partition(":")[0]
    if kind not in there:
        raise ModelError("no such device", field=field, value=device, mend="use cpu, cuda or mps")
    if not there[kind]:
        usable = ", ".join(name for name, usable in there.items() if usable)
        raise ModelError(
            f"PyTorch {torch.__version__} finds no {kind} on this machine, only {usable}",
            field=field,
            value=device,
            mend="set resources.gpus: 0, or run where there is one with a PyTorch built for it",
        )
    return device
