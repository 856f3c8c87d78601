"""The dispatcher with a thousand workers that do nothing."""

from __future__ import annotations

import resource
import time


def bench_dispatch(tasks: int, workers: int) -> str:
    """The dispatcher with workers that answer at once."""
    from dsframework.execution._batch import Done
    from dsframework.execution._dispatch import Dispatcher
    from dsframework.execution._work import Work

    dispatcher = Dispatcher()
    queue = dispatcher.open()
    for worker in range(workers):
        dispatcher.join(worker)
    started, fed, done = time.perf_counter(), 0, 0
    while done < tasks:
        while fed < tasks and len(queue.waiting) < 4 * workers:
            queue.waiting.append(Work(f"{fed}", int, (), kind="fit", near=f"fold {fed % 5}"))
            fed += 1
        for worker in range(workers):
            batch = dispatcher.next_batch(worker)
            dispatcher.done(worker, [(number, Done(work.key, None, 0.02)) for number, work in batch])
            done += len(batch)
        queue.finished.clear()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"dispatch, {workers:,} simulated workers, {tasks:,} fits: {tasks / seconds:,.0f} fits/s, peak memory {peak:.0f} MB"
