"""A value that is searched inside of a stage: where it stands, what it may be, and how it gets there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Searchable, is_distribution
from dsframework.spec._catalogue import catalogue
from dsframework.spec._text import Path_, dotted

__all__ = ["EXAMPLE", "MistakeError", "NowhereError", "Place", "checked_value", "inside_a_form", "put", "values_looked_at"]

EXAMPLE = "features[0].rolling.windows: [[5, 21], [5, 21, 63]]"


class MistakeError(Exception):
    """A field of a search over stages is wrong, and why."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field, self.text = field, text


class NowhereError(Exception):
    """A path leads nowhere."""


@dataclass(frozen=True)
class Place:
    """Where a searched value stands: a stage, its form (empty where it has one only), the path inside it, and its field."""

    stage: str
    form: str
    inside: Path_
    field: str

    @property
    def name(self) -> str:
        """What a point of the search space calls it."""
        return ".".join(map(str, (self.stage, *([self.form] if self.form else []), *self.inside)))


def inside_a_form(field: str, rest: Path_) -> Path_:
    """Return a path inside of a form with positions as numbers; raises `MistakeError` where there is none."""
    if not rest:
        raise MistakeError(field, f"names a whole stage; write its forms with names below search, or a path inside such as {EXAMPLE}")
    return tuple(int(part) if isinstance(part, str) and part.isdigit() else part for part in rest)


def checked_value(path: str, given: Any) -> Any:
    """Return a list of two values or more, or a range; raises `MistakeError` for anything else."""
    field = f"search.values.{path}"
    if is_distribution(given):
        try:
            return Searchable(int if "int" in next(iter(given)) else float).validate(given)
        except PydanticCustomError as error:
            raise MistakeError(field, error.message()) from error
    if not isinstance(given, list):
        raise MistakeError(field, "expected a list of values to choose from, or a range such as {int: [2, 10]}")
    if len(given) < 2:
        raise MistakeError(field, "one value is no choice; name two or more, or write it where it stands")
    if any(other == one for at, one in enumerate(given) for other in given[:at]):
        raise MistakeError(field, "a value stands twice; remove one of the two")
    return given


def values_looked_at(value: Any) -> list[Any]:
    """Return the values of a list, and the ends of a range."""
    return list(next(iter(value.values()))) if is_distribution(value) else value


def put(plain: Any, place: Place, value: Any) -> None:
    """Write a value into plain data.

    Raises
    ------
    NowhereError
        When the path leads nowhere.
    """
    done: list[str | int] = [place.stage, *([place.form] if place.form else [])]
    node = plain
    for position, part in enumerate(place.inside):
        here, last = dotted(tuple(done)), position == len(place.inside) - 1
        if isinstance(node, list):
            if not isinstance(part, int) or part >= len(node):
                raise NowhereError(f"{here} has {len(node)} entries, numbered from 0; there is no {part!r}")
            key: Any = part
        elif isinstance(node, dict):
            key = part
            if position == 1 and place.stage != "split":  # a component, by its name or another one that it has
                key = next(iter(node))
                if catalogue.canonical(place.stage, str(part)) != key:
                    raise NowhereError(f"{here} is {key!r}, not {part!r}")
        else:
            raise NowhereError(f"nothing stands below {here}, which is {node!r}")
        if last:
            node[key] = value
        elif isinstance(node, dict):
            node = node.setdefault(key, {})
        else:
            node = node[key]
        done.append(part)
