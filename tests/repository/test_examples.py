"""The examples beside the market data are valid as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsframework.spec import CsvData, ParquetData, load_spec

NAMES = ("anomaly", "clusters", "deep_and_custom", "direction_variants", "volume_one_stock", "volume_panel")


@pytest.fixture(scope="module")
def examples(market_data: Path) -> Path:
    folder = market_data.parent / "examples"
    if not folder.is_dir():
        pytest.skip(f"no example specs in {folder}")
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_example_is_valid_and_names_data_that_is_there(examples: Path, name: str) -> None:
    path = examples / f"{name}.yaml"
    spec = load_spec(path)
    assert isinstance(spec.data, CsvData | ParquetData)
    assert (path.parent / spec.data.path).is_file()


def test_no_example_is_left_out(examples: Path) -> None:
    assert sorted(path.stem for path in examples.glob("*.yaml")) == list(NAMES)
