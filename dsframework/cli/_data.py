"""tsml data: a look at a data file before anything is run."""

from __future__ import annotations

import argparse
from typing import Any

from dsframework.cli._stdout import kept_for_the_document
from dsframework.cli._tables import JSON_HELP, plain_table
from dsframework.records import DataPreview

__all__ = ["add_commands", "preview_text"]

_ROWS = 5
_GAPS = 5


def add_commands(commands: Any) -> None:
    """Add this file's commands."""
    data = commands.add_parser("data", help="look at a CSV or Parquet file: columns, span, gaps, and what is wrong with it")
    data.add_argument("file", metavar="FILE", help="a CSV or Parquet file")
    data.add_argument("--time", metavar="COLUMN", help="the column with the event time; guessed by default")
    data.add_argument("--entity", metavar="COLUMN", help="the column that tells the series apart; guessed by default")
    data.add_argument("--calendar", metavar="CODE", help="an exchange's code, such as XNYS: missing sessions, rows outside of sessions")
    data.add_argument("--timezone", metavar="ZONE", help="the zone of times without one, such as America/New_York")
    data.add_argument("--json", action="store_true", help=JSON_HELP)
    data.set_defaults(run=_data)


def _data(options: argparse.Namespace) -> int:
    from dsframework.data import preview_file

    with kept_for_the_document(active=options.json):
        preview = preview_file(options.file, time=options.time, entity=options.entity, calendar=options.calendar, timezone=options.timezone)
    print(preview.model_dump_json(indent=1) if options.json else preview_text(preview))
    return 0


def preview_text(preview: DataPreview) -> str:
    """Return a look at a file as lines of text."""
    lines = [f"{preview.path}: {preview.rows} rows"]
    if preview.first is not None:
        lines[0] += f", {preview.first} to {preview.last}"
    if preview.time is not None:
        lines.append(f"time: {preview.time}")
    if preview.entity is not None:
        shown = ", ".join(preview.entities[:_ROWS]) + (", …" if (preview.n_entities or 0) > _ROWS else "")
        lines.append(f"entity: {preview.entity}, {preview.n_entities} of them: {shown}")
    elif preview.entity_candidates:
        lines.append(f"entity: none; it may be {' or '.join(preview.entity_candidates)}")
    if preview.columns:
        lines += ["", *_columns(preview)]
    lines += [line for title, found in _found(preview) if found for line in ("", title, *(f"  {text}" for text in found))]
    return "\n".join(lines)


def _columns(preview: DataPreview) -> list[str]:
    import polars as pl

    names = ("name", "dtype", "nulls", "minimum", "maximum")
    rows = [[getattr(one, name) for name in names] for one in preview.columns]
    heads = ["column", "type", "missing", "least", "most"]
    return plain_table(pl.DataFrame(rows, schema=heads, orient="row", infer_schema_length=None)).splitlines()


def _found(preview: DataPreview) -> list[tuple[str, list[str]]]:
    gaps = [f"{one.entity or ''} {one.first} to {one.last}, {one.sessions} of them".strip() for one in preview.gaps[:_GAPS]]
    more = [f"… and {preview.n_gaps - _GAPS} more stretches"] if preview.n_gaps > _GAPS else []
    part = "" if preview.checked_rows == preview.rows else f", of the first {preview.checked_rows} rows"
    return [
        ("what is wrong:", list(preview.problems)),
        ("sessions without a row:", gaps + more),
        (f"what the data checks find{part}:", list(preview.findings)),
    ]
