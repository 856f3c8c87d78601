"""What one fit may use of a machine or a cluster."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Strict

__all__ = ["Gpus", "MemorySize", "Priority", "Resources", "bytes_of"]

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([kKMGT]i?)B")
_POWERS = {"k": 1, "K": 1, "M": 2, "G": 3, "T": 4}


def bytes_of(size: str) -> int:
    """Return a size of memory in bytes; ``kB``, ``MB``, ``GB`` and ``TB`` go by 1000, ``KiB`` and the like by 1024.

    >>> bytes_of("2GB"), bytes_of("1.5 GiB")
    (2000000000, 1610612736)

    Raises
    ------
    ValueError
        When it is not a size.
    """
    found = _SIZE.fullmatch(size)
    if found is None:
        raise ValueError("not a size of memory")
    number, unit = found.groups()
    return int(float(number) * (1024 if unit.endswith("i") else 1000) ** _POWERS[unit[0]])


def _is_size(value: str) -> str:
    try:
        size = bytes_of(value)
    except ValueError:
        size = 0
    if size < 1:
        raise PydanticCustomError("memory", "{text}", {"text": "expected a size of memory such as 500MB or 2GB"})
    return value


def _is_part_or_whole(value: float) -> float:
    if value > 1 and value != int(value):
        raise PydanticCustomError("gpus", "{text}", {"text": "expected a part of one GPU, such as 0.5, or a whole number of them"})
    return value


MemorySize = Annotated[str, AfterValidator(_is_size), WithJsonSchema({"type": "string", "pattern": f"^{_SIZE.pattern}$"})]
"""A size of memory, such as ``2GB``."""

Gpus = Annotated[float, Field(ge=0, le=64), AfterValidator(_is_part_or_whole)]
"""A part of one GPU, or a whole number of them."""


Priority = Literal["low", "normal", "high"]
"""How much a study gets beside others: four times as much as one of the next lower priority."""


class Resources(Strict):
    """What one fit may use; what is left out is as the pool says."""

    pool: str = Field(
        default="cpu",
        pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,62}$",
        title="Pool",
        description="The kind of workers: cpu, gpu, or a name that the administrator gave to others.",
        json_schema_extra={"examples": ["cpu", "gpu"]},
    )
    cpus: int | None = Field(default=None, ge=1, le=1024, title="CPUs", description="Threads of one fit; one by default.")
    gpus: Gpus | None = Field(default=None, title="GPUs", description="GPUs of one fit, or the part of one that it takes.")
    memory: MemorySize | None = Field(
        default=None, title="Memory", description="What one fit may need, such as 2GB: no more run at once than there is memory for."
    )
    seconds: float | None = Field(default=None, gt=0, le=1e7, title="Time limit", description="Seconds after which a fit is ended.")
    priority: Priority = Field(
        default="normal",
        title="Priority",
        description="Beside your other studies, where workers are shared; low also makes way for other people's.",
    )
