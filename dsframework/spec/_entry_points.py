"""What other packages add, found once as long as nothing is installed or removed."""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

__all__ = ["added_by_packages"]


def added_by_packages(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of a group by name, such as those of ``jupyterlab_tsml.models``."""
    return dict(_found(group, _places()))


@lru_cache(maxsize=64)
def _found(group: str, places: tuple[tuple[str, int], ...]) -> dict[str, EntryPoint]:
    """Read the metadata of every installed package, which takes tens of milliseconds."""
    return {point.name: point for point in entry_points(group=group)}


def _places() -> tuple[tuple[str, int], ...]:
    """Where packages lie, and when something was last put there or taken away."""
    return tuple((place, _changed(place)) for place in sys.path)


def _changed(place: str) -> int:
    try:
        return Path(place or ".").stat().st_mtime_ns
    except OSError:
        return 0
