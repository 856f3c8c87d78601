"""The loader ``parquet``."""

from __future__ import annotations

import polars as pl

from dsframework.data._base import LoadRequest
from dsframework.data._checks import choose_columns
from dsframework.data._files import file_kind, find_file
from dsframework.errors import DataError, one_line
from dsframework.spec import DataSpec, ParquetData

__all__ = ["load_parquet"]


def load_parquet(data: DataSpec, request: LoadRequest) -> pl.DataFrame:
    """Read the needed columns of a Parquet file; see `Loader`."""
    assert isinstance(data, ParquetData)
    file = find_file(data.path, request.base)
    kind = file_kind(file)
    if kind != "parquet":
        mend = "use loader: csv" if kind == "csv" else "use a Parquet file"
        raise DataError("this is not a Parquet file", field="data.path", value=data.path, mend=mend)
    try:
        header = list(pl.read_parquet_schema(file))
        return pl.read_parquet(file, columns=choose_columns(header, data))
    except (pl.exceptions.PolarsError, OSError) as error:
        text = f"this is not a readable Parquet file: {one_line(error, 160)}"
        raise DataError(text, field="data.path", value=data.path, mend="write the file again") from error
