"""One mistake in a document, and the name that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["SpecIssue", "near_miss", "not_available"]


@dataclass(frozen=True)
class SpecIssue:
    """One mistake: where, what, and what was probably meant."""

    field: str
    message: str
    line: int | None = None
    hint: str | None = None
    source: str | None = None

    def __str__(self) -> str:
        place = f"{self.source or 'spec'}:{self.line}: " if self.line else (f"{self.source}: " if self.source else "")
        field = f"{self.field}: " if self.field else ""
        hint = f", did you mean {self.hint!r}?" if self.hint else ""
        return f"{place}{field}{self.message}{hint}"


def near_miss(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` was probably meant to be; of equally close ones, one with the same letters.

    >>> near_miss("xgbost", ["ridge", "xgboost"]), near_miss("mea", ["mae", "mse"])
    ('xgboost', 'mae')
    """
    found = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    same = [one for one in found if sorted(one) == sorted(name)]
    return next(iter([*same, *found]), None)


def not_available(name: str, known: Iterable[str]) -> str:
    """Say that `name` is not available, and what is.

    >>> not_available("xgbost", ["ridge", "xgboost"])
    "'xgbost' is not available, try xgboost"
    """
    names = sorted(known)
    close = near_miss(name, names)
    return f"{name!r} is not available, try {close or ', '.join(names)}"
