"""Find the library, and call its functions with arrays that are what they expect."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from dsframework.errors import KernelError
from dsframework.kernels._compile import FOLDER, CompilerError, compile_library, key_of, library_name, sources_key

__all__ = ["Array", "Kernel", "kernel", "library"]

_lock = threading.Lock()


class _Status(ctypes.c_int32):
    """What a kernel returns that may fail: 0, or 1 where it got no memory."""


def kernel(name: str, *arguments: Any, returns: Any = _Status) -> Kernel:
    """Declare a function of the library.

    Parameters
    ----------
    name
        What the C source calls it.
    arguments
        An `Array` or a ctypes type for each argument.
    returns
        The ctypes type of what it gives back, None for nothing; by default a status, which becomes a `MemoryError` where it is not 0.
    """
    return Kernel(name, arguments, returns)


class Kernel:
    """A function of the library, loaded when it is first called. Other threads run while it does."""

    def __init__(self, name: str, arguments: tuple[Any, ...], returns: Any) -> None:
        self.name, self.arguments, self.returns = name, arguments, returns
        self._call: Callable[..., Any] | None = None

    def __call__(self, *values: Any) -> Any:
        """Call it; raises `TypeError` where an array is not what the declaration says."""
        call = self._call or self._load()
        if len(values) != len(self.arguments):
            raise TypeError(f"{self.name} takes {len(self.arguments)} arguments, not {len(values)}")
        given = call(*(_converted(self.name, kind, value) for kind, value in zip(self.arguments, values, strict=True)))
        if self.returns is not _Status:
            return given
        if given:
            raise MemoryError(f"{self.name}: not enough memory")
        return None

    def _load(self) -> Callable[..., Any]:
        call = getattr(library(), self.name)
        call.argtypes = [ctypes.c_void_p if isinstance(kind, Array) else kind for kind in self.arguments]
        call.restype = ctypes.c_int32 if self.returns is _Status else self.returns
        self._call = call
        return call  # type: ignore[no-any-return]


def _converted(name: str, kind: Any, value: Any) -> Any:
    if not isinstance(kind, Array):
        return value
    try:
        return kind.address(value)
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None


class Array:
    """An argument that is a C-contiguous array of one dtype, handed over as its address.

    Parameters
    ----------
    dtype
        The dtype of its elements.
    ndim
        How many dimensions it has.
    out
        Whether the kernel writes into it.
    optional
        Whether None is allowed, which C sees as a null pointer.
    """

    def __init__(self, dtype: Any, *, ndim: int = 1, out: bool = False, optional: bool = False) -> None:
        self.dtype, self.ndim, self.out, self.optional = np.dtype(dtype), ndim, out, optional

    def address(self, value: Any) -> int | None:
        """Return the address of the array's first element; raises `TypeError`."""
        if value is None and self.optional:
            return None
        if not isinstance(value, np.ndarray):
            raise TypeError(f"expected an array, got {type(value).__name__}")
        if value.dtype != self.dtype or value.ndim != self.ndim or not value.flags.c_contiguous:
            layout = "contiguous" if value.flags.c_contiguous else "strided"
            raise TypeError(f"expected a contiguous {self.dtype} array of {self.ndim} dimensions, got {layout} {value.dtype} {value.shape}")
        if self.out and not value.flags.writeable:
            raise TypeError("expected an array that may be written")
        return int(value.ctypes.data)


@cache
def _load() -> ctypes.CDLL:
    key, problem = sources_key(), ""
    own = _own(key)
    for place in (FOLDER / library_name(), own, *_installed()):
        if key_of(place) == key:
            try:
                return _opened(place)
            except OSError as error:  # made for another kind of machine, from which the package came here
                problem = f"{error}; "
    try:
        return _opened(compile_library(own))
    except (CompilerError, OSError) as error:
        raise KernelError(
            f"the compiled kernels are not there: {problem}{error}", mend="install the wheel of this platform, or a C compiler"
        ) from error


def _opened(place: Path) -> ctypes.CDLL:
    loaded = ctypes.CDLL(str(place))
    loaded.tsml_key.restype = ctypes.c_char_p
    return loaded


def library() -> ctypes.CDLL:
    """Return the library, which is loaded once.

    It lies in the package's folder. Where it does not, was made from other sources (a changed source of an editable install) or for another
    kind of machine (a package that travelled to a cluster), it is that of an installed package of the same sources, or it is compiled into
    ``TSML_HOME/kernels`` and found there the next time.

    Raises
    ------
    KernelError
        When it is not there and can't be compiled.
    """
    with _lock:
        return _load()


def _own(key: str) -> Path:
    home = Path(os.environ.get("TSML_HOME") or Path.home() / ".tsml").expanduser()
    return home / "kernels" / key / library_name()


def _installed() -> list[Path]:
    """The libraries of this package where it is installed as well, beside the copy that runs."""
    inside = FOLDER.relative_to(FOLDER.parents[1])
    return [Path(place) / inside / library_name() for place in sys.path if place]
