"""Registering and taking away what a shell gets from us."""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from tsml_kernel._completion import complete
from tsml_kernel._display import register_formatters
from tsml_kernel._inspection import add_inspection, remove_inspection
from tsml_kernel._magics import TsmlMagics

__all__ = ["load", "unload"]


def load(shell: InteractiveShell) -> None:
    """Register the magics, the matcher, the explanations and the formatters; loading twice changes nothing."""
    shell.register_magics(TsmlMagics)
    completer = shell.Completer
    if complete not in completer.custom_matchers:
        completer.custom_matchers.append(complete)
    add_inspection(shell)
    register_formatters(shell)


def unload(shell: InteractiveShell) -> None:
    """Take the magics, the matcher and the explanations away."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("tsml", None)
    completer = shell.Completer
    if complete in completer.custom_matchers:
        completer.custom_matchers.remove(complete)
    remove_inspection(shell)
