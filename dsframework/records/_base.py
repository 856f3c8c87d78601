"""What every record is made of."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

__all__ = ["Record", "Status"]

Status = Literal["queued", "running", "finished", "failed", "stopped"]


class Record(BaseModel):
    """A frozen wire model; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())
