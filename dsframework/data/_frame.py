"""The loader ``frame``."""

from __future__ import annotations

from typing import Any

import polars as pl

from dsframework.data._base import LoadRequest
from dsframework.errors import DataError, one_line
from dsframework.spec import DataSpec, FrameData, not_available

__all__ = ["load_frame"]


def load_frame(data: DataSpec, request: LoadRequest) -> pl.DataFrame:
    """Take a polars or pandas data frame of the caller; see `Loader`.

    An index of a pandas frame that has a name, or that holds the times, becomes a column.
    """
    assert isinstance(data, FrameData)
    if data.frame not in request.frames:
        known = list(request.frames)
        text = "data frame " + not_available(data.frame, known) if known else "no data frame was handed over"
        raise DataError(text, field="data.frame", value=data.frame, mend="assign a polars or pandas data frame to that name")
    frame = request.frames[data.frame]
    if isinstance(frame, pl.LazyFrame):
        return frame.collect()
    if isinstance(frame, pl.DataFrame):
        return frame
    if type(frame).__module__.split(".")[0] == "pandas" and hasattr(frame, "columns"):
        return _from_pandas(frame, data)
    raise DataError(
        "this is not a data frame", field="data.frame", value=type(frame).__name__, mend="hand over a polars or pandas data frame"
    )


def _from_pandas(frame: Any, data: FrameData) -> pl.DataFrame:
    import pandas as pd

    names = list(frame.index.names)
    if data.time not in frame.columns and len(names) == 1 and names[0] is None and isinstance(frame.index, pd.DatetimeIndex):
        frame = frame.rename_axis(data.time)
        names = [data.time]
    lifted = [name for name in names if name is not None and name not in frame.columns]
    frame = frame.reset_index(level=lifted) if lifted else frame
    frame = frame.set_axis([str(name) for name in frame.columns], axis="columns")
    if not frame.columns.is_unique:
        twice = str(frame.columns[frame.columns.duplicated()][0])
        raise DataError("two columns have the same name", field="data.frame", value=twice, mend="rename one of them")
    try:
        rows: pl.DataFrame = pl.from_pandas(frame)
        return rows
    except (pl.exceptions.PolarsError, TypeError, ValueError, NotImplementedError) as error:  # pyarrow's errors are among them
        raise DataError(
            f"the data frame can't be read: {one_line(error, 160)}", field="data.frame", mend="give every column one type"
        ) from error
