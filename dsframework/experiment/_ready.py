"""Rows as a model takes them: what preprocessing and the target's scale make of them, before the model comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from dsframework.errors import ModelError, SplitError
from dsframework.experiment._job import FitJob
from dsframework.models import Model
from dsframework.preprocessing import Pipeline, TargetTransform, make_steps
from dsframework.rows import Floats, Rows, asked_of, with_history
from dsframework.shelf import Shelf

__all__ = ["HeldRows", "Ready", "Source", "Table", "WatchedRows", "asked_only", "frozen", "given_rows", "own_bytes", "reads_now"]

_HELD_OUT = 5
"""One part in so many of the training time is held out to learn the size of a model's errors."""


@dataclass(frozen=True)
class Table:
    """Rows to learn from.

    Attributes
    ----------
    x
        Features, shape (rows, features).
    y
        Target in its own unit, shape (rows,); None for a task without one.
    rows
        Whose and when they are.
    weight
        How much a row counts, shape (rows,), with mean 1; None where all count alike.
    """

    x: Floats
    y: Floats | None
    rows: Rows
    weight: Floats | None = None

    def take(self, chosen: slice | np.ndarray[Any, Any]) -> Table:
        """Return some of the rows."""
        y, weight = (None if part is None else part[chosen] for part in (self.y, self.weight))
        if weight is not None and len(weight):
            weight = weight / weight.mean()
        return Table(self.x[chosen], y, self.rows[chosen], weight)


@dataclass(frozen=True)
class Ready:
    """Rows to learn from as the model takes them.

    Attributes
    ----------
    steps, target
        Fitted on the rows. Who lets the target's scale learn more, of a model's errors, does so to a copy.
    x, z
        Features and target after them, shapes (rows, columns) and (rows,); neither can be written to.
    rows, weight
        As in `Table`.
    """

    steps: Pipeline
    target: TargetTransform
    x: Floats
    z: Any
    rows: Rows
    weight: Floats | None

    def given(self, model: Model, target: TargetTransform, shelf: Shelf | None) -> dict[str, Any]:
        """Return what a model gets beside features and target when it learns."""
        more = given_rows(model, target, self.rows)
        if getattr(model, "needs_names", False):
            more["names"] = self.steps.names_out_
        if shelf is not None and getattr(model, "reuses", False):
            more["shelf"] = shelf
        if self.weight is None:
            return more
        if not model.takes_weight:
            name = getattr(model, "name", type(model).__name__)
            raise ModelError(f"{name} learns from all rows alike", field="weights", mend="remove weights, or use lightgbm or the like")
        return {**more, "weight": self.weight}


@dataclass(frozen=True)
class WatchedRows:
    """The first part of the training time, and the last part, which is watched to find the number of rounds."""

    ready: Ready
    x: Floats
    z: Floats
    rows: Rows


@dataclass(frozen=True)
class HeldRows:
    """The first part of the training time, and the last part, which is predicted to learn the size of a model's errors."""

    ready: Ready
    x: Floats
    rows: Rows
    z: Floats
    asked: Rows


