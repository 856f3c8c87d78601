"""What a loader is.

A loader reads rows and nothing more: it returns every row in any order, with the time column, the entity column (if one is named) and
the columns that the spec asks for; more columns do no harm. It does not sort, cut or check: `load_panel` does that for all of them alike.
A time column may be a date, a datetime or an ISO 8601 text. What a person can mend raises `DataError` with the field it is about
(``data.path``). The same spec gives the same rows each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from dsframework.spec import DataSpec

__all__ = ["LoadRequest", "Loader"]


@dataclass(frozen=True)
class LoadRequest:
    """What a loader gets beside the spec.

    Attributes
    ----------
    base
        The folder that a relative path is relative to.
    frames
        Data frames of the caller, by name.
    """

    base: Path
    frames: Mapping[str, Any] = field(default_factory=dict)


class Loader(Protocol):
    """See the module's text."""

    def __call__(self, data: DataSpec, request: LoadRequest) -> pl.DataFrame:
        """Return the rows that `data` describes."""
        ...
