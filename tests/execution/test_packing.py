"""Large values in shared memory: what is read in place."""

from dataclasses import dataclass

import numpy as np
import pytest

from dsframework.execution._packing import Block


@dataclass
class Value:
    numbers: object
    times: object
    again: object
    spans: object


@pytest.mark.parametrize("unit", ["ns", "D"])
def test_times_are_read_in_place_like_numbers(unit):
    times = np.arange(100_000).astype(f"datetime64[{unit}]")
    given = Value(np.arange(100_000.0), times, times, np.diff(times).reshape(3, -1))
    block = Block.of(given)
    assert len(block.body) < 5_000
    found = block.load()
    for name in vars(given):
        array = getattr(found, name)
        np.testing.assert_array_equal(array, getattr(given, name))
        assert array.dtype == getattr(given, name).dtype
        assert not array.flags.writeable
    assert found.times is found.again
    block.close()


def test_empty_and_scattered_times_come_through():
    given = {
        "none": np.array([], "datetime64[ns]"),
        "every other": np.arange(10).astype("datetime64[s]")[::2],
        "one": np.datetime64("2024-01-01"),
    }
    block = Block.of(given)
    found = block.load()
    for name, times in given.items():
        np.testing.assert_array_equal(found[name], times)
    block.close()
