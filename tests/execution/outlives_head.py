"""Tasks on the Ray of ``RAY_ADDRESS`` that read one large value: ``python outlives_head.py HOME TASKS``, a line a result and a wait."""

import sys
import time
from pathlib import Path

import numpy as np

from dsframework.execution import Work, make_executor


def total(values: np.ndarray, seconds: float) -> float:
    """Add up."""
    time.sleep(seconds)
    return float(values.sum())


home, tasks = Path(sys.argv[1]), int(sys.argv[2])
executor = make_executor("ray", home=home)
handle = executor.put(np.ones(1_000_000))
for number in range(tasks):
    executor.submit(Work(f"{number}", total, (handle, 0.1), kind="nap"))
left, said = tasks, ""
while left:
    for key, result in executor.wait(1.0):
        print("done", key, result, flush=True)
        left -= 1
    why = executor.waiting.why if executor.waiting else ""
    if why and why != said:
        print("waits", why, flush=True)
    said = why
executor.close()
