"""The Jupyter server extension: thin REST handlers over `dsframework`. Importing it imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["load_ipython_extension", "unload_ipython_extension"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyterlab-tsml"}]


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    from jupyterlab_tsml.app import TsmlApp

    return [{"module": "jupyterlab_tsml", "app": TsmlApp}]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Give the notebook ``%%tsml`` and ``%tsml``: what ``%load_ext jupyterlab_tsml`` calls."""
    import tsml_kernel

    tsml_kernel.load_ipython_extension(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take them away again: what ``%unload_ext`` and ``%reload_ext`` call."""
    import tsml_kernel

    tsml_kernel.unload_ipython_extension(shell)
