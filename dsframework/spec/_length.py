"""A length of time as a count, a share or a duration."""

from __future__ import annotations

import re
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from dsframework.spec._issues import near_miss

__all__ = ["Length", "LengthOf"]

Length = int | float | str
"""Steps (periods, where the split has some) as a whole number, a share as a fraction, or a duration such as ``5d``."""

_DURATION = re.compile(r"[1-9][0-9]{0,5}(us|ms|s|min|h|d)")
_MOST = 1_000_000


class LengthOf:
    """Marks an annotation as a length; use as ``Annotated[Length, LengthOf(0)]``.

    Parameters
    ----------
    least
        The smallest count: 0 where there may be nothing at all.
    words
        Words that are allowed as well, such as ``auto``.
    """

    def __init__(self, least: int, *words: str) -> None:
        self.least, self.words = least, words

    def validate(self, value: Any) -> Length:
        """Return the length as it is written, or raise an error that says what is allowed."""
        if isinstance(value, str):
            if value in self.words or _DURATION.fullmatch(value):
                return value
            close = near_miss(value, self.words)
            if close:
                raise PydanticCustomError("not_available", "{text}", {"text": f"{value!r} is not available, try {close}"})
        elif isinstance(value, int) and not isinstance(value, bool):
            if self.least <= value <= _MOST:
                return value
        elif isinstance(value, float) and (0 < value < 1 or (value == 0 and self.least == 0)):
            return value
        words = f"{', '.join(self.words)}, " if self.words else ""
        counts = "a count" if self.least == 0 else "a count of at least 1"
        text = f"expected {words}{counts}, a share between 0 and 1, or a duration such as 5d"
        raise PydanticCustomError("length", "{text}", {"text": text})

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.validate)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        lowest = "minimum" if self.least == 0 else "exclusiveMinimum"
        options: list[dict[str, Any]] = [{"const": word, "type": "string"} for word in self.words]
        options += [
            {"type": "integer", "minimum": self.least, "maximum": _MOST},
            {"type": "number", lowest: 0, "exclusiveMaximum": 1},
            {"type": "string", "pattern": f"^{_DURATION.pattern}$"},
        ]
        return {"anyOf": options}
