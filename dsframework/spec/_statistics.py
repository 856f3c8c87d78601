"""Names of statistics over a window: one of a list, or ``quantile:`` and a share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from dsframework.spec._issues import near_miss

__all__ = ["STATS", "StatName", "check_stat"]

STATS = ("mean", "std", "min", "max", "sum", "median", "zscore", "skew", "kurt", "count")
_QUANTILE = "quantile:"


def check_stat(name: str) -> str:
    """Return the name of a statistic as it is written in columns, or raise what a spec says."""
    if name in STATS:
        return name
    if name.startswith(_QUANTILE):
        try:
            share = float(name.removeprefix(_QUANTILE))
        except ValueError:
            share = -1.0
        if 0.0 <= share <= 1.0:
            return _QUANTILE + (f"{share:.6f}".rstrip("0").rstrip(".") or "0")
        raise PydanticCustomError("range", "{text}", {"text": f"{name!r}: a quantile's share lies between 0 and 1, as in quantile:0.05"})
    close = near_miss(name, STATS)
    text = f"{name!r} is not available, try {close or ', '.join(STATS) + ' or quantile:0.05'}"
    raise PydanticCustomError("not_available", "{text}", {"text": text})


class _StatSchema:
    """Shows the names as a choice beside the pattern of a quantile."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        handler(schema)
        quantile: dict[str, Any] = {"type": "string", "pattern": r"^quantile:(0(\.\d+)?|1(\.0+)?|\.\d+)$", "title": "Quantile"}
        return {"anyOf": [{"type": "string", "enum": list(STATS), "title": "Statistic"}, quantile]}


StatName = Annotated[str, AfterValidator(check_stat), _StatSchema()]
"""``mean``, ``std``, ..., or ``quantile:0.05``."""
