"""What the running shell knows: its kernel's id, and the data frames of its user."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from IPython.core.getipython import get_ipython

__all__ = ["data_frames", "kernel_id"]


def kernel_id() -> str:
    """Return the id under which the Jupyter server knows this kernel, or the empty text where there is none."""
    app = getattr(get_ipython(), "kernel", None)
    file = getattr(getattr(app, "parent", None), "connection_file", "")
    found = re.fullmatch(r"kernel-([0-9a-fA-F-]{36})", Path(file).stem) if file else None
    return found[1] if found else ""


def data_frames(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return the polars and pandas data frames among the user's variables, by name; imports neither library."""
    return {name: value for name, value in namespace.items() if not name.startswith("_") and _is_frame(value)}


def _is_frame(value: Any) -> bool:
    kind = type(value)
    return kind.__name__ in ("DataFrame", "LazyFrame") and kind.__module__.split(".")[0] in ("pandas", "polars")
