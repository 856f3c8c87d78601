"""What a class or function of a user's own file brings along: the files that it is made of, and the distributions that they import."""

from __future__ import annotations

import ast
import importlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import lru_cache, wraps
from importlib.machinery import PathFinder
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, ParamSpec, TypeVar

from dsframework.errors import TsmlError, one_line
from dsframework.installed import distributions

__all__ = ["OwnCode", "import_own", "is_foreign", "libraries_of", "look_in", "looks_by_itself", "own_code", "own_sources", "study_folders"]

_importing = threading.RLock()
Stamp = tuple[str, int, int]

_imported: dict[str, dict[str, Stamp]] = {}
"""Of every module that was imported for a user: its file and those that it imports, by module, as they were then."""

_folders: set[str] = set()
"""Folders of studies, and current ones, which were added to where Python looks for modules."""

_P = ParamSpec("_P")
_R = TypeVar("_R")
_folder: ContextVar[str | None] = ContextVar("tsml_study_folder", default=None)
"""The folder of the study that this thread is at."""


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

    A module of this study's folder comes before one of that name in the current folder, and that before those of other studies. It is
    imported again when its file, or one that it imports, has been edited since, or when another file of that name comes first now, whoever
    imported the other.

    Parameters
    ----------
    module
        Its name.
    path
        What the document names, for the message.
    error, field
        What is raised where it is not there or raises itself, and the field that names it.
    """
    here = _here()
    if here not in sys.path and "" not in sys.path:
        _folders.add(here)
        sys.path.append(here)  # last, so that nothing installed is hidden; it stays, because loading a fitted model imports it again
    try:
        with _importing:
            _forget_if_stale(module)
            if module in sys.modules:
                return sys.modules[module]
            importlib.invalidate_caches()  # a file written a moment ago is found; two threads at once would trip over each other
            stamps = _stamps(module)
            with _looking_at(_places()):
                found = importlib.import_module(module)
            _imported[module] = stamps
            return found
    except ModuleNotFoundError as missing:
        if missing.name and (module == missing.name or module.startswith(f"{missing.name}.")):
            mend = "install it, or put the file into the folder of the spec or notebook"
            raise error(f"there is no module {missing.name!r} for {path!r}", field=field, mend=mend) from missing
        text = f"importing {module!r} needs {missing.name!r}, which is not installed"
        raise error(text, field=field, mend="install it") from missing
    except (Exception, SystemExit) as raised:  # the module is foreign code, which may raise anything while it is imported
        raise error(f"importing {module!r} raised {type(raised).__name__}: {one_line(raised, 200)}", field=field) from raised


def look_in(folder: str) -> None:
    """Have own modules of a folder found by this thread, before those of other studies' folders and after all that is installed."""
    _folder.set(folder)
    if folder in sys.path and folder not in _folders:
        return
    _folders.add(folder)
    others = [path for path in sys.path if path not in _folders]
    sys.path[:] = [*others, folder, *(path for path in sys.path if path in _folders and path != folder)]


