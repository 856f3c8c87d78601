"""What a run was made with: exact versions, the machine, the commit."""

from __future__ import annotations

import functools
import importlib.metadata as metadata
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

__all__ = ["environment", "git_commit", "locked_requirements"]

_RUNTIME = (
    "mlflow-skinny",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "pydantic",
    "pyyaml",
    "exchange-calendars",
    "scikit-learn",
    "cloudpickle",
    "sqlalchemy",
)
_SHOWN = ("numpy", "polars", "pandas", "scikit-learn", "xgboost", "lightgbm", "catboost", "optuna", "mlflow", "ray", "scipy")


def locked_requirements(roots: Iterable[str] = ()) -> list[str]:
    """Return ``name==version`` for the framework's run-time libraries, `roots` and everything they need, as installed here."""
    return list(_locked(tuple(sorted(set(roots)))))


@functools.lru_cache(maxsize=32)
def _locked(roots: tuple[str, ...]) -> tuple[str, ...]:
    pins: dict[str, str] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(name, frozenset()) for name in (*_RUNTIME, *roots)]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        key = canonicalize_name(name)
        if (key, extras) in seen:
            continue
        seen.add((key, extras))
        try:
            found = metadata.distribution(key)
        except metadata.PackageNotFoundError:
            continue
        pins[key] = found.version
        for text in found.requires or ():
            requirement = Requirement(text)
            if _applies(requirement, extras):
                waiting.append((requirement.name, frozenset(requirement.extras)))
    return tuple(f"{name}=={version.partition('+')[0]}" for name, version in sorted(pins.items()))


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    if requirement.marker is None:
        return True
    base: dict[str, str] = {str(key): str(value) for key, value in default_environment().items()}
    return any(requirement.marker.evaluate({**base, "extra": extra}) for extra in (*extras, ""))


def environment() -> dict[str, Any]:
    """Return the interpreter, the platform and the versions that numbers may depend on."""
    versions = {}
    for name in _SHOWN:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "packages": versions,
        "command": Path(sys.argv[0]).name if sys.argv else "",
    }


def git_commit(folder: Path) -> dict[str, str]:
    """Return the commit that `folder` is at, and whether files differ from it; nothing outside a repository."""
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        dirty = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return {}
    return {"commit": commit, "dirty": "true" if dirty else "false"}


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        timeout=5,
        check=True,
        env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
    )
    return done.stdout.strip()
