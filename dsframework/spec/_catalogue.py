"""The components of every stage by name: those of this package, and those that other packages add by an entry point.

An entry point of the group ``jupyterlab_tsml.<stage>`` names an implementation. Its attribute `arguments`, a subclass of `Arguments`
(of `DataSpec` for a loader), is what a spec may write below its name; without one every argument is taken as it is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint
from typing import Any

from pydantic import ConfigDict

from dsframework.errors import one_line
from dsframework.installed import added_by_packages
from dsframework.spec._arguments import Arguments

__all__ = ["BrokenPackageError", "Catalogue", "catalogue"]

_GROUPS = {
    "data": "jupyterlab_tsml.loaders",
    "features": "jupyterlab_tsml.features",
    "preprocessing": "jupyterlab_tsml.preprocessing",
    "target": "jupyterlab_tsml.target_transforms",
    "splitters": "jupyterlab_tsml.splitters",
    "models": "jupyterlab_tsml.models",
    "metrics": "jupyterlab_tsml.metrics",
    "evaluation": "jupyterlab_tsml.evaluators",
}


class BrokenPackageError(Exception):
    """A component of another package can't be imported; the message is one line with the mend."""


class Catalogue:
    """The components of every stage: stage -> name -> the model of its arguments."""

    def __init__(self) -> None:
        self._stages: dict[str, dict[str, type[Arguments]]] = {}
        self._aliases: dict[tuple[str, str], str] = {}
        self._open: dict[str, type[Arguments]] = {}

    def register(self, stage: str, name: str, arguments: type[Arguments], *, aliases: Iterable[str] = ()) -> None:
        """Add a component; the form, YAML, Python and the command line know it from then on."""
        self._stages.setdefault(stage, {})[name] = arguments
        for alias in aliases:
            self._aliases[(stage, alias)] = name

    def base(self, stage: str, arguments: type[Arguments]) -> None:
        """Say what the arguments of a stage have in common: the model of another package's component that declares none."""
        self._open[stage] = type(f"Other{arguments.__name__}", (arguments,), {"model_config": ConfigDict(extra="allow"), "__doc__": _OTHER})

    def names(self, stage: str) -> list[str]:
        """Return the names of a stage, sorted; a name of this package hides the same name of another."""
        return sorted({*self._stages.get(stage, {}), *_added(stage)})

    def canonical(self, stage: str, name: str) -> str:
        """Return the current name for `name`, which may be an old one."""
        return self._aliases.get((stage, name), name)

    def arguments(self, stage: str, name: str) -> type[Arguments]:
        """Return the model of a component's arguments.

        Raises
        ------
        KeyError
            When there is no such component.
        BrokenPackageError
            When another package has it and can't be imported.
        """
        name = self.canonical(stage, name)
        known = self._stages.get(stage, {})
        return known[name] if name in known else self._declared(stage, _added(stage)[name])

    def usable(self, stage: str) -> dict[str, type[Arguments]]:
        """Return the models of a stage by name, without those of packages that can't be imported."""
        found = {}
        for name in self.names(stage):
            try:
                found[name] = self.arguments(stage, name)
            except BrokenPackageError:
                continue  # a spec that names it is told why it can't be used
        return found

    def implementation(self, stage: str, name: str) -> Any:
        """Return what another package's entry point names; raises `KeyError` and `BrokenPackageError`."""
        point = _added(stage)[name]
        try:
            return point.load()
        except Exception as error:  # foreign code may raise anything while it is imported
            raise BrokenPackageError(
                f"{point.name!r} can't be imported: {one_line(error, 160)}; repair or remove the package that has {point.value}"
            ) from error

    def _declared(self, stage: str, point: EntryPoint) -> type[Arguments]:
        found: Any = getattr(self.implementation(stage, point.name), "arguments", None)
        return found if isinstance(found, type) and issubclass(found, Arguments) else self._open.get(stage, _OpenArguments)


def _added(stage: str) -> dict[str, EntryPoint]:
    return added_by_packages(_GROUPS[stage]) if stage in _GROUPS else {}


_OTHER = "A component of another package, which takes what is written."


class _OpenArguments(Arguments):
    """A component of another package, which takes what is written."""

    model_config = ConfigDict(extra="allow")


catalogue = Catalogue()
