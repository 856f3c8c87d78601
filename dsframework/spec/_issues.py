"""One mistake in a document."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SpecIssue"]


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
