"""A few tasks that are sent to a worker together, and how the worker does them."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cloudpickle

from dsframework.errors import ModelError, TsmlError
from dsframework.execution._base import Finished, guarded
from dsframework.execution._said import listening
from dsframework.execution._work import Handle, Work

__all__ = ["Done", "do", "packed_batch", "sendable", "unpacked_batch"]


@dataclass(frozen=True)
class Done:
    """What came of a task: its value or its error, how long it took on its worker, and the last that it printed, where it failed."""

    key: str
    outcome: Any
    seconds: float
    log: str = ""

    def finished(self) -> Finished:
        """Return key and outcome, as an executor gives them back: an error brings its log."""
        if self.log and isinstance(self.outcome, TsmlError):
            self.outcome.log = self.log
        return self.key, self.outcome


def packed_batch(batch: list[Work]) -> bytes:
    """Pickle tasks for a worker; what they share is pickled once."""
    return bytes(cloudpickle.dumps([(work.key, work.function, work.arguments) for work in batch], protocol=5))


def unpacked_batch(body: bytes) -> list[tuple[str, Callable[..., Any], tuple[Any, ...]]]:
    """Return what `packed_batch` was given."""
    found: list[tuple[str, Callable[..., Any], tuple[Any, ...]]] = pickle.loads(body)  # noqa: S301  # from our own driver
    return found


def do(body: bytes, value_of: Callable[[Handle], Any], begin: Callable[[str], None]) -> Iterator[Done]:
    """Do the tasks of a batch one after another.

    Parameters
    ----------
    body
        From `packed_batch`.
    value_of
        The value that a handle stands for.
    begin
        Told the key of a task before it is begun, so that others know what a worker is at, and which task it died of.
    """
    with listening() as said:
        for key, function, arguments in unpacked_batch(body):
            said.clear()
            begin(key)
            started = time.perf_counter()
            values = tuple(value_of(one) if isinstance(one, Handle) else one for one in arguments)
            outcome = guarded(function, values)
            seconds = time.perf_counter() - started
            yield Done(key, outcome, seconds, said.before(outcome.log) if isinstance(outcome, TsmlError) else "")


def sendable(done: list[Done]) -> bytes:
    """Pickle what came of tasks; what can't be pickled becomes an error of its own task only."""
    try:
        return bytes(cloudpickle.dumps(done, protocol=5))
    except Exception:  # noqa: BLE001  # a model of a user's own may hold anything; the others of the batch go through
        return bytes(cloudpickle.dumps([_checked(one) for one in done], protocol=5))


def _checked(one: Done) -> Done:
    try:
        cloudpickle.dumps(one, protocol=5)
    except Exception as error:  # noqa: BLE001  # see above
        said = f"its result can't be sent from the worker: {type(error).__name__}: {error}"
        return Done(one.key, ModelError(said.splitlines()[0], field="models"), one.seconds)
    return one
