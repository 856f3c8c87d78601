"""One task for a worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Handle", "Work"]


@dataclass(frozen=True)
class Handle:
    """Stands for a large value that was handed over with `Executor.put`."""

    number: int


@dataclass(frozen=True)
class Work:
    """One task.

    Attributes
    ----------
    key
        The caller's name for it.
    function, arguments
        What is to be done; a `Handle` among the arguments stands for its value.
    kind
        Tasks of a kind take about as long as one another.
    near
        What of its worker's memory it can use again, such as the rows of a fold; tasks that share it are sent to the same worker.
    seconds
        The longest that it may take; None for as long as it likes.
    tame
        Whether it may run in the driver's own process while the workers start: not somebody's own code, and nothing that may hang.
    """

    key: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    kind: str = ""
    near: str = ""
    seconds: float | None = None
    tame: bool = False