def looks_by_itself(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Decorate a function whose `look_in` is over with its end."""

    @wraps(function)
    def alone(*arguments: _P.args, **named: _P.kwargs) -> _R:
        return copy_context().run(function, *arguments, **named)

    return alone


def study_folders() -> frozenset[str]:
    """Return the folders that were added to where Python looks for modules, and are no part of it for anybody else."""
    return frozenset(_folders)


def _places() -> list[str]:
    """Where this thread looks for own modules: where Python does, then in its study's folder, the current one, those of other studies."""
    here = _here()
    folder = _folder.get() or here
    usual = [path for path in sys.path if path not in _folders]
    behind = [path for path in usual if path in ("", here)] if folder != here else []
    front = [path for path in usual if path not in behind]
    own = [] if folder in front or (folder == here and "" in front) else [folder]
    others = [path for path in sys.path if path in _folders and path not in own]
    return [*front, *own, *behind, *sorted(others, key=lambda path: path != here)]


def _here() -> str:
    """The current folder; the root where somebody has removed it."""
    try:
        return str(Path.cwd())
    except OSError:
        return os.sep


@contextmanager
def _looking_at(places: list[str]) -> Iterator[None]:
    """Look for modules in places of one's own; what a module adds to them stays."""
    before = list(sys.path)
    sys.path[:] = places
    try:
        yield
    finally:
        sys.path[:] = [*before, *(path for path in sys.path if path not in places)]


def own_sources(module: str) -> dict[str, Path]:
    """Return the files that an own module is made of, its own and those of the own modules that it imports, by name; imports nothing."""
    packages, found = distributions(), dict[str, Path]()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        top = name.partition(".")[0]
        if name in found or top in packages or _is_pythons(top):
            continue
        file = _file_of(name)
        if file is not None:
            found[name] = file
            waiting += _imports(name, file)
    return found


def libraries_of(module: str) -> list[str]:
    """Return the distributions that a module stands in, or that its own files import; imports nothing."""
    packages = distributions()
    names = [module, *(name for own, file in own_sources(module).items() for name in _imports(own, file))]
    return sorted({found for name in names for found in packages.get(name.partition(".")[0], ())})


def is_foreign(top: str) -> bool:
    """Whether a top-level name is of Python, of this package or of an installed distribution, so that it is nobody's own module."""
    return top in distributions() or _is_pythons(top)


def _is_pythons(top: str) -> bool:
    return top in sys.stdlib_module_names or top in ("dsframework", "__main__")


def _file_of(module: str) -> Path | None:
    """The file that an import would read, found without importing the packages around it."""
    places: Any = None
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        found = PathFinder.find_spec(".".join(parts[:depth]), _places() if places is None else places)
        if found is None or (depth < len(parts) and found.submodule_search_locations is None):
            return None
        places = found.submodule_search_locations
        origin = found.origin
    return Path(origin) if origin and Path(origin).is_file() else None


def _forget_if_stale(module: str) -> None:
    """Let a module go, and all own modules that it imports, when any of their files is not what was imported."""
    were, now = _imported.get(module), _stamps(module)
    if were is not None and were != now:
        stale = {*were, *now}
    elif module in now and _is_of_another_file(module, now[module][0]):  # somebody else imported it
        stale = {name for name, (file, _, _) in now.items() if _is_of_another_file(name, file)}
    else:
        return
    for name in stale:
        sys.modules.pop(name, None)
    _imported.pop(module, None)


def _is_of_another_file(module: str, file: str) -> bool:
    loaded = getattr(sys.modules.get(module), "__file__", None)
    return loaded is not None and Path(loaded).resolve() != Path(file).resolve()


def _stamps(module: str) -> dict[str, Stamp]:
    """Where the files of a module and of the packages around it are, when they were written, and their sizes."""
    found: dict[str, Stamp] = {}
    for name, file in own_sources(module).items():
        parts = name.split(".")
        around = {above: _file_of(above) for above in (".".join(parts[:depth]) for depth in range(1, len(parts)))}
        for one, place in (*around.items(), (name, file)):
            with suppress(OSError):
                if place is not None:
                    status = place.stat()
                    found[one] = (str(place), status.st_mtime_ns, status.st_size)
    return found


def own_code(kind: type | FunctionType) -> OwnCode:
    """Follow a class with its bases, or a function, and the imports of the user's own files; see `OwnCode`."""
    waiting = [base.__module__ for base in kind.__mro__] if isinstance(kind, type) else [kind.__module__]
    packages, own, others = distributions(), set[str](), set[str]()
    while waiting:
        name = waiting.pop()
        top = name.partition(".")[0]
        if top in packages:
            others.update(packages[top])
        elif name not in own and name in sys.modules and not _is_pythons(top):
            own.add(name)
            waiting += _imports(name, Path(sys.modules[name].__file__ or ""))
    return OwnCode(sorted(own), sorted(others))


def _imports(module: str, file: Path) -> list[str]:
    """The names of what a module's source imports; of ``from a import b`` both ``a`` and ``a.b``, which may be a module."""
    try:
        status = file.stat()
    except OSError:
        return []
    return list(_imports_as_of(module, file, status.st_mtime_ns, status.st_size)) if file.suffix == ".py" else []


@lru_cache(maxsize=1024)
def _imports_as_of(module: str, file: Path, _written: int, _size: int) -> tuple[str, ...]:
    """The same of a file as it was at that time: asked for at every fit, read once."""
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    found: list[str] = []
    for node in ast.walk(_parsed(file)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            found += [source, *(f"{source}.{alias.name}" for alias in node.names)]
    return tuple(found)


def _parsed(file: Path) -> ast.Module:
    """The source of a file; an empty one where it is no Python, which its import will tell."""
    try:
        return ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return ast.Module([], [])
