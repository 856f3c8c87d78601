"""A study's status as a tag of MLflow, which takes so many signs and no more."""

from __future__ import annotations

from collections.abc import Iterator

from dsframework.records import StudyStatus, WorkerLine

__all__ = ["status_text"]

_LIMIT = 7500
_FEW = 4


def status_text(status: StudyStatus) -> str:
    """Return a status that fits a tag: long ones lose the curves of their workers first, then histories, lines of workers, experiments."""
    text = ""
    for shorter in _shorter(status):
        text = shorter.model_dump_json(exclude_defaults=True)
        if len(text) <= _LIMIT:
            break
    return text


def _shorter(status: StudyStatus) -> Iterator[StudyStatus]:
    yield status
    bare = [_without_curve(line) for line in status.workers]
    yield status.model_copy(update={"workers": [*status.workers[:_FEW], *bare[_FEW:]]})
    yield status.model_copy(update={"workers": bare})
    short = [experiment.model_copy(update={"history": [], "params": {}}) for experiment in status.experiments]
    for workers in (bare, bare[:_FEW], []):
        yield status.model_copy(update={"experiments": short, "workers": workers})
    for workers in (status.workers, bare[:_FEW], []):
        yield status.model_copy(update={"experiments": [], "workers": workers})


def _without_curve(line: WorkerLine) -> WorkerLine:
    return line.model_copy(update={"curve": [], "curve_of": None})
