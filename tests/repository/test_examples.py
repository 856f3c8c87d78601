"""The examples beside the market data: three are valid as they stand, the others say what is not available yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsframework.errors import SpecError
from dsframework.spec import CsvData, ParquetData, load_spec


@pytest.fixture(scope="module")
def examples(market_data: Path) -> Path:
    folder = market_data.parent / "examples"
    if not folder.is_dir():
        pytest.skip(f"no example specs in {folder}")
    return folder


@pytest.mark.parametrize("name", ["volume_panel", "volume_one_stock", "direction_variants"])
def test_example_is_valid_and_names_data_that_is_there(examples: Path, name: str) -> None:
    path = examples / f"{name}.yaml"
    spec = load_spec(path)
    assert isinstance(spec.data, CsvData | ParquetData)
    assert (path.parent / spec.data.path).is_file()


@pytest.mark.parametrize(
    ("name", "unknown"),
    [("anomaly", "isolation_forest"), ("clusters", "kmeans"), ("deep_and_custom", "keras_mlp"), ("deep_and_custom", "torch_lstm")],
)
def test_example_of_a_later_version_says_what_is_not_available(examples: Path, name: str, unknown: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_spec(examples / f"{name}.yaml")
    line = next(line for line in str(caught.value).splitlines() if unknown in line)
    assert "not available" in line
    assert "try" in line
