"""What a class or function of a user's own file brings along: the files that it is made of, and the distributions that they import."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType

__all__ = ["OwnCode", "own_code"]


@dataclass(frozen=True)
class OwnCode:
    """Where a class or function comes from.

    Attributes
    ----------
    modules
        Modules of files that no distribution holds: the class's own, its bases' and those that they import.
    distributions
        The distributions of the class, of its bases and of whatever `modules` import.
    """

    modules: list[str]
    distributions: list[str]


def own_code(kind: type | FunctionType) -> OwnCode:
    """Follow a class with its bases, or a function, and the imports of the user's own files; see `OwnCode`."""
    waiting = [base.__module__ for base in kind.__mro__] if isinstance(kind, type) else [kind.__module__]
    own: set[str] = set()
    distributions: set[str] = set()
    while waiting:
        name = waiting.pop()
        top = name.partition(".")[0]
        if top in _packages():
            distributions.update(_packages()[top])
        elif name not in own and name in sys.modules and top not in sys.stdlib_module_names and top not in ("dsframework", "__main__"):
            own.add(name)
            waiting += _imports(sys.modules[name])
    return OwnCode(sorted(own), sorted(distributions))


def _imports(module: ModuleType) -> list[str]:
    """The names of what a module's source imports; of ``from a import b`` both ``a`` and ``a.b``, which may be a module."""
    file = Path(module.__file__ or "")
    if file.suffix != ".py" or not file.is_file():
        return []
    package = module.__name__ if file.name == "__init__.py" else module.__name__.rpartition(".")[0]
    found: list[str] = []
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            found += [source, *(f"{source}.{alias.name}" for alias in node.names)]
    return found


@cache
def _packages() -> dict[str, list[str]]:
    from importlib.metadata import packages_distributions

    return {name: list(found) for name, found in packages_distributions().items()}
