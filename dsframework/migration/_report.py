"""What was changed, guessed, left out or lost while an old configuration was read, each with its line and its reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Literal

from dsframework.errors import one_line

__all__ = ["KINDS", "Finding", "Kind", "Place", "summary"]

Kind = Literal["changed", "guessed", "not used", "no effect", "not taken over"]
Place = tuple[str | int, ...]
KINDS: dict[Kind, str] = {
    "changed": "it is said otherwise here, or means something else",
    "guessed": "the old configuration does not say it",
    "not used": "it was switched off; it stands here as a comment",
    "no effect": "it changed no result there, or holds here anyhow; it is left out",
    "not taken over": "it has no place here; somebody must decide",
}


@dataclass(frozen=True)
class Finding:
    """One place of the old configuration that did not go over as it stands.

    Attributes
    ----------
    kind
        See `KINDS`.
    field
        The path in the old configuration, such as ``preprocessors[1].bins``.
    line
        Its line there.
    text
        The reason, in one sentence.
    place
        Where the new document says it, as keys and positions.
    """

    kind: Kind
    field: str
    line: int | None
    text: str
    place: Place = ()

    def __str__(self) -> str:
        return f"line {self.line}, {self.field}: {self.kind}: {self.text}"

    @property
    def comment(self) -> str:
        """The finding as a comment of the new document says it."""
        key = self.field.rpartition(".")[2]
        return one_line(f"line {self.line}, {f'{key}, ' if key else ''}{self.kind}: {self.text}", 1000)

    def as_dict(self) -> dict[str, Any]:
        """The finding as plain data."""
        return {key: value for key, value in asdict(self).items() if key != "place"}


def summary(findings: tuple[Finding, ...]) -> str:
    """Return how many findings there are of each kind.

    >>> summary((Finding("changed", "features", 3, "..."),))
    '1 changed'
    >>> summary(())
    'everything was taken over as it stands'
    """
    counts = Counter(finding.kind for finding in findings)
    return ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind]) or "everything was taken over as it stands"
