"""The loader ``onetick``: its settings are part of the spec, reading is not there yet and says so."""

from __future__ import annotations

import polars as pl

from dsframework.data._base import LoadRequest
from dsframework.errors import DataError
from dsframework.spec import DataSpec

__all__ = ["load_onetick"]


def load_onetick(data: DataSpec, request: LoadRequest) -> pl.DataFrame:
    """Refuse: this version can't read from OneTick."""
    mend = "write the bars to a Parquet file with onetick-py and use loader: parquet, or hand a data frame over with loader: frame"
    raise DataError("this version can't read from OneTick itself", field="data.loader", value=data.loader, mend=mend)
