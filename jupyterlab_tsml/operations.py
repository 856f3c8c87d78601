"""What a verb of a handler takes and gives, written beside it: the OpenAPI document is made from this."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import BaseModel

__all__ = ["Operation", "operation", "operation_of"]

_ATTRIBUTE = "tsml_operation"
Verb = TypeVar("Verb", bound=Callable[..., Any])


@dataclass(frozen=True)
class Operation:
    """One verb of one route.

    `reply` is None for an answer without a body, and `dict` for a document that no model describes.
    """

    summary: str
    reply: Any
    status: HTTPStatus
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    errors: tuple[int, ...]


def operation(
    summary: str,
    *,
    reply: Any,
    status: HTTPStatus = HTTPStatus.OK,
    body: Any = None,
    query: type[BaseModel] | None = None,
    errors: tuple[int, ...] = (),
) -> Callable[[Verb], Verb]:
    """Describe a verb; stands above `@web.authenticated` and changes nothing of what the verb does."""

    def describe(verb: Verb) -> Verb:
        setattr(verb, _ATTRIBUTE, Operation(summary, reply, status, body, query, errors))
        return verb

    return describe


def operation_of(verb: Any) -> Operation | None:
    """Return the description of a verb, or None when it has none."""
    found = getattr(verb, _ATTRIBUTE, None)
    return found if isinstance(found, Operation) else None
