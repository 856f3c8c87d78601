"""Functions of a user's own file by their import path, and where they are taken from when a stored model is asked."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from dsframework.errors import FeatureError
from dsframework.own_code import OwnCode, import_own, own_code
from dsframework.spec import Component, PythonFeatureArguments, TsfreshArguments, near_miss

__all__ = ["find_own", "own_features", "own_features_code", "own_paths", "use_own"]

_FIELD = "function"
_in_use: ContextVar[Mapping[str, Any]] = ContextVar("own features in use", default={})  # noqa: B039  (never changed in place)


@contextmanager
def use_own(found: Mapping[str, Any]) -> Iterator[None]:
    """Take functions from a stored pipeline rather than from where they can be imported, while its features are computed."""
    token = _in_use.set(found)
    try:
        yield
    finally:
        _in_use.reset(token)


def own_paths(components: Sequence[Component]) -> list[str]:
    """Return the import paths that the features name."""
    return [component.arguments.function for component in components if isinstance(component.arguments, PythonFeatureArguments)]


def own_features(components: Sequence[Component]) -> dict[str, Any]:
    """Return the functions and classes that the features name, by their path, to be stored with a model."""
    return {path: find_own(path) for path in own_paths(components)}


def own_features_code(components: Sequence[Component]) -> OwnCode:
    """Return the modules that these are made of, and the distributions that those, and features of a library, import."""
    codes = [own_code(found) for found in own_features(components).values() if isinstance(found, type) or inspect.isfunction(found)]
    modules = sorted({module for code in codes for module in code.modules})
    libraries = {"tsfresh" for component in components if isinstance(component.arguments, TsfreshArguments)}
    return OwnCode(modules, sorted(libraries.union(*(code.distributions for code in codes))))


def find_own(path: str) -> Any:
    """Return a function, or a class with a method ``transform``; modules of the current folder are found as well.

    Raises
    ------
    FeatureError
        When it is not there, can't be imported, or is neither.
    """
    if path in _in_use.get():
        return _in_use.get()[path]
    module_name, _, name = path.rpartition(".")
    module = import_own(module_name, path, error=FeatureError, field=_FIELD)
    found = getattr(module, name, None)
    if found is None:
        close = near_miss(name, [one for one, value in vars(module).items() if callable(value)])
        mend = f"did you mean {module_name}.{close}?" if close else "look at the spelling"
        raise FeatureError(f"the module {module_name!r} has no {name!r}", field=_FIELD, mend=mend)
    if not callable(found):
        raise FeatureError(f"{path!r} is a {type(found).__name__}, not a function", field=_FIELD, mend="name a function of a frame")
    if inspect.isclass(found) and not callable(getattr(found, "transform", None)):
        raise FeatureError(f"{path!r} has no method transform", field=_FIELD, mend="give the class transform(frame), or name a function")
    return found
