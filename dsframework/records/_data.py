"""What a look at a data file tells before anything is run."""

from __future__ import annotations

from typing import Any

from dsframework.records._base import Record

__all__ = ["ColumnSummary", "DataPreview", "FoldPicture", "FoldSpan", "Gap"]


class ColumnSummary(Record):
    """One column: its type, how many values are missing, and its smallest and largest value as texts."""

    name: str
    dtype: str
    nulls: int
    distinct: int | None = None
    minimum: str | None = None
    maximum: str | None = None
    numeric: bool = False


class Gap(Record):
    """Sessions without a row; `entity` is None for a single series. Days are ISO 8601."""

    entity: str | None = None
    first: str
    last: str
    sessions: int


class DataPreview(Record):
    """Columns, span, entities, gaps, the first rows, and what is wrong with a file.

    `findings` is what the data checks say of the first `checked_rows` rows, each one line; a run looks at all of them.
    """

    path: str
    rows: int
    columns: list[ColumnSummary]
    time: str | None = None
    entity: str | None = None
    time_candidates: list[str] = []
    entity_candidates: list[str] = []
    first: str | None = None
    last: str | None = None
    n_entities: int | None = None
    entities: list[str] = []
    gaps: list[Gap] = []
    n_gaps: int = 0
    problems: list[str] = []
    findings: list[str] = []
    checked_rows: int = 0
    head: list[list[Any]] = []


class FoldSpan(Record):
    """A stretch of the time axis, both ends included, ISO 8601.

    `kind` is train, purge, embargo or test; `start` is the position of its first step; `path` the path that a test belongs to, if there are
    several.
    """

    kind: str
    first: str
    last: str
    start: int
    steps: int
    path: int | None = None


class FoldPicture(Record):
    """The folds and the final test as stretches of time, each in the order of time.

    `steps` is the length of the axis, `n_paths` how many times the folds predict the axis as a whole, `notes` what else there is to say of
    each fold (empty where nothing is), `inner` the folds inside the training part of the last fold of a nested split.
    """

    first: str
    last: str
    steps: int
    method: str
    folds: list[list[FoldSpan]]
    test: list[FoldSpan]
    n_paths: int = 1
    notes: list[str] = []
    inner: list[list[FoldSpan]] = []
