"""Every error that the framework raises on purpose.

    TsmlError
    ├── SpecError              spec.invalid          the document is wrong; carries one issue a mistake
    ├── DataError              data.invalid          a file, column or row is not what the spec says
    ├── FeatureError           feature.invalid       a feature can't be computed from this panel
    ├── SplitError             split.invalid         too few rows for the folds that were asked for
    ├── ModelError             model.failed          a model raised while it was built, fitted or asked
    ├── MetricError            metric.undefined      a score is not a number
    │   └── EvaluationError    evaluation.invalid    a backtest, interval or test that can't be made from these predictions
    ├── ExecutorError          executor.failed       Ray or a worker is not there
    ├── TrackingError          tracking.failed       MLflow refused or lost something
    │   └── TrackingUnavailableError  tracking.unavailable  MLflow does not answer
    ├── NotFoundError          not_found             no such run, study or schedule
    ├── ConflictError          conflict              it exists already, or is in the wrong state
    ├── ScheduleError          schedule.invalid      a schedule that must not be written
    ├── MissingDependencyError dependency.missing    an extra is not installed
    ├── KernelError            kernels.missing       the compiled library is not there and can't be made
    └── StoppedError           stopped               somebody asked the study to stop

An error is one line: the field, what is wrong with which value, and the mend. The faces (command line, notebook, REST)
catch `TsmlError` and nothing else; a notebook shows the line without a traceback.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

__all__ = [
    "ConflictError",
    "DataError",
    "EvaluationError",
    "ExecutorError",
    "FeatureError",
    "KernelError",
    "MetricError",
    "MissingDependencyError",
    "ModelError",
    "NotFoundError",
    "ScheduleError",
    "SpecError",
    "SplitError",
    "StoppedError",
    "TrackingError",
    "TrackingUnavailableError",
    "TsmlError",
    "one_line",
]

_VALUE_LIMIT = 120


def one_line(text: object, limit: int = 400) -> str:
    """Return `text` on one line, shortened to `limit` characters."""
    flat = " ".join(str(text).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


class TsmlError(Exception):
    """The base of every error that is meant to be read by a person.

    Parameters
    ----------
    message
        What is wrong, in one sentence without the field's name.
    field
        Where it is wrong: a path in the spec such as ``data.path``.
    value
        The value that was found.
    mend
        What to do about it.

    Attributes
    ----------
    log
        The last lines that a fit printed before it failed, and where it raised; empty of other errors.
    """

    code: ClassVar[str] = "tsml.error"
    log: str = ""

    def __init__(self, message: str, *, field: str | None = None, value: Any = None, mend: str | None = None) -> None:
        self.message = one_line(message)
        self.field = field
        self.value = value
        self.mend = one_line(mend) if mend else None
        super().__init__(self.message)

    def __str__(self) -> str:
        head = f"{self.field}: " if self.field else ""
        got = "" if self.value is None else f" (got {one_line(repr(self.value), _VALUE_LIMIT)})"
        tail = f"; {self.mend}" if self.mend else ""
        return f"{head}{self.message}{got}{tail}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.__dict__))

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {line}" for line in str(self).splitlines()]


def _rebuild(kind: type[TsmlError], state: dict[str, Any]) -> TsmlError:
    error = kind.__new__(kind)
    Exception.__init__(error, state.get("message", ""))
    error.__dict__.update(state)
    return error


class SpecError(TsmlError):
    """The document is not a valid spec; ``issues`` has one `dsframework.spec.SpecIssue` a mistake."""

    code = "spec.invalid"

    def __init__(self, issues: Sequence[Any]) -> None:
        self.issues = tuple(issues)
        super().__init__("; ".join(str(issue) for issue in self.issues))

    def __str__(self) -> str:
        return "\n".join(str(issue) for issue in self.issues)


class DataError(TsmlError):
    """A file, a column or a row is not what the spec says."""

    code = "data.invalid"


class FeatureError(TsmlError):
    """A feature can't be computed from this panel."""

    code = "feature.invalid"


class SplitError(TsmlError):
    """There are too few rows for the folds that were asked for."""

    code = "split.invalid"


class ModelError(TsmlError):
    """A model raised while it was built, fitted or asked for predictions."""

    code = "model.failed"


class MetricError(TsmlError):
    """A score is not a number."""

    code = "metric.undefined"


class EvaluationError(MetricError):
    """A backtest, an interval or a test can't be made from these predictions."""

    code = "evaluation.invalid"


class ExecutorError(TsmlError):
    """Ray, or one of its workers, is not there."""

    code = "executor.failed"


class TrackingError(TsmlError):
    """MLflow refused something, or does not have what was asked for."""

    code = "tracking.failed"


class TrackingUnavailableError(TrackingError):
    """MLflow does not answer."""

    code = "tracking.unavailable"


class NotFoundError(TsmlError):
    """No such run, study or schedule."""

    code = "not_found"


class ConflictError(TsmlError):
    """It exists already, or it is not in a state that allows this."""

    code = "conflict"


class ScheduleError(TsmlError):
    """A schedule that must not be written."""

    code = "schedule.invalid"


class MissingDependencyError(TsmlError):
    """An optional library is not installed; the message holds the install command."""

    code = "dependency.missing"

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(f"{library} is not installed", mend=f'pip install "jupyterlab-tsml[{extra}]"')


class KernelError(TsmlError):
    """The compiled library is not there, and this machine can't make it."""

    code = "kernels.missing"


class StoppedError(TsmlError):
    """Somebody asked the study to stop."""

    code = "stopped"
