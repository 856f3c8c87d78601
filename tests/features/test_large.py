"""A matrix that is too large for the processor's cache is written past it, in pages of its own; its bits are those of small ones."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dsframework.features import build_features
from dsframework.spec import Component, spec_from_dict

ENTITIES, DAYS = 60, 4000


def components() -> list[Component]:
    """Return 19 columns, so that rows begin anywhere in a line of memory."""
    features = [
        {"lag": {"columns": ["volume"], "periods": [1, 2, 3, 5, 8, 13, 21]}},
        {"rolling": {"columns": ["volume"], "windows": [5, 21], "stats": ["mean", "std", "min", "max", "zscore"]}},
        {"ewm": {"columns": ["volume"], "spans": [5], "stats": ["mean", "std"]}},
    ]
    spec = {"name": "large", "task": "regression", "data": {"loader": "sample"}, "target": {"column": "volume"}, "models": ["ridge"]}
    return spec_from_dict({**spec, "features": features}).features or []


def panel(share: float) -> pl.DataFrame:
    """Return rows sorted by time and entity, of which a share is there, with missing and infinite values."""
    rng = np.random.default_rng(3)
    days = np.datetime64("2010-01-01") + np.arange(DAYS)
    volume = rng.lognormal(13, 1, ENTITIES * DAYS)
    volume[rng.random(len(volume)) < 0.01] = np.nan
    volume[rng.random(len(volume)) < 0.001] = np.inf
    frame = pl.DataFrame({"date": np.repeat(days, ENTITIES), "ticker": np.tile(np.arange(ENTITIES), DAYS), "volume": volume})
    return frame.filter(pl.Series(rng.random(frame.height) < share))


def matrix(frame: pl.DataFrame, entity: str | None = "ticker", threads: int | None = None) -> np.ndarray:
    return build_features(frame, components(), time="date", entity=entity, calendar=None, threads=threads).matrix


@pytest.mark.parametrize("share", [1.0, 0.97])
def test_a_large_matrix_has_the_bits_of_each_entity_by_itself(share: float) -> None:
    frame = panel(share)
    found = matrix(frame)
    assert found.nbytes > 32 * 2**20
    assert found.flags.c_contiguous
    assert found.flags.writeable
    tickers = frame["ticker"].to_numpy()
    for ticker in range(0, ENTITIES, 7):
        alone = matrix(frame.filter(pl.col("ticker") == ticker), entity=None)
        np.testing.assert_array_equal(found[tickers == ticker], alone)


def test_a_large_matrix_is_the_same_for_any_number_of_threads() -> None:
    frame = panel(0.97)
    np.testing.assert_array_equal(matrix(frame, threads=1), matrix(frame, threads=3))


def test_a_long_series_has_the_bits_of_its_parts() -> None:
    series = panel(1.0).with_columns(date=pl.datetime(2010, 1, 1) + pl.duration(minutes=pl.int_range(pl.len())))
    found, history = matrix(series, entity=None), 200
    for start in (0, 8000, 100_000):
        part = matrix(series.slice(start, 9000), entity=None)
        skipped = history if start else 0
        np.testing.assert_array_equal(found[start + skipped : start + 9000], part[skipped:])
