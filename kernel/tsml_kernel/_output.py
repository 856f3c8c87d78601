"""Sending a MIME bundle to the cell that runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from IPython.core import display_functions
from IPython.core.getipython import get_ipython

__all__ = ["clear", "publish"]


def publish(bundle: Mapping[str, Any], *, display_id: str | None = None, update: bool = False) -> None:
    """Display a bundle.

    Parameters
    ----------
    bundle
        MIME type -> data.
    display_id
        A name under which the output can be replaced later.
    update
        Replace the output of that name, wherever it is shown; a terminal leaves it as it is.
    """
    if update and not hasattr(get_ipython(), "kernel"):
        return  # a terminal can't replace what it printed
    show: Any = display_functions.publish_display_data
    show(dict(bundle), transient={"display_id": display_id} if display_id else None, update=update)


def clear() -> None:
    """Take away what the cell has shown so far; a terminal leaves it as it is."""
    if hasattr(get_ipython(), "kernel"):
        take_away: Any = display_functions.clear_output
        take_away()
