"""What other packages add, found once as long as nothing is installed or removed."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points

__all__ = ["added_by_packages"]


def added_by_packages(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of a group by name, such as those of ``jupyterlab_tsml.models``."""
    return {point.name: point for point in _all(_places()).select(group=group)}


@lru_cache(maxsize=8)
def _all(places: tuple[tuple[str, int], ...]) -> EntryPoints:
    """Read the metadata of every installed package, which takes tens of milliseconds."""
    return entry_points()


def _places() -> tuple[tuple[str, int], ...]:
    """Where packages lie, and when something was last put there or taken away."""
    return tuple((place, _changed(place)) for place in sys.path)


def _changed(place: str) -> int:
    try:
        return os.stat(place or ".").st_mtime_ns
    except OSError:
        return 0
