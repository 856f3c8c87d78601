"""When a trial of a search is ended before its last fold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from dsframework.spec._arguments import Strict

__all__ = ["SHORT_FORM", "Pruning", "PruningField"]

SHORT_FORM = "Short form"
"""Title of the part of a JSON Schema that a form need not draw, because another part says the same."""

PruningMethod = Literal["asha", "median", "wilcoxon"]
_STARTUP = 10
_ONLY_FOR = {"eta": "asha", "p_value": "wilcoxon"}


class Pruning(Strict):
    """A trial whose mean over the first folds does not hold against the trials before it is not fitted on the others."""

    method: PruningMethod = Field(
        default="asha",
        title="Method",
        description="asha keeps the best share of the trials so far after 1, 3, 9, ... folds; median those that are not below the "
        "median, after every fold; wilcoxon those that are not worse than the best so far in a signed rank test of their folds.",
    )
    warmup: int = Field(default=1, ge=1, le=1000, title="Warm-up", description="Folds on which every trial is fitted.")
    startup: int | None = Field(
        default=None,
        ge=0,
        le=100000,
        title="Start-up",
        description="As many first trials are fitted on every fold; 10 by default, but no more than a quarter of the search.",
    )
    eta: int | None = Field(
        default=None,
        ge=2,
        le=100,
        title="Reduction",
        description="asha keeps one trial of so many and looks again after as many times the folds; 3 by default.",
    )
    p_value: float | None = Field(
        default=None, gt=0, lt=0.5, title="p", description="wilcoxon ends a trial that is worse with a p below this; 0.1 by default."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        for field, method in _ONLY_FOR.items():
            if getattr(self, field) is not None and self.method != method:
                text = f"{field} would do nothing with method: {self.method}; write method: {method}, or remove it"
                raise PydanticCustomError("range", "{text}", {"text": text})
        return self

    def first(self, n_trials: int) -> int:
        """Return how many first trials of a search are never ended."""
        return min(_STARTUP, n_trials // 4) if self.startup is None else self.startup

    @property
    def reduction(self) -> int:
        """Of how many trials `asha` keeps one."""
        return self.eta or 3

    @property
    def level(self) -> float:
        """Below which p `wilcoxon` ends a trial."""
        return self.p_value or 0.1

    def rungs(self, n_fits: int) -> tuple[int, ...]:
        """Return after how many of a trial's fits it is decided whether it goes on; empty where they are too few.

        >>> Pruning().rungs(10), Pruning(method="median", warmup=2).rungs(5), Pruning(method="wilcoxon").rungs(6)
        ((1, 3, 9), (2, 3, 4), (4, 5))
        """
        return tuple(self._rungs(n_fits))

    def _rungs(self, n_fits: int) -> Iterator[int]:
        rung = self.warmup
        if self.method == "wilcoxon":
            while 0.5**rung >= self.level:  # the least p of so few folds
                rung += 1
        while rung < n_fits:
            yield rung
            rung = rung * self.reduction if self.method == "asha" else rung + 1


class _NamedOrSettings:
    """Lets the exported JSON Schema accept the method alone."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [handler(schema), {"type": "string", "enum": ["asha", "median", "wilcoxon"], "title": SHORT_FORM}]}


def _settings(value: Any) -> Any:
    return {"method": value} if isinstance(value, str) else value


PruningField = Annotated[Pruning, BeforeValidator(_settings), _NamedOrSettings()]
"""`Pruning`, or its method alone."""
