"""Jobs over threads: a kernel releases Python's lock, so that plain threads run side by side."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

__all__ = ["available_threads", "run_jobs"]


def available_threads() -> int:
    """Return how many threads kernels use: TSML_THREADS, or the processors that this process may run on."""
    named = os.environ.get("TSML_THREADS", "")
    if named.isdigit() and int(named) > 0:
        return int(named)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_jobs(count: int, job: Callable[[int], None], threads: int | None = None) -> None:
    """Call ``job(0)`` to ``job(count - 1)``, each once, on some threads.

    Each job must write to places of its own and depend on no other; then the results are the same for any number of threads. What a job
    raises is raised here, when the jobs that had begun are done.
    """
    threads = min(threads or available_threads(), count)
    if threads <= 1:
        for number in range(count):
            job(number)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="tsml-kernel") as pool:
        futures = [pool.submit(job, number) for number in range(count)]
        try:
            for future in futures:
                future.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
