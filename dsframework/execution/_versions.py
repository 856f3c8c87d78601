"""Which libraries a fit's numbers depend on, and whether another machine has them in the same versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dsframework.errors import ExecutorError

__all__ = ["ALWAYS", "LIBRARIES", "Difference", "Needs", "differences", "refuse_differences", "versions"]

ALWAYS = ("numpy", "scipy", "scikit-learn")
"""What every fit computes with."""

LIBRARIES = (*ALWAYS, "catboost", "keras", "lightgbm", "polars", "statsmodels", "torch", "xgboost")
"""What is looked at on every node."""

_ALLOWED = "TSML_OTHER_VERSIONS"
_SHOWN = 4


@dataclass(frozen=True)
class Needs:
    """What the fits of a study need where they run.

    Attributes
    ----------
    code
        The files of the user's own modules, each with its place beside the others.
    libraries
        Distributions that the fits compute with, beside `ALWAYS`.
    """

    code: tuple[tuple[str, Path], ...] = ()
    libraries: tuple[str, ...] = ()

    @property
    def distributions(self) -> frozenset[str]:
        """Every distribution that must be the same on all machines."""
        return frozenset((*ALWAYS, *self.libraries))


@dataclass(frozen=True)
class Difference:
    """A library of another version on another machine; None where it is not installed."""

    library: str
    here: str | None
    there: str | None

    def __str__(self) -> str:
        return f"{self.library} {self.there or 'missing'} (here {self.here or 'missing'})"


def versions(names: Iterable[str] = LIBRARIES) -> dict[str, str | None]:
    """Return the version of each distribution in this process's environment, None of those that are not installed."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name).partition("+")[0]
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found


def differences(here: Mapping[str, str | None], there: Mapping[str, str | None], names: Iterable[str]) -> list[Difference]:
    """Return the libraries among `names` that are of another version there; those that one side was not asked for are left out.

    >>> [str(one) for one in differences({"numpy": "2.1"}, {"numpy": "2.3"}, ["numpy", "torch"])]
    ['numpy 2.3 (here 2.1)']
    """
    known = sorted(name for name in names if name in here and name in there)
    return [Difference(name, here[name], there[name]) for name in known if here[name] != there[name]]


def refuse_differences(there: Mapping[str, str | None], needed: Iterable[str], where: str) -> list[Difference]:
    """Raise an error where a library that fits compute with is of another version on a node, as its numbers may be others.

    Parameters
    ----------
    there
        Its versions, from `versions`.
    needed
        The libraries that matter.
    where
        The node, for the message.

    Returns
    -------
    list of Difference
        Those that `TSML_OTHER_VERSIONS` allows: names of libraries, or ``all``. A library that is missing is never allowed.
    """
    allowed = {name.strip() for name in os.environ.get(_ALLOWED, "").split(",")}
    found = differences(versions(there), there, needed)
    refused = [one for one in found if one.there is None or not allowed & {one.library, "all"}]
    if refused:
        shown = ", ".join(map(str, refused[:_SHOWN])) + (f" and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else "")
        wanted = " ".join(f"{one.library}=={one.here}" for one in refused if one.here)
        mend = f"install {wanted} on the cluster"
        if all(one.there for one in refused):
            mend += f", or set {_ALLOWED}={','.join(one.library for one in refused)} where other numbers do not matter"
        raise ExecutorError(f"node {where} has {shown}: the same study would give other numbers there", field="executor", mend=mend)
    return found
