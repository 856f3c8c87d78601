"""Predictions of a recorded model, and whether a session's data is there."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from dsframework.deployment._bundle import Bundle, download_bundle, load_bundle
from dsframework.deployment._sessions import session_after, session_before, session_close
from dsframework.errors import DataError

if TYPE_CHECKING:
    import polars as pl

    from dsframework.spec import DataSpec

__all__ = ["interval_ends", "missing_data", "predict", "predict_session", "read_rows"]

_LOADERS = {".csv": "csv", ".parquet": "parquet", ".pq": "parquet"}


def predict(source: str | Path, *, data: str | Path | None = None, frame: Any = None, as_of: Any = None) -> pl.DataFrame:
    """Predict with a recorded model from the newest row of every entity.

    Parameters
    ----------
    source
        The id of a run, or the folder of a model bundle.
    data
        A CSV or Parquet file with the columns of the training data; the file that the model was trained from by default.
    frame
        A polars or pandas data frame in place of a file.
    as_of
        A day (included) or a moment; later rows are left out.

    Returns
    -------
    pl.DataFrame
        Time, entity (for a panel) and ``prediction`` in the unit of the target, with the ends of its intervals where it has any.

    Raises
    ------
    NotFoundError
        When there is no such run or folder.
    DataError
        When the rows are not there, or not what the model needs.
    """
    if data is not None and frame is not None:
        raise DataError("both data and frame are given", field="data", mend="hand over one of the two")
    with _opened(source) as bundle:
        rows = frame if frame is not None else read_rows(bundle, data)
        return bundle.pipeline.predict(rows, as_of=as_of)


@contextmanager
def _opened(source: str | Path) -> Iterator[Bundle]:
    if Path(source).is_dir():
        yield load_bundle(Path(source))
        return
    with TemporaryDirectory(prefix="tsml-model-") as folder:
        download_bundle(str(source), Path(folder))
        yield load_bundle(Path(folder))


def read_rows(bundle: Bundle, data: str | Path | None = None) -> pl.DataFrame:
    """Read the columns that the model needs, sorted by time, from `data` or from where the model's own spec says."""
    from dsframework.data import load_panel

    return load_panel(_data_spec(bundle, data), base=bundle.base).frame


def _data_spec(bundle: Bundle, data: str | Path | None) -> DataSpec:
    """The training data's spec without its end, for the model's columns only, and of another file where one is given."""
    from dsframework.spec import CsvData, ParquetData

    trained = bundle.pipeline.data
    columns = {"columns": bundle.pipeline.input_columns, "end": None}
    if data is None:
        if trained.loader == "frame":
            raise DataError("the model was trained from a frame, which is gone", field="data", mend="name a CSV or Parquet file")
        return trained.model_copy(update=columns)
    loader = _LOADERS.get(Path(data).suffix.lower(), trained.loader)
    kinds: dict[str, type[CsvData] | type[ParquetData]] = {"csv": CsvData, "parquet": ParquetData}
    kind = kinds.get(loader)
    if kind is None:
        raise DataError("neither a CSV nor a Parquet file", field="data", value=str(data), mend="name a file that ends in .csv or .parquet")
    kept = trained.model_dump(include=set(kind.model_fields), exclude={"loader"})
    return kind.model_validate(kept | columns | {"path": str(Path(data).expanduser().absolute())})


