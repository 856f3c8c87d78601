"""``%%tsml``, ``%tsml`` and the live panels of a notebook. Importing it imports neither widgets nor anything numeric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from tsml_kernel._compare import ComparisonWidget
    from tsml_kernel._live import LivePanel

__all__ = ["ComparisonWidget", "LivePanel", "load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register ``%%tsml``, ``%tsml``, their completion and how results are shown."""
    from tsml_kernel._extension import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics and their completion away again."""
    from tsml_kernel._extension import unload

    unload(shell)


def __getattr__(name: str) -> Any:
    if name == "LivePanel":
        from tsml_kernel._live import LivePanel

        return LivePanel
    if name == "ComparisonWidget":
        from tsml_kernel._compare import ComparisonWidget

        return ComparisonWidget
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
