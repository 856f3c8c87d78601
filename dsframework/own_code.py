"""What a class or function of a user's own file brings along: the files that it is made of, and the distributions that they import."""

from __future__ import annotations

import ast
import importlib
import sys
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType

from dsframework.errors import TsmlError, one_line

__all__ = ["OwnCode", "import_own", "own_code"]

_importing = threading.RLock()


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


def import_own(module: str, path: str, *, error: type[TsmlError], field: str) -> ModuleType:
    """Import the module of a user's own class or function; modules of the current folder are found as well.

    Parameters
    ----------
    module
        Its name.
    path
        What the document names, for the message.
    error, field
        What is raised where it is not there or raises itself, and the field that names it.
    """
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.append(here)  # last, so that nothing installed is hidden; it stays, because loading a fitted model imports it again
    try:
        with _importing:
            if module not in sys.modules:
                importlib.invalidate_caches()  # a file written a moment ago is found; two threads at once would trip over each other
            return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name and (module == missing.name or module.startswith(f"{missing.name}.")):
            mend = "install it, or put the file into the folder of the spec or notebook"
            raise error(f"there is no module {missing.name!r} for {path!r}", field=field, mend=mend) from missing
        text = f"importing {module!r} needs {missing.name!r}, which is not installed"
        raise error(text, field=field, mend="install it") from missing
    except (Exception, SystemExit) as raised:  # the module is foreign code, which may raise anything while it is imported
        raise error(f"importing {module!r} raised {type(raised).__name__}: {one_line(raised, 200)}", field=field) from raised


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
