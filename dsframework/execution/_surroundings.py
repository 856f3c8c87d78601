"""What a worker has in common with its driver: variables, folder, where modules are looked for, and silence about warnings."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

from dsframework.own_code import study_folders

__all__ = ["BLAS_THREADS", "Surroundings", "current_folder", "places_of_modules", "surroundings"]

BLAS_THREADS = frozenset({"OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"})
_RAYS = frozenset({"CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS"})
_FILTERS = tuple(warnings.filters)


@dataclass(frozen=True)
class Surroundings:
    """What a worker has in common with its driver.

    Attributes
    ----------
    variables
        The driver's environment.
    folder
        Its current folder.
    path
        Where it looks for modules, but for the folders of studies, which come with their tasks.
    no_warnings
        Whether it shows no warning at all.
    """

    variables: dict[str, str]
    folder: str
    path: tuple[str, ...]
    no_warnings: bool

    def take(self) -> None:
        """Have them in this process; the number of threads of BLAS stays this worker's own."""
        for name in os.environ.keys() - self.variables.keys() - BLAS_THREADS:
            del os.environ[name]
        os.environ.update({name: value for name, value in self.variables.items() if name not in BLAS_THREADS})
        sys.path[:] = [*self.path, *(place for place in sys.path if place in study_folders())]
        self._take_the_rest()

    def take_beside_rays(self) -> None:
        """Have them in a worker that Ray has started on the driver's own machine; what Ray gave to it stays."""
        own = BLAS_THREADS | _RAYS
        os.environ.update({name: value for name, value in self.variables.items() if name not in own and not name.startswith("RAY_")})
        sys.path[:] = [*self.path, *(place for place in sys.path if place not in self.path)]
        self._take_the_rest()

    def _take_the_rest(self) -> None:
        with contextlib.suppress(OSError):
            os.chdir(self.folder)
        importlib.invalidate_caches()  # a package may have been installed since
        warnings.filters[:] = _FILTERS  # type: ignore[index]
        if self.no_warnings:
            warnings.simplefilter("ignore")


def surroundings() -> Surroundings:
    """Return those of this process."""
    return Surroundings(dict(os.environ), current_folder(), places_of_modules(), _hears_no_warnings())


def current_folder() -> str:
    """Return the current folder; the root where somebody has removed it."""
    try:
        return str(Path.cwd())
    except OSError:
        return os.sep


def places_of_modules() -> tuple[str, ...]:
    """Return where Python looks for modules, this package's own folder first; folders of studies come with their tasks."""
    own = str(Path(__file__).resolve().parents[2])
    return tuple(path for path in dict.fromkeys([own, *sys.path]) if path and path not in study_folders())


def _hears_no_warnings() -> bool:
    """Whether this process shows no warning at all, as the command line does."""
    return bool(warnings.filters) and tuple(warnings.filters[0][:4]) == ("ignore", None, Warning, None)
