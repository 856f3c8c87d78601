"""Pools: kinds of workers that an administrator names, and what each gives to a fit unless the document says otherwise.

They stand in a YAML file, ``TSML_POOLS`` or ``pools.yaml`` in `TSML_HOME`: a name, and what a fit takes of what is scarce there.

    desk: {resources: {desk: 1}, cpus: 4, memory: 8GB}
    half-a100: {resources: {a100: 0.5}, gpus: 0.5, workers: 16}

``cpu`` (one CPU a fit) and ``gpu`` (one CPU and one GPU) are always there, and may be given other values.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from dsframework.errors import ExecutorError, SpecError, one_line
from dsframework.spec import Gpus, MemorySize, Resources, SpecIssue, Strict, bytes_of, near_miss

__all__ = ["Placement", "place", "read_pools", "told"]


class _Pool(Strict):
    """What a fit takes in a pool.

    `resources` are custom resources of Ray, and how much of each. `workers` is how many fits the pool may come to do at once where machines
    are started on demand; otherwise what is there now counts.
    """

    cpus: int = Field(default=1, ge=1, le=1024)
    gpus: Gpus = 0
    memory: MemorySize | None = None
    resources: dict[str, float] = {}
    workers: int | None = Field(default=None, ge=1)


_ALWAYS = {"cpu": _Pool(), "gpu": _Pool(gpus=1)}


@dataclass(frozen=True)
class Placement:
    """Where fits run, and what each may use.

    Attributes
    ----------
    pool
        Its name.
    cpus, gpus, memory
        Of one fit; memory in bytes, None where nobody says how much.
    resources
        Custom resources of Ray, and how much of each.
    workers
        How many fits at once the pool may come to do; None for what is there now.
    seconds
        How long one fit may take; None for as long as it likes.
    """

    pool: str = "cpu"
    cpus: int = 1
    gpus: float = 0
    memory: int | None = None
    resources: tuple[tuple[str, float], ...] = ()
    workers: int | None = None
    seconds: float | None = None

    @property
    def anywhere(self) -> bool:
        """Whether a fit may run in the driver's own process too: it asks for nothing that is scarce, and is not to be ended."""
        return not (self.gpus or self.memory or self.resources or self.seconds)

    def __str__(self) -> str:
        return told(self.asks)

    @property
    def asks(self) -> dict[str, float]:
        """What one fit asks for, by the names that Ray has for it."""
        return {"CPU": self.cpus, "GPU": self.gpus, "memory": self.memory or 0, **dict(self.resources)}


def told(amounts: Mapping[str, float]) -> str:
    """Say resources in words.

    >>> told({"CPU": 2, "GPU": 0, "memory": 2e9, "desk": 1})
    '2 CPUs, 2 GB of memory and 1 desk'
    """
    parts = []
    for name, amount in amounts.items():
        if not amount:
            continue
        if name == "memory":
            parts.append(f"{amount / 1e9:.3g} GB of memory")
        else:
            parts.append(f"{amount:g} {name}{'s' if name in ('CPU', 'GPU') and amount > 1 else ''}")
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts) or "nothing"


def place(resources: Resources, home: Path) -> Placement:
    """Return where the fits of a document run.

    Parameters
    ----------
    resources
        What the document says; it goes before what the pool says.
    home
        The folder of ``pools.yaml``.

    Raises
    ------
    SpecError
        When there is no such pool.
    ExecutorError
        When the file of pools can't be read.
    """
    pools = read_pools(home)
    pool = pools.get(resources.pool)
    if pool is None:
        text = f"there is no pool {resources.pool!r} here, only {', '.join(sorted(pools))}"
        raise SpecError([SpecIssue("resources.pool", text, hint=near_miss(resources.pool, pools))])
    memory = resources.memory or pool.memory
    return Placement(
        pool=resources.pool,
        cpus=resources.cpus or pool.cpus,
        gpus=pool.gpus if resources.gpus is None else resources.gpus,
        memory=bytes_of(memory) if memory else None,
        resources=tuple(sorted(pool.resources.items())),
        workers=pool.workers,
        seconds=resources.seconds,
    )


def read_pools(home: Path) -> dict[str, _Pool]:
    """Return every pool by its name.

    Raises
    ------
    ExecutorError
        When the file can't be read, or is wrong.
    """
    named = os.environ.get("TSML_POOLS")
    path = Path(named).expanduser() if named else home / "pools.yaml"
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if named:
            raise ExecutorError("no such file", field="TSML_POOLS", value=str(path)) from error
        return dict(_ALWAYS)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ExecutorError(f"{path.name} can't be read: {one_line(error, 200)}", field="pools") from error
    if not isinstance(written, dict | None) or not all(isinstance(name, str) for name in written or ()):
        raise ExecutorError("expected names, each with what a fit takes there", field="pools", value=str(path))
    return _ALWAYS | {name: _read_pool(name, given) for name, given in (written or {}).items()}


def _read_pool(name: str, given: Any) -> _Pool:
    try:
        Resources(pool=name)
        return _Pool.model_validate({} if given is None else given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in ("pools", name, *first["loc"]) if part != "pool")
        raise ExecutorError(one_line(first["msg"], 160), field=where, value=first["input"]) from error
