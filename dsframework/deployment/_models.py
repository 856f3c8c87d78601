"""What a schedule is asked for and what it looks like on the wire: pydantic only."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, field_validator, model_validator

from dsframework.errors import ScheduleError
from dsframework.records import Record
from dsframework.spec import near_miss, plain_words

__all__ = ["Publish", "Schedule", "SchedulePlan", "ScheduleRequest", "TableTarget", "Wait", "check_name"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_CONNECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
_TABLE = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]{0,62}\.)?[A-Za-z_][A-Za-z0-9_]{0,62}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_CREDENTIALS = re.compile(r"://[^/?#\s]*@|\b(?:password|passwd|pwd|secret|token|accountkey|api_?key)\s*=", re.IGNORECASE)


def check_name(name: str, field: str = "name") -> str:
    """Return a schedule's name, or raise a `ScheduleError` that suggests a safe one."""
    if _NAME.fullmatch(name):
        return name
    slug = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-._")[:100]
    mend = "use letters, digits, '_', '.' and '-', at most 100, a letter or digit first"
    raise ScheduleError("is not a safe name", field=field, value=name, mend=f"{mend}; try {slug!r}" if slug else mend)


def _require(pattern: re.Pattern[str], value: str, field: str, message: str, mend: str) -> str:
    if not pattern.fullmatch(value):
        raise ScheduleError(message, field=field, value=value, mend=mend)
    return value


def _refuse_credentials(value: Any, field: str) -> None:
    """Raise when a text anywhere in `value` carries credentials; the error never repeats the text."""
    if isinstance(value, str) and _CREDENTIALS.search(value):
        mend = "make an Airflow connection, and write its name under publish.table.connection"
        raise ScheduleError("looks like an address with credentials, which a schedule never holds", field=field, mend=mend)
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_credentials(key, field)
            _refuse_credentials(item, f"{field}.{key}" if field else str(key))


class _Asked(BaseModel):
    """A frozen part of a request; what pydantic refuses becomes a one-line `ScheduleError`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    path: ClassVar[str] = ""

    @model_validator(mode="wrap")
    @classmethod
    def _one_line(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        _refuse_credentials(data, cls.path)
        try:
            return handler(data)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(part for part in (cls.path, *map(str, first["loc"])) if part) or None
            if first["type"] == "extra_forbidden":
                close = near_miss(str(first["loc"][-1]), cls.model_fields)
                mend = f"did you mean {close!r}?" if close else f"try {', '.join(cls.model_fields)}"
                raise ScheduleError("is not a setting of a schedule", field=field, mend=mend) from error
            raise ScheduleError(plain_words(first), field=field, value=None if first["type"] == "missing" else first["input"]) from error


class Wait(_Asked):
    """How long the data-ready sensor waits for a session's data, and what counts as being there."""

    path: ClassVar[str] = "wait"

    timeout_minutes: float = Field(default=720, gt=0, le=10080, title="Give up after", description="Minutes after the run's start.")
    poke_seconds: int = Field(default=300, ge=5, le=86400, title="Look every", description="Seconds between two looks.")
    coverage: float = Field(
        default=0.9,
        gt=0,
        le=1,
        title="Coverage",
        description="Share of the entities of the session before that must have a row; a single series must have one.",
    )


class TableTarget(_Asked):
    """A database table. The address and the password stay in Airflow, under the connection's name."""

    path: ClassVar[str] = "publish.table"

    connection: str = Field(title="Airflow connection", description="The name of a connection that exists in Airflow.")
    table: str = Field(title="Table", description="The table's name, with its schema if needed: predictions, desk.predictions.")

    @field_validator("connection")
    @classmethod
    def _check_connection(cls, value: str) -> str:
        mend = "write the connection's name as Airflow lists it, such as warehouse"
        return _require(_CONNECTION, value, "publish.table.connection", "is not the name of an Airflow connection", mend)

    @field_validator("table")
    @classmethod
    def _check_table(cls, value: str) -> str:
        mend = "use letters, digits and '_', with a schema before a dot if needed, such as desk.predictions"
        return _require(_TABLE, value, "publish.table.table", "is not the name of a table", mend)


