"""What goes over the wire and is not a record of the framework: the requests, and a few replies."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dsframework.deployment import Schedule
from dsframework.records import StudyStatus

__all__ = [
    "Catalogue",
    "CatalogueEntry",
    "CompareRequest",
    "ErrorBody",
    "FoldsRequest",
    "Issue",
    "LogQuery",
    "PreviewQuery",
    "RunsQuery",
    "ScheduleList",
    "SchemaReply",
    "ServerStatus",
    "SpecReply",
    "StudiesQuery",
    "StudyList",
    "StudyRequest",
    "TrackingPlace",
    "ValidateReply",
    "ValidateRequest",
]


class Wire(BaseModel):
    """A frozen wire model; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


BASE = Field(default="", description="The folder, relative to the server's root, that relative paths of the spec start from.")


class SpecDocument(Wire):
    """A document as YAML or JSON text (`yaml`), or as data (`spec`): one of the two."""

    yaml: str | None = Field(default=None, description="The document's text.")
    spec: dict[str, Any] | None = Field(default=None, description="The document as data.")
    base: str = BASE

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.yaml is None) == (self.spec is None):
            raise ValueError("give the document once, as 'yaml' or as 'spec'")
        return self


class ValidateRequest(SpecDocument):
    """A document to check. A data file that is missing is a mistake too when `base` is given."""


class FoldsRequest(SpecDocument):
    """A document whose folds are to be drawn."""


class StudyRequest(SpecDocument):
    """A document to run."""

    executor: Literal["local", "ray"] = Field(default="local", description="Where fits run.")
    fresh: bool = Field(default=False, description="Repeat trials that are recorded already.")


class CompareRequest(Wire):
    """Runs to compare, and whose forecasts to show."""

    runs: list[str] = Field(min_length=1, max_length=200, description="Run ids; the first is the reference.")
    entity: str | None = Field(default=None, description="The series whose forecasts are shown; the first by default.")
    part: Literal["test", "cv"] = Field(default="test", description="Forecasts of the final test, or those out of the folds.")


class PreviewQuery(Wire):
    """A data file under the server's root, and how to read it."""

    path: str = Field(min_length=1, max_length=4096, description="Relative to the server's root.")
    time: str | None = None
    entity: str | None = None
    calendar: str | None = None
    timezone: str | None = None


class RunsQuery(Wire):
    """Which runs to list."""

    filter: str | None = Field(default=None, max_length=2000, description="An MLflow filter, such as metrics.cv_mae < 0.1.")
    limit: int = Field(default=100, ge=1, le=1000)
    page_token: str | None = Field(default=None, max_length=2000)
    experiment: str | None = Field(default=None, max_length=500, description="The MLflow experiment; all by default.")


class StudiesQuery(Wire):
    """How many studies to list."""

    limit: int = Field(default=50, ge=1, le=1000)


class LogQuery(Wire):
    """How much of a log."""

    lines: int = Field(default=200, ge=1, le=10000)


class Issue(Wire):
    """One mistake of a document."""

    line: int | None = None
    field: str
    message: str
    hint: str | None = None


class ValidateReply(Wire):
    """Whether the document is right; `yaml` and `spec` are its canonical forms when it is, else None."""

    valid: bool
    issues: list[Issue] = []
    yaml: str | None = None
    spec: dict[str, Any] | None = None


class CatalogueEntry(Wire):
    """A component that a stage offers."""

    name: str
    description: str


class Catalogue(Wire):
    """What the form offers in each stage."""

    data: list[CatalogueEntry]
    features: list[CatalogueEntry]
    preprocessing: list[CatalogueEntry]
    models: list[CatalogueEntry]


class SchemaReply(Wire):
    """All that the form is drawn from, and a document to start with."""

    model_config = ConfigDict(populate_by_name=True)

    json_schema: dict[str, Any] = Field(alias="schema")
    catalogue: Catalogue
    default_spec: dict[str, Any]
    default_yaml: str


class SpecReply(Wire):
    """The document that a run was made from: canonical data and YAML."""

    spec: dict[str, Any]
    yaml: str


class StudyList(Wire):
    """Studies, newest first."""

    studies: list[StudyStatus]


class ScheduleList(Wire):
    """The schedules of the DAGs folder, by name."""

    schedules: list[Schedule]


class TrackingPlace(Wire):
    """Where MLflow is. `location` holds no user name and no password."""

    kind: str
    location: str


class ServerStatus(Wire):
    """What this server works with. A version is None when the library is not installed."""

    version: str
    versions: dict[str, str | None]
    tracking: TrackingPlace
    executors: list[str]
    dags_folder: str
    root_dir: str


class ErrorBody(Wire):
    """Every answer that is not a success: a stable code, one sentence, and the mend where one is known."""

    code: str
    message: str
    field: str | None = None
    value: str | int | float | bool | None = None
    mend: str | None = None
    issues: list[Issue] | None = None
