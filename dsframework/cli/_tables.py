"""Tables of plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

__all__ = ["JSON_HELP", "plain_table"]

JSON_HELP = "print one JSON document in place of a table"


def plain_table(frame: pl.DataFrame, columns: Sequence[str] | None = None) -> str:
    """Return the rows as aligned columns under a head; ``none`` when there are no rows."""
    chosen = list(columns or frame.columns)
    if frame.height == 0:
        return "none"
    lines = [chosen] + [[_text(value) for value in row] for row in frame.select(chosen).iter_rows()]
    widths = [max(len(line[position]) for line in lines) for position in range(len(chosen))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
