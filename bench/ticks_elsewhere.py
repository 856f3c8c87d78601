"""Ticks to 1-minute bars as their documentation has it in polars and DuckDB: every natural way, of which a benchmark takes the fastest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

Way = Callable[[], pl.DataFrame]
KEYS = {False: ["time"], True: ["time", "ticker"]}
PRICE, SIZE = pl.col("price"), pl.col("size")
WANTED = (
    PRICE.first().alias("open"),
    PRICE.max().alias("high"),
    PRICE.min().alias("low"),
    PRICE.last().alias("close"),
    SIZE.sum().alias("volume"),
    ((PRICE * SIZE).sum() / SIZE.sum()).alias("vwap"),
    pl.len().alias("count"),
)
SQL = """
    select {bar} + interval '1 minute' as time, {entity} arg_min(price, time) as open, max(price) as high, min(price) as low,
           arg_max(price, time) as close, sum(size)::bigint as volume, sum(price * size) / sum(size) as vwap, count(*) as count
    from {source} group by all order by all
"""
BARS = {"time_bucket": "time_bucket(interval '1 minute', time)", "date_trunc": "date_trunc('minute', time)"}


def polars_ways(rows: pl.LazyFrame, *, entity: bool) -> dict[str, Way]:
    """Bars by windows of a sorted time, which polars takes for sorted unseen, and by groups of the truncated time."""
    dynamic = rows.set_sorted("time").group_by_dynamic("time", every="1m", label="right", group_by=["ticker"] if entity else None)
    windows = dynamic.agg(WANTED).sort(KEYS[entity])
    minute = pl.col("time").dt.truncate("1m").dt.offset_by("1m")
    groups = rows.group_by([minute, *(["ticker"] if entity else [])]).agg(WANTED).sort(KEYS[entity])
    queries = {"group_by_dynamic": windows, "group_by": groups}
    return {
        f"{name}, {engine}": lambda query=query, engine=engine: query.collect(engine=engine)  # type: ignore[misc]
        for name, query in queries.items()
        for engine in ("in-memory", "streaming")
    }


def duckdb_ways(base: Any, source: str | Path, *, entity: bool) -> dict[str, Way]:
    """Bars of a table or of a Parquet file."""
    place = f"'{source}'" if isinstance(source, Path) else source
    return {
        name: lambda bar=bar: base.sql(SQL.format(bar=bar, entity="ticker," if entity else "", source=place)).pl()  # type: ignore[misc]
        for name, bar in BARS.items()
    }