def missing_data(bundle: Bundle, day: dt.date, *, calendar: str, timezone: str, coverage: float, data: str | None = None) -> str | None:
    """Tell what is missing of a session's data, in one line; None when it is there.

    A session is there when at least the share `coverage` of the entities of the session before has rows in it, and when intraday rows
    reach the close.
    """
    spec = _data_spec(bundle, data)
    from dsframework.data import data_files

    try:
        data_files(spec, bundle.base)
    except DataError as error:
        return f"{error.value} is not there yet" if error.message.startswith(("no ", "there is no")) else str(error)
    frame = read_rows(bundle, data)
    days = _days(frame, spec.time, timezone)
    today, before = frame.filter(days == day), frame.filter(days == session_before(calendar, day))
    if today.is_empty():
        return f"no row of {day}; the last one is of {days.max()!s}"
    if spec.entity is not None and before.height:
        expected = before[spec.entity].unique()
        found = expected.is_in(today[spec.entity].unique().to_list()).sum()
        if found < coverage * len(expected):
            return f"{found} of {len(expected)} entities have rows of {day}"
    return _early_end(today[spec.time].unique().sort().to_list(), day, calendar, timezone)


def _early_end(times: list[Any], day: dt.date, calendar: str, timezone: str) -> str | None:
    """Tell when intraday rows stop more than one bar before the close; a bar is the most common step between rows."""
    if len(times) < 2 or not isinstance(times[0], dt.datetime):
        return None
    bar = Counter(later - earlier for earlier, later in pairwise(times)).most_common(1)[0][0]
    last, close = _utc(times[-1], timezone), session_close(calendar, day)
    return f"rows of {day} reach {last.isoformat()} only; the close is at {close.isoformat()}" if last + bar < close else None


def _utc(moment: dt.datetime, timezone: str) -> dt.datetime:
    from zoneinfo import ZoneInfo

    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))).astimezone(dt.UTC)


def _days(frame: pl.DataFrame, time: str, timezone: str) -> pl.Series:
    """The exchange's local day of every row."""
    import polars as pl

    times = frame[time]
    if isinstance(times.dtype, pl.Datetime) and times.dtype.time_zone is not None:
        times = times.dt.convert_time_zone(timezone)
    return times.cast(pl.Date) if times.dtype == pl.Date else times.dt.date()


def predict_session(bundle: Bundle, day: dt.date, *, calendar: str, timezone: str, data: str | None = None) -> pl.DataFrame:
    """Predict from the last row that every entity has in the session `day`.

    Returns
    -------
    pl.DataFrame
        time, entity (null for a single series), target_time (the session that is predicted, for daily rows), prediction, run_id,
        as_of, model; with intervals also ``lower`` and ``upper``, or ``lower_0.9`` and so on for several coverages.

    Raises
    ------
    DataError
        When no row of the session can be predicted from.
    """
    import polars as pl

    pipeline = bundle.pipeline
    found = pipeline.predict(read_rows(bundle, data), as_of=day.isoformat())
    found = found.filter(_days(found, pipeline.data.time, timezone) == day)
    if found.is_empty():
        raise DataError(f"no row of {day} to predict from", field="data", mend="wait until the session's data is there")
    daily = found[pipeline.data.time].dtype == pl.Date or found[pipeline.data.time].dt.time().eq(dt.time()).all()
    target = session_after(calendar, day, pipeline.target.horizon) if daily and pipeline.target is not None else None
    entity = pl.col(pipeline.data.entity).cast(pl.String) if pipeline.data.entity else pl.lit(None, dtype=pl.String)
    return found.select(
        pl.col(pipeline.data.time).alias("time"),
        entity.alias("entity"),
        pl.lit(target, dtype=pl.Date).alias("target_time"),
        pl.col("prediction").cast(pl.Float64),
        pl.lit(bundle.about["run_id"]).alias("run_id"),
        pl.lit(day).alias("as_of"),
        pl.lit(bundle.about["model"]).alias("model"),
        *(pl.col(name).cast(pl.Float64) for name in interval_ends(found.columns)),
    )


def interval_ends(columns: Sequence[str]) -> list[str]:
    """Return which of the columns are the ends of intervals.

    >>> interval_ends(["prediction", "lower_0.9", "upper_0.9", "lowered"])
    ['lower_0.9', 'upper_0.9']
    """
    return [name for name in columns if re.fullmatch(r"(lower|upper)(_0\.[0-9]+)?", name)]
