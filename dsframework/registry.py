"""Names to implementations: those of this package, and those that other packages add through an entry-point group.

An implementation of this package is written as ``"module:attribute"`` and is imported when its name is first asked for, so that no
library is loaded before it is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint
from typing import Any, Generic, TypeVar, cast

from dsframework.errors import TsmlError, one_line
from dsframework.installed import added_by_packages
from dsframework.spec import not_available

__all__ = ["Registry"]

T = TypeVar("T")


class Registry(Generic[T]):
    """The implementations of one stage by name.

    Parameters
    ----------
    group
        The entry-point group that other packages use, such as ``jupyterlab_tsml.models``.
    built_in
        Name to ``"module:attribute"``.
    error
        The error to raise for a name that is not there.
    field
        The field of the spec that the name stands in.
    """

    def __init__(self, group: str, built_in: Mapping[str, str], *, error: type[TsmlError], field: str) -> None:
        self.group = group
        self._built_in = dict(built_in)
        self._error = error
        self._field = field
        self._loaded: dict[str, T] = {}

    def names(self) -> list[str]:
        """Return every name, sorted; a name of this package hides the same name of another."""
        return sorted({*self._built_in, *self._added(), *self._loaded})

    def add(self, name: str, implementation: T) -> None:
        """Make an implementation known in this process only; packages use the entry-point group."""
        self._loaded[name] = implementation

    def get(self, name: str) -> T:
        """Return the implementation of `name`.

        Raises
        ------
        TsmlError
            Of the stage's kind, when there is none, or when another package's can't be imported.
        """
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def _load(self, name: str) -> T:
        if name in self._built_in:
            module, _, attribute = self._built_in[name].partition(":")
            return cast("T", getattr(import_module(module), attribute))
        added = self._added()
        if name not in added:
            raise self._error(not_available(name, self.names()), field=self._field)
        try:
            loaded: Any = added[name].load()
        except (ImportError, AttributeError) as error:
            raise self._error(
                f"{name!r} can't be imported: {one_line(error)}",
                field=self._field,
                mend=f"repair or remove the package that has {added[name].value}",
            ) from error
        return cast("T", loaded)

    def _added(self) -> dict[str, EntryPoint]:
        return added_by_packages(self.group)
