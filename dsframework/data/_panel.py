"""The panel: checked rows, sorted by time, then entity."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from dsframework.data._base import LoadRequest
from dsframework.data._fingerprint import fingerprint_of_files
from dsframework.data._inspect import inspect
from dsframework.data._join import Joined, join_all, load_sources
from dsframework.data._place import placing, source_name
from dsframework.data._source import read_source
from dsframework.data._watch import check_unchanged, file_states
from dsframework.spec import Checks, DataSpec

__all__ = ["Panel", "load_panel"]

_DEFAULT = Checks()


@dataclass(frozen=True)
class Panel:
    """Checked rows of one series or of many.

    Attributes
    ----------
    frame
        Rows sorted by time, then entity, with no time missing and none repeated within an entity; NaN is null. Days are ``Date``;
        datetimes are in microseconds (nanoseconds where the data has them) and keep the time zone they came with, or `data.timezone`.
    time, entity
        The columns with the time and the entity; `entity` is None for one series.
    calendar
        The exchange's code, if one is named.
    fingerprint
        SHA-256 over names, types and values; the same for the same rows from whichever file, in whichever order.
    notes
        What a reader should know, each one line.
    source
        What a reader calls the main source, such as its file.
    checks
        What is done about data that would give wrong numbers.
    """

    frame: pl.DataFrame
    time: str
    entity: str | None
    calendar: str | None
    fingerprint: str
    notes: tuple[str, ...] = ()
    source: str = ""
    checks: Checks = _DEFAULT

    def place(self, rows: pl.DataFrame) -> str:
        """Say where the first of some rows of this panel is: its time, and its entity."""
        return f"{rows[self.time][0]}" + (f", {self.entity}={rows[self.entity][0]}" if self.entity else "")

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return self.frame.height

    @property
    def entities(self) -> list[str]:
        """The entities, sorted; empty for one series."""
        if self.entity is None:
            return []
        return self.frame[self.entity].unique().sort().cast(pl.String).to_list()

    @property
    def first(self) -> dt.date | dt.datetime:
        """The first time."""
        moment: dt.date | dt.datetime = self.frame[self.time][0]
        return moment

    @property
    def last(self) -> dt.date | dt.datetime:
        """The last time."""
        moment: dt.date | dt.datetime = self.frame[self.time][-1]
        return moment


def load_panel(data: DataSpec, *, base: Path | None = None, frames: Mapping[str, Any] | None = None) -> Panel:
    """Load, check, cut and sort the rows that `data` describes.

    Parameters
    ----------
    data
        The ``data`` part of a spec.
    base
        The folder that a relative path is relative to; the working directory by default.
    frames
        Data frames for the loader ``frame``, by name.

    Raises
    ------
    DataError
        When the file is missing or not what it should be, has no rows or not the columns, when times are missing, unreadable or
        repeated, and when there is no such time zone or exchange calendar.
    """
    request = LoadRequest(base=base or Path.cwd(), frames=frames or {})
    sources = load_sources(data, request)
    states = file_states(data, request.base)
    frame, notes = read_source(_main(data, sources), request)
    check_unchanged(states, data, request.base)
    with placing(data, request.base):
        notes += inspect(frame, data)
    if sources:
        frame = join_all(frame, data, sources).rechunk()
        notes += tuple(note for joined in sources for note in joined.notes)
    key = fingerprint_of_files(frame, data, states)
    return Panel(frame, data.time, data.entity, data.calendar, key, notes, source_name(data), data.checks)


def _main(data: DataSpec, sources: list[Joined]) -> DataSpec:
    """The main source, which is asked for the columns that joins look up, and not for those that are joined."""
    if data.columns is None or not sources:
        return data
    joined = {name for one in sources for name in one.names.values()}
    looked_up = [one.spec.by for one in sources if one.spec.by is not None]
    own = [name for name in [*data.columns, *looked_up] if name not in joined]
    return data.model_copy(update={"columns": list(dict.fromkeys(own)) or [data.time]})
