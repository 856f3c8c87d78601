"""A file beside the notebook with functions of a user."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

OWN = """
import numpy as np
import polars as pl

def middle(frame):
    middle = frame.select(pl.col("v").rolling_median(4, min_samples=1)).to_series()
    return pl.DataFrame({"gap": frame["close"] - frame["close"].shift(3), "middle": middle})

def centred(frame, half=1):
    return frame["v"].rolling_mean(2 * half + 1, center=True)

def everything(frame):
    return (frame["v"] - frame["v"].mean()).to_numpy()

def carried(frame):
    return frame["v"].cum_sum()

def short(frame):
    return frame["v"].head(1)

def words(frame):
    return ["a"] * frame.height

def table(frame):
    return frame.select("v")

def broken(frame):
    raise KeyError("no such thing")

class Scaled:
    def __init__(self, factor):
        self.factor = factor

    def transform(self, frame):
        return frame.to_pandas()[["v"]].to_numpy() * self.factor

class Learner:
    def fit(self, frame):
        return self
"""


@pytest.fixture(scope="module", autouse=True)
def own_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of ``features_of_tests``, on the import path."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "features_of_tests.py").write_text(OWN)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    sys.modules.pop("features_of_tests", None)
