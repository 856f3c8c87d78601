"""Where the rows come from: one model a loader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    create_model,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from dsframework.spec._arguments import Arguments, Strict
from dsframework.spec._catalogue import BrokenPackageError, catalogue
from dsframework.spec._data_parts import Available, Checks, Duration, ResampleSpec, parse_duration, refuse_url
from dsframework.spec._issues import not_available

__all__ = [
    "CsvData",
    "DataField",
    "DataSpec",
    "DuckdbData",
    "FrameData",
    "JoinSpec",
    "OneTickData",
    "ParquetData",
    "SampleData",
    "SqlData",
]

D = TypeVar("D")
ENCODINGS = ("utf-8", "utf-16", "latin-1", "cp1252", "cp1250", "cp1251", "iso8859-15", "gb18030", "big5", "shift_jis", "euc-kr", "auto")
_HOUR, _DAY = 3_600_000_000, 86_400_000_000
_JOIN_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]{0,40}$")
NOT_OF_A_SOURCE = ("joins", "checks")
"""What a joined source can't have of its own."""


class DataField:
    """Marks the ``data`` field: the key ``loader`` chooses the model. `nested` marks a joined source, which has no joins of its own."""

    def __init__(self, *, nested: bool = False) -> None:
        self.nested = nested

    def validate(self, value: Any) -> DataSpec:
        """Build the loader's model, or raise errors that carry the path."""
        found = value if isinstance(value, DataSpec) else self._build(value)
        given = next((name for name in NOT_OF_A_SOURCE if self.nested and name in found.model_fields_set), None)
        if given is not None:
            raise PydanticCustomError(
                "nested", "{text}", {"text": f"'{given}' has no place in a joined source; write it beside the main one"}
            )
        return found

    def _build(self, value: Any) -> DataSpec:
        names = catalogue.names("data")
        if not isinstance(value, dict):
            raise PydanticCustomError("mapping", "{text}", {"text": f"expected 'loader: ...' with its settings, try {', '.join(names)}"})
        loader = value.get("loader")
        if loader is None:
            raise PydanticCustomError("mapping", "{text}", {"text": f"'loader' is missing, try {', '.join(names)}"})
        if not isinstance(loader, str) or loader not in names:
            raise PydanticCustomError("not_available", "{text}", {"text": "loader " + not_available(str(loader), names)})
        try:
            model = catalogue.arguments("data", loader)
        except BrokenPackageError as error:
            raise PydanticCustomError("not_available", "{text}", {"text": f"loader {error}"}) from error
        assert issubclass(model, DataSpec)
        return model.model_validate(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        dump = core_schema.plain_serializer_function_ser_schema(
            lambda data: data.model_dump(mode="json", exclude_unset=True) | {"loader": data.loader}
        )
        return core_schema.no_info_plain_validator_function(self.validate, serialization=dump)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        models = catalogue.usable("data").values()
        options = [handler((_source_of(model) if self.nested else model).__pydantic_core_schema__) for model in models]
        return {"oneOf": options, "title": "Source" if self.nested else "Data"}


_sources: dict[type[Arguments], type[Arguments]] = {}


def _source_of(model: type[Arguments]) -> type[Arguments]:
    """The model as the form draws it for a joined source: without what a source can't have."""
    if model not in _sources:
        fields: dict[str, Any] = {
            name: (field.annotation, field) for name, field in model.model_fields.items() if name not in NOT_OF_A_SOURCE
        }
        _sources[model] = create_model(f"{model.__name__}Source", __base__=Arguments, __doc__=model.__doc__, **fields)
    return _sources[model]


class JoinSpec(Strict):
    """Columns of another source, of which each row takes the newest that was known at its own time."""

    source: Annotated[DataSpec, DataField(nested=True)] = Field(
        title="Source", description="A loader with its settings; its `columns` are those that are joined."
    )
    available: Available = Field(title="Available", description="When a row of the source was known.")
    by: str | None = Field(
        default=None,
        min_length=1,
        title="Matching column",
        description="The column here that the source's entity is looked up in; the entity by default.",
    )
    prefix: str | None = Field(
        default=None, title="Prefix", description="What joined columns begin with; the join's name and _ by default."
    )
    tolerance: Duration | None = Field(
        default=None, title="Tolerance", description="How long a value is used after it became known, such as 120d; for ever by default."
    )


class DataSpec(Arguments):
    """What every loader takes: which column is the time, which the entity, and the exchange calendar."""

    loader: str = Field(title="Loader")
    time: str = Field(default="time", min_length=1, title="Time column", description="The column with the event time.")
    entity: str | None = Field(
        default=None, title="Entity column", description="The column that tells the series of a panel apart; none for one series."
    )
    timezone: str | None = Field(default=None, title="Time zone", description="The zone of times without one, such as America/New_York.")
    calendar: str | None = Field(
        default=None, title="Exchange calendar", description="An exchange's code, such as XNYS: sessions, holidays, early closes."
    )
    columns: list[str] | None = Field(
        default=None, min_length=1, title="Columns", description="Read these columns only (time and entity always)."
    )
    start: str | None = Field(default=None, title="From", description="First day to use, such as 2014-01-01.")
    end: str | None = Field(default=None, title="To", description="Last day to use, included.")
    resample: ResampleSpec | None = Field(default=None, title="Bars from ticks", description="Make bars of the loader's ticks.")
    joins: dict[str, JoinSpec] = Field(
        default={}, title="Joined sources", description="Name to a source whose newest known values are added to each row."
    )
    checks: Checks = Field(default=Checks(), title="Data checks", description="What is done about data that would give wrong numbers.")

    @field_validator("joins")
    @classmethod
    def _check_names(cls, joins: dict[str, JoinSpec]) -> dict[str, JoinSpec]:
        for name in joins:
            if not _JOIN_NAME.match(name):
                text = f"{name!r} can't name a join; use letters, digits and '_'"
                raise PydanticCustomError("joins", "{text}", {"text": text})
        return joins

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        if self.resample is not None and self.resample.sessions_only and self.calendar is None:
            raise PydanticCustomError("resample", "{text}", {"text": "resample.sessions_only needs a calendar, such as XNYS"})
        return self


JoinSpec.model_rebuild()
DataSpec.model_rebuild()


def _bucket(text: str) -> str:
    length = parse_duration(text) // timedelta(microseconds=1)
    if length != _DAY and (length == 0 or length > _HOUR or _HOUR % length):
        wrong = "expected bars that divide the hour, or 1d, such as 30s, 5min or 1h; other lengths are made by 'resample' out of ticks"
        raise PydanticCustomError("duration", "{text}", {"text": wrong})
    return text


_Printed = Annotated[str, Field(pattern=r"^[^\x00-\x1f]+$")]
"""A text without control characters: OneTick's graphs are lines."""


def _text_of(value: Any) -> Any:
    """A number as its text: a stored query's parameters are texts."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


_PATH = "Relative to the spec's file, or to the folder of the notebook."


class CsvData(DataSpec):
    """A CSV file."""

    loader: Literal["csv"] = "csv"
    path: str = Field(min_length=1, title="File", description=_PATH)
    separator: str = Field(default=",", pattern=r"^(.|auto)$", title="Separator", description="One sign, or auto to find it out.")
    decimal: Literal[".", ",", "auto"] = Field(default=".", title="Decimal sign", description="As in 1.5 or in 1,5.")
    encoding: Literal[ENCODINGS] = Field(  # type: ignore[valid-type]
        default="utf-8", title="Encoding", description="How the text is encoded; auto knows UTF-8, UTF-16 and Windows' Western European."
    )


class ParquetData(DataSpec):
    """A Parquet file, a pattern of files, or a folder partitioned as in year=2024."""

    loader: Literal["parquet"] = "parquet"
    path: str = Field(min_length=1, title="File", description=f"A file, a pattern such as bars/*.parquet, or a folder. {_PATH}")


class DuckdbData(DataSpec):
    """A table or a query of a DuckDB file, which is only read."""

    loader: Literal["duckdb"] = "duckdb"
    path: str = Field(min_length=1, title="File", description=_PATH)
    table: str | None = Field(default=None, min_length=1, title="Table", description="A table or view, such as bars or main.bars.")
    query: str | None = Field(default=None, min_length=1, title="Query", description="One SELECT over the tables of the file.")

    @model_validator(mode="after")
    def _check_choice(self) -> Self:
        return _one_of(self, "table", "query")


class SqlData(DataSpec):
    """A table or a query of a database that SQLAlchemy knows: PostgreSQL, ODBC, SQLite and others."""

    loader: Literal["sql"] = "sql"
    connection: Annotated[str, BeforeValidator(refuse_url)] = Field(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        title="Connection",
        description="Names the environment variable, or the line of connections.yaml, that holds the address; never the address.",
    )
    table: str | None = Field(default=None, min_length=1, title="Table", description="A table or view, such as bars or market.bars.")
    query: str | None = Field(
        default=None, min_length=1, title="Query", description="One SELECT; :start and :end in it stand for the bounds above."
    )

    @model_validator(mode="after")
    def _check_choice(self) -> Self:
        return _one_of(self, "table", "query")


class OneTickData(DataSpec):
    """Bars, ticks, a stored query or SQL of a OneTick server, asked through its web API."""

    loader: Literal["onetick"] = "onetick"
    time: str = Field(default="Time", min_length=1, title="Time column", description="The column that the time is written to.")
    entity: str | None = Field(default="symbol", title="Entity column", description="The column that the symbol is written to.")
    timezone: str | None = Field(
        default="America/New_York", title="Time zone", description="The zone that bars and bounds are seen in, such as America/New_York."
    )
    db: str | None = Field(default=None, pattern=r"^\w+$", title="Database", description="Such as US_COMP.")
    tick_type: str = Field(default="TRD", pattern=r"^\w+$", title="Tick type")
    symbols: list[_Printed] | None = Field(
        default=None, min_length=1, title="Symbols", description="Such as AAPL; with the database's name in front for a stored query."
    )
    bucket: Annotated[str, AfterValidator(_bucket)] | None = Field(
        default=None,
        title="Bar length",
        description="OPEN to CLOSE, VOLUME, VWAP and COUNT, made by OneTick: up to 1h, or 1d. The ticks themselves without one.",
    )
    price: str = Field(default="PRICE", pattern=r"^\w+$", title="Price field", description="What bars are made of.")
    size: str | None = Field(
        default="SIZE", pattern=r"^\w+$", title="Size field", description="None for quotes: no VOLUME and no VWAP then."
    )
    query: str | None = Field(
        default=None,
        pattern=r"^remote://\w+::[^\x00-\x1f:]+\.otq(::\w+)?$",
        title="Stored query",
        description="A query of the server, such as remote://US_COMP::folder/bars.otq::daily.",
    )
    parameters: dict[str, Annotated[_Printed, BeforeValidator(_text_of)]] = Field(
        default={}, title="Parameters", description="Name to value, of the parameters of a stored query."
    )
    sql: str | None = Field(
        default=None,
        min_length=1,
        title="SQL",
        description="One SELECT of OneTick's SQL; :start and :end in it stand for the bounds, as TIMESTAMP >= :start and TIMESTAMP < :end.",
    )
    start: str | None = Field(default=None, title="From", description="First day to use, such as 2024-01-02; it is needed here.")
    timeout: Duration = Field(default="10min", title="Wait", description="How long to wait for the server's whole answer.")

    @model_validator(mode="after")
    def _check_choice(self) -> Self:
        wrong = next(_wrong_in_onetick(self), None)
        if wrong is not None:
            raise PydanticCustomError("choice", "{text}", {"text": wrong})
        return _one_of(self, "db", "query", "sql")


_ASKED_WITH = {"tick_type": "db", "bucket": "db", "price": "bucket", "size": "bucket", "parameters": "query"}
"""Settings of OneTick that do nothing without another one."""


def _wrong_in_onetick(data: OneTickData) -> Iterator[str]:
    """What is missing, or would do nothing, one sentence each."""
    if sum(choice is not None for choice in (data.db, data.query, data.sql)) == 1:
        for name, needed in _ASKED_WITH.items():
            if name in data.model_fields_set and getattr(data, needed) is None:
                yield f"{name!r} does nothing without {needed!r}; remove it"
        if data.sql is not None and data.symbols is not None:
            yield "'symbols' does nothing beside 'sql', whose text names them; remove it"
        if data.sql is None:
            yield from (f"{name!r} is needed here" for name in ("symbols", "start") if getattr(data, name) is None)
    if data.bucket is not None and data.resample is not None:
        yield "'bucket' and 'resample' both make bars of ticks; remove one of the two"
    if data.entity is None and data.symbols is not None and len(data.symbols) > 1:
        yield "'entity' is needed for several symbols: it names the column that the symbol is written to"
    if data.timezone is None:
        yield "'timezone' is needed: bounds and bars are seen in it"


def _one_of(data: D, *names: str) -> D:
    """Return `data` where exactly one of the fields is given."""
    given = [name for name in names if getattr(data, name) is not None]
    if len(given) != 1:
        text = f"write one of {' and '.join(repr(name) for name in names)}, and not {'both' if given else 'none'}"
        raise PydanticCustomError("choice", "{text}", {"text": text})
    return data


class FrameData(DataSpec):
    """A data frame of the notebook or the program; only Python and the magic can hand one over."""

    loader: Literal["frame"] = "frame"
    frame: str = Field(min_length=1, title="Variable", description="The name of a polars or pandas data frame.")


class SampleData(DataSpec):
    """A synthetic market: seeded bars whose volume has weekly and intraday seasons."""

    loader: Literal["sample"] = "sample"
    entity: str | None = "ticker"
    calendar: str | None = "XNYS"
    n_entities: int = Field(default=5, ge=1, le=5000, title="Entities")
    n_days: int = Field(default=500, ge=1, le=20000, title="Days")
    frequency: Literal["1d", "1h", "30m", "15m", "5m", "1m"] = Field(default="1d", title="Bar length")
    seed: int = Field(default=0, ge=0, title="Seed")
    checks: Checks = Field(
        default=Checks(future="ignore"), title="Data checks", description="What is done about data that would give wrong numbers."
    )


catalogue.base("data", DataSpec)
for _model in (CsvData, ParquetData, DuckdbData, SqlData, OneTickData, FrameData, SampleData):
    catalogue.register("data", _model.model_fields["loader"].default, _model)
