"""Other futures: the same rows with different values in some of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import polars as pl

__all__ = ["KINDS", "Kind", "perturbed"]

Kind = Literal["noise", "scale", "shuffle"]
KINDS: tuple[Kind, ...] = ("noise", "scale", "shuffle")
_SCALE = 1000.0
_FACTOR = 4.0


def perturbed(
    frame: pl.DataFrame, chosen: np.ndarray[Any, np.dtype[np.bool_]], kind: Kind, *, keys: Sequence[str], seed: int
) -> pl.DataFrame:
    """Return the frame with other values in the chosen rows; times, entities and missing values stay.

    Parameters
    ----------
    frame
        Rows of a panel.
    chosen
        Which rows are changed, shape (rows,).
    kind
        ``noise``: every number is multiplied by a random factor of its own, between a quarter and four; ``scale``: all of them by 1000;
        ``shuffle``: the rows change places among themselves, column by column. Numbers keep their sign and their type, so that what is
        calculated from them stays defined.
    keys
        Columns that stay as they are: the time and the entity.
    seed
        Of what is random.
    """
    random = np.random.default_rng(seed)
    positions = np.flatnonzero(chosen)
    columns = []
    for name, dtype in frame.schema.items():
        if name in keys:
            continue
        series = frame[name]
        if kind == "shuffle" or not dtype.is_numeric():
            columns.append(_shuffled(series, positions, random))
        else:
            factor = (
                np.exp(random.uniform(-np.log(4.0), np.log(4.0), len(positions))) if kind == "noise" else np.full(len(positions), _SCALE)
            )
            columns.append(_multiplied(series, positions, factor))
    return frame.with_columns(columns)


def _shuffled(series: pl.Series, positions: Any, random: np.random.Generator) -> pl.Series:
    order = np.arange(len(series))
    order[positions] = random.permutation(positions)
    return series.gather(order)


def _multiplied(series: pl.Series, positions: Any, factor: Any) -> pl.Series:
    factors = np.ones(len(series))
    factors[positions] = factor
    product = series.cast(pl.Float64) * pl.Series(factors)
    if series.dtype.is_integer():
        limit = float(np.iinfo(np.int64).max // 2) if series.dtype.is_signed_integer() and series.dtype == pl.Int64 else None
        product = product.round()
        product = product.clip(-limit, limit) if limit else product
        fits = product.cast(series.dtype, strict=False)
        return pl.select(pl.coalesce(fits, series)).to_series().alias(series.name)  # what a small type can't hold stays as it was
    return product.cast(series.dtype).alias(series.name)