class Source:
    """The rows that one fit learns from, in all the forms that it asks for; they lie on a shelf.

    Parameters
    ----------
    job
        What is made of them.
    names
        Of the features.
    make
        Reads the rows.
    shelf
        Where the forms are laid by for other fits on the same rows; None where there are no others.
    whole
        The study's own features, whose memory is no part of a form's.

    Attributes
    ----------
    own
        The shelf, or one that goes with this fit.
    """

    def __init__(
        self, job: FitJob, names: Sequence[str], make: Callable[[], Table], shelf: Shelf | None = None, whole: Floats | None = None
    ) -> None:
        self.job, self.names, self._make, self._whole = job, names, make, whole
        self.own, self._lent = Shelf() if shelf is None else shelf, shelf

    @cached_property
    def table(self) -> Table:
        """The rows."""
        return self._make()

    def board(self, what: str) -> Shelf | None:
        """Return where a model lays by what it makes of one of the forms; None where no other fit will ask."""
        return None if self._lent is None else self._lent.at(what)

    def ready(self) -> Ready:
        """Return all rows."""
        return self.own.get("ready", lambda: self._fitted(self.table), size=self._size)

    def watched(self, history: int) -> WatchedRows:
        """Return the rows in two parts, of which the last part has the earlier rows that such a model reads.

        Raises
        ------
        SplitError
            When there are too few rows to watch a part of them.
        """
        return self.own.get(("watched", history), lambda: self._in_two(history), size=self._size)

    def held_out(self, history: int, *, carried: bool) -> HeldRows | None:
        """Return the last fifth of the training time, and the rows before whose labels are known when it begins.

        Everything is on the scale that was learned on all training rows; None where no row is left to learn from.

        Parameters
        ----------
        history
            How many earlier rows the model reads.
        carried
            Whether it reads the target's last known value.
        """
        return self.own.get(("held out", history, carried), lambda: self._last_fifth(history, carried), size=self._size)

    def _fitted(self, table: Table, z: Any = None) -> Ready:
        """The rows after preprocessing and scale, which learn from them; with `z` the target is on a scale already."""
        target = TargetTransform() if z is not None else TargetTransform(self.job.transform)
        if z is None and table.y is not None:
            target.fit(table.y, table.rows)
            z = target.forward(table.y, table.rows)
        steps = make_steps(self.job.preprocessing).fit(table.x, self.names, y=z, rows=table.rows, models=self.job.models)
        return Ready(steps, target, frozen(steps.transform(table.x, rows=table.rows)), frozen(z), table.rows, table.weight)

    def _in_two(self, history: int) -> WatchedRows:
        stopping, table = self.job.early_stopping, self.table
        assert stopping is not None
        times, labels = table.rows.time, table.rows.label_time
        assert labels is not None
        axis = np.unique(times)
        cut = len(axis) - max(1, int(np.ceil(stopping.validation * len(axis))))
        begin = axis[max(cut, 0)]
        inner, watched = labels <= begin, times >= begin
        if cut < 1 or not inner.any():
            raise SplitError(
                f"{len(axis)} training steps are too few to watch the last {stopping.validation:.0%} of them",
                field="tuning.early_stopping.validation",
                mend="leave out early_stopping or use fewer folds",
            )
        ready = self._fitted(table.take(inner))
        seen = table.take(with_history(table.rows, watched, history + ready.steps.history))
        asked = seen.rows.time >= begin
        assert seen.y is not None
        z = ready.target.forward(seen.y[asked], seen.rows[asked])
        x, rows = ready.steps.transform(seen.x, rows=seen.rows), seen.rows.asking(asked)
        if history == 0:
            x, rows = np.ascontiguousarray(x[asked]), seen.rows[asked]
        return WatchedRows(ready, frozen(x), frozen(z), rows)

    def _last_fifth(self, history: int, carried: bool) -> HeldRows | None:
        ready = self.ready()
        table = replace(self.table, rows=ready.target.carried(ready.rows)) if carried else self.table
        labels = table.rows.label_time
        assert labels is not None
        axis = np.unique(table.rows.time)
        begin = axis[len(axis) - max(1, len(axis) // _HELD_OUT)]
        inner, watched = labels <= begin, table.rows.time >= begin
        if not inner.any():
            return None
        first = self._fitted(table.take(inner), ready.z[inner])
        seen = with_history(table.rows, watched, history + first.steps.history)
        rows = asked_of(table.rows, watched, seen)
        x, rows = asked_only(first.steps.transform(table.x[seen], rows=rows), rows, history)
        return HeldRows(first, frozen(x), rows, ready.z[watched], table.rows[watched])

    def _size(self, form: Ready | WatchedRows | HeldRows | None) -> int:
        """The bytes of a form's features; the other columns are few."""
        if form is None:
            return 0
        first = 0 if isinstance(form, Ready) else self._size(form.ready)
        return first + own_bytes(form.x, self._whole)


def given_rows(model: Model, target: TargetTransform, rows: Rows) -> dict[str, Any]:
    """Return the rows where a model asks for them, with the target's last known value on the scale that it learns."""
    if not _needs_rows(model):
        return {}
    return {"rows": target.carried(rows) if reads_now(model) else rows}


def reads_now(model: Model) -> bool:
    """Whether a model reads the target's last known value."""
    return _needs_rows(model) and bool(getattr(model, "needs_now", False))


def _needs_rows(model: Model) -> bool:
    return model.history > 0 or bool(getattr(model, "needs_rows", False))


def asked_only(x: Floats, rows: Rows, history: int) -> tuple[Floats, Rows]:
    """Return only the rows that are asked for, where the model reads no others."""
    if history or rows.asked is None:
        return x, rows
    return np.ascontiguousarray(x[rows.asked]), rows[rows.asked]


def own_bytes(x: Floats, whole: Floats | None) -> int:
    """Return the bytes of an array that is no view of the study's own features, and 0 of one that is."""
    return 0 if whole is not None and np.may_share_memory(x, whole) else x.nbytes


def frozen(values: Any) -> Any:
    """Return the same array, which can't be written to through it."""
    if values is None:
        return None
    view = np.asarray(values).view()
    view.flags.writeable = False
    return view
