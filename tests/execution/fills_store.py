"""Two matrices on a Ray with a store of 80 MB, one executor a size: ``python fills_store.py HOME MEGABYTES...``, a line of JSON each."""

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import ray

from dsframework.errors import ExecutorError
from dsframework.execution import Work, make_executor


def total(values: np.ndarray) -> float:
    """Add up."""
    return float(values.sum())


def start(attempts: int = 3) -> None:
    """A busy machine may take longer than the 30 seconds that Ray gives its own start; it then raises a bare Exception."""
    try:
        ray.init(
            address="local",
            include_dashboard=False,
            num_cpus=1,
            object_store_memory=80_000_000,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except Exception:
        ray.shutdown()
        if attempts == 1:
            raise
        start(attempts - 1)


def outcome(megabytes: int, home: Path) -> Any:
    """The sums of both matrices, or what was said."""
    executor = make_executor("ray", home=home)
    found: dict[str, Any] = {}
    try:
        for number in range(2):
            executor.submit(Work(f"{number}", total, (executor.put(np.full(megabytes * 125_000, 1.0 + number)),)))
        deadline = time.monotonic() + 60
        while len(found) < 2 and time.monotonic() < deadline:
            found |= dict(executor.wait(1.0))
    except ExecutorError as error:
        return str(error)
    finally:
        executor.close()
    return [found[key] for key in sorted(found)]


start()
for size in map(int, sys.argv[2:]):
    print(json.dumps(outcome(size, Path(sys.argv[1]))), flush=True)
