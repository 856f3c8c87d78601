"""Mistakes that know which rows they are about, or that they are the document's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dsframework.errors import DataError

__all__ = ["ColumnError", "RowError"]


class ColumnError(DataError):
    """A column that the document names is not there: a mistake of the document."""


class RowError(DataError):
    """Rows, counted from 0 in the order in which the loader gave them, hold what is wrong."""

    def __init__(self, message: str, *, rows: Sequence[int], field: str | None = None, value: Any = None, mend: str | None = None) -> None:
        super().__init__(message, field=field, value=value, mend=mend)
        self.rows = tuple(rows)
