"""What the installed packages hold and add, read once as long as nothing is installed or removed."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points, packages_distributions

__all__ = ["added_by_packages", "distributions"]

_METADATA = (".dist-info", ".egg-info", ".egg-link")
Places = tuple[tuple[str, int], ...]


def added_by_packages(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of a group by name, such as those of ``jupyterlab_tsml.models``."""
    return dict(_added(group, _places()))


def distributions() -> Mapping[str, list[str]]:
    """Return the distributions that hold each top-level package, by its name; modules of a user's own files are not among them."""
    return _packages(_places())


@lru_cache(maxsize=64)
def _added(group: str, places: Places) -> dict[str, EntryPoint]:
    """Read the metadata of every installed package, which takes tens of milliseconds."""
    return {point.name: point for point in entry_points(group=group)}


@lru_cache(maxsize=4)
def _packages(places: Places) -> dict[str, list[str]]:
    return {name: list(found) for name, found in packages_distributions().items()}


def _places() -> Places:
    """Where packages lie, and what says that something was put there or taken away since."""
    return tuple((place, _told(place or ".", _changed(place or "."))) for place in sys.path)


def _changed(place: str) -> int:
    try:
        return os.stat(place).st_mtime_ns  # noqa: PTH116  # at every fit of a class of one's own; a Path costs three times as much
    except OSError:
        return 0


@lru_cache(maxsize=256)
def _told(place: str, changed: int) -> int:
    """A number of the metadata that lie in a folder: another when a package comes or goes, the same when any other file does.

    A study's own folder is often such a place, where a database is written to at every trial.
    """
    if not changed:
        return 0
    try:
        with os.scandir(place) as entries:
            return hash(tuple(sorted((entry.name, entry.stat().st_mtime_ns) for entry in entries if entry.name.endswith(_METADATA))))
    except NotADirectoryError:
        return changed  # an archive
    except OSError:
        return 0