class Publish(_Asked):
    """Where predictions are posted: Parquet (the default), or a table; exactly one of the two."""

    path: ClassVar[str] = "publish"

    parquet: str | None = Field(
        default=None,
        min_length=1,
        title="Parquet",
        description="A folder (one file a session), or a file that ends in .parquet; TSML_HOME/predictions/<name> by default.",
    )
    table: TableTarget | None = Field(default=None, title="Table")

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if self.parquet is not None and self.table is not None:
            raise ScheduleError("both parquet and table are given", field="publish", mend="post to one of the two")
        return self


class ScheduleRequest(_Asked):
    """Which model is to predict, when, from which data and where to.

    Raises `dsframework.errors.ScheduleError` (one line: field, value, mend) for anything that is not valid.
    """

    run_id: str = Field(title="Run", description="The MLflow run of an experiment.")
    name: str | None = Field(default=None, title="Name", description="Names the schedule and its DAG; study and model by default.")
    at: str | None = Field(default=None, title="At", description="HH:MM in the time zone; half an hour after the close by default.")
    calendar: str | None = Field(default=None, title="Exchange calendar", description="Such as XNYS; the spec's by default.")
    timezone: str | None = Field(default=None, title="Time zone", description="The exchange's by default.")
    data: str | None = Field(default=None, min_length=1, title="Data", description="The file to predict from; the spec's by default.")
    wait: Wait = Field(default=Wait(), title="Wait for data")
    publish: Publish = Field(default=Publish(), title="Publish")
    owner: str | None = Field(default=None, title="Owner", description="Shown in Airflow; the user's name by default.")
    dags_folder: str | None = Field(
        default=None, min_length=1, title="DAGs folder", description="TSML_DAGS_FOLDER, AIRFLOW_HOME/dags or TSML_HOME/dags by default."
    )
    replace: bool = Field(default=False, title="Replace", description="Take the place of a schedule of another run.")

    @field_validator("run_id")
    @classmethod
    def _check_run_id(cls, value: str) -> str:
        return _require(_RUN_ID, value, "run_id", "is not the id of a run", "take it from the Runs tab or from `tsml runs`")

    @field_validator("name")
    @classmethod
    def _check_name(cls, value: str | None) -> str | None:
        return None if value is None else check_name(value)

    @field_validator("at")
    @classmethod
    def _check_at(cls, value: str | None) -> str | None:
        return None if value is None else _require(_CLOCK, value, "at", "is not a time of day", "write HH:MM, such as 16:30")

    @field_validator("timezone")
    @classmethod
    def _check_timezone(cls, value: str | None) -> str | None:
        if value is not None and value not in available_timezones():
            raise ScheduleError("is not a time zone", field="timezone", value=value, mend="write a name such as America/New_York")
        return value if value is None else ZoneInfo(value).key

    @field_validator("owner")
    @classmethod
    def _check_owner(cls, value: str | None) -> str | None:
        if value is not None and not (value.isprintable() and value.strip() and len(value) <= 100):
            raise ScheduleError("is not a name of one line", field="owner", value=value, mend="use at most 100 printable characters")
        return value


class SchedulePlan(Record):
    """What `write_schedule` would write. `text` is the DAG file, `spec` its literal, `replaces` the text that stands there now."""

    name: str
    dag_id: str
    file: str
    text: str
    next_runs: list[str]
    spec: dict[str, Any]
    replaces: str | None = None


class Schedule(Record):
    """A schedule as its DAG file tells it; `next_runs` are ISO 8601 with offset, `created` is in UTC.

    A file that can't be read is listed with its `error` and otherwise empty fields.
    """

    name: str
    dag_id: str
    file: str
    run_id: str = ""
    model: str = ""
    metrics: dict[str, float] = Field(default={})
    calendar: str = ""
    at: str = ""
    timezone: str = ""
    next_runs: list[str] = Field(default=[])
    data: str | None = None
    publish: Publish = Publish()
    wait: Wait = Wait()
    owner: str = ""
    created: str | None = None
    error: str | None = None
