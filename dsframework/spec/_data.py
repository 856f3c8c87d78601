"""Where the rows come from: one model a loader."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from dsframework.spec._arguments import Arguments
from dsframework.spec._catalogue import BrokenPackageError, catalogue
from dsframework.spec._issues import not_available

__all__ = ["CsvData", "DataField", "DataSpec", "FrameData", "ParquetData", "SampleData"]


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


class CsvData(DataSpec):
    """A CSV file."""

    loader: Literal["csv"] = "csv"
    path: str = Field(min_length=1, title="File", description="Relative to the spec's file, or to the folder of the notebook.")
    separator: str = Field(default=",", min_length=1, max_length=1, title="Separator")


class ParquetData(DataSpec):
    """A Parquet file."""

    loader: Literal["parquet"] = "parquet"
    path: str = Field(min_length=1, title="File", description="Relative to the spec's file, or to the folder of the notebook.")


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


class DataField:
    """Marks the ``data`` field: the key ``loader`` chooses the model."""

    def validate(self, value: Any) -> DataSpec:
        """Build the loader's model, or raise errors that carry the path."""
        if isinstance(value, DataSpec):
            return value
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
        options = [handler(model.__pydantic_core_schema__) for model in catalogue.usable("data").values()]
        return {"oneOf": options, "title": "Data"}


catalogue.base("data", DataSpec)
for _model in (CsvData, ParquetData, FrameData, SampleData):
    catalogue.register("data", _model.model_fields["loader"].default, _model)
