"""From an error to an HTTP answer: one table, one body."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError
from tornado.web import HTTPError

from dsframework import errors
from dsframework.errors import SpecError, TsmlError, one_line
from dsframework.spec import plain_words
from jupyterlab_tsml.wire import ErrorBody, Issue

__all__ = ["STATUS", "ProblemError", "issues_of", "problem_of", "refuse", "status_of"]

STATUS: dict[type[TsmlError], HTTPStatus] = {
    errors.SpecError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.DataError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.FeatureError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.SplitError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ModelError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.MetricError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.EvaluationError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ScheduleError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TrackingError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TrackingUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ExecutorError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.StoppedError: HTTPStatus.CONFLICT,
    errors.MissingDependencyError: HTTPStatus.NOT_IMPLEMENTED,
    errors.KernelError: HTTPStatus.NOT_IMPLEMENTED,
    errors.TsmlError: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""The status of every error that a person can mend; anything else is a bug and stays a 500."""


class ProblemError(HTTPError):
    """An answer that is not a success, with its body."""

    def __init__(self, status: HTTPStatus, body: ErrorBody, *, retry_after: int | None = None) -> None:
        super().__init__(status.value, log_message=body.message.replace("%", "%%"))
        self.body = body
        self.retry_after = retry_after


def refuse(
    status: HTTPStatus, code: str, message: str, *, field: str | None = None, value: Any = None, mend: str | None = None
) -> ProblemError:
    """Return the problem to raise for a request that this server does not answer."""
    return ProblemError(status, ErrorBody(code=code, message=one_line(message), field=field, value=_plain(value), mend=mend))


def status_of(error: TsmlError) -> HTTPStatus:
    """Return the status of the nearest class of the table."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def issues_of(error: SpecError) -> list[Issue]:
    """Return the mistakes of a document as they go over the wire."""
    return [Issue(line=issue.line, field=issue.field, message=issue.message, hint=issue.hint) for issue in error.issues]


def problem_of(error: TsmlError | ValidationError) -> ProblemError:
    """Return the answer for an error: a `TsmlError` by the table, a body or query of the wrong shape as 400."""
    if isinstance(error, ValidationError):
        return _misshapen(error)
    if isinstance(error, SpecError):
        issues = issues_of(error)
        first = issues[0] if issues else None
        body = ErrorBody(
            code=error.code,
            message=one_line(first.message if len(issues) == 1 and first else f"{len(issues)} mistakes: {error.args[0]}"),
            field=first.field if first else None,
            mend=f"did you mean {first.hint!r}?" if first and first.hint else None,
            issues=issues,
        )
        return ProblemError(status_of(error), body)
    body = ErrorBody(code=error.code, message=error.message, field=error.field, value=_plain(error.value), mend=error.mend)
    return ProblemError(status_of(error), body)


def _misshapen(error: ValidationError) -> ProblemError:
    first = error.errors(include_url=False)[0]
    path = _dotted(first["loc"])
    message = "unknown key" if first["type"] == "extra_forbidden" else plain_words(first)
    value = first.get("input") if path and first["type"] not in ("missing", "extra_forbidden") else None
    return refuse(HTTPStatus.BAD_REQUEST, "request.invalid", message, field=path or None, value=value)


def _dotted(path: Iterable[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _plain(value: Any) -> str | int | float | bool | None:
    if value is None or isinstance(value, bool | int | float):
        return value
    return one_line(value if isinstance(value, str) else repr(value), 120)
