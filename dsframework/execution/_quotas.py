"""What the administrator of a cluster gives to each user.

It stands in a YAML file on the cluster's head, ``TSML_QUOTAS`` or ``~/.tsml/quotas.yaml`` of the account that Ray runs under there:

    everybody: {fits: 32, pools: {gpu: 2}}
    ann: {share: 2, fits: 64, priority: high}

What a user's line leaves out is as for everybody; without a file there is no limit, and all have the same share.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from dsframework.errors import ExecutorError, one_line
from dsframework.execution._shares import Quota
from dsframework.spec import Priority, Strict

__all__ = ["Quotas", "quotas_file", "read_quotas"]

_EVERYBODY = "everybody"


class _Line(Strict):
    """What a user gets.

    `fits` are the most in flight, `pools` the most in a pool, `share` is the part beside other users, `priority` the highest that counts
    beside them.
    """

    fits: int | None = Field(default=None, ge=1)
    share: float = Field(default=1.0, gt=0, le=1e6)
    priority: Priority = "normal"
    pools: dict[str, int] = {}


@dataclass(frozen=True)
class Quotas:
    """Of users by their names, and of those who have none."""

    users: dict[str, Quota] = field(default_factory=dict)
    everybody: Quota = field(default_factory=Quota)


def quotas_file() -> Path:
    """Return where the quotas of this machine's cluster stand."""
    named = os.environ.get("TSML_QUOTAS")
    return Path(named or "~/.tsml/quotas.yaml").expanduser()  # not in `TSML_HOME`, which a job brings along


def read_quotas(path: Path) -> Quotas:
    """Return what stands in a file; nothing limits anybody where there is none.

    Raises
    ------
    ExecutorError
        When it can't be read, or is wrong.
    """
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        return Quotas()
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ExecutorError(f"{path.name} can't be read: {one_line(error, 200)}", field="quotas") from error
    if not isinstance(written, dict) or not all(isinstance(one, dict | None) for one in written.values()):
        raise ExecutorError("expected names of users, each with what the user gets", field="quotas", value=str(path))
    common = written.pop(_EVERYBODY, None) or {}
    users = {str(name): _quota(str(name), common | (given or {})) for name, given in written.items()}
    return Quotas(users, _quota(_EVERYBODY, common))


def _quota(name: str, given: dict[str, Any]) -> Quota:
    try:
        line = _Line.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in ("quotas", name, *first["loc"]))
        raise ExecutorError(one_line(first["msg"], 160), field=where, value=first["input"]) from error
    return Quota(line.fits, line.share, line.priority, line.pools)
