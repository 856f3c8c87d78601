"""Studies that run apart from who started them."""

from __future__ import annotations

from typing import Literal

from dsframework.records._base import Record, Status
from dsframework.records._progress import StudyStatus

__all__ = ["Begun", "DetachedStudy", "StudyLog"]

Begun = Literal["started", "resumed", "running", "finished"]


class DetachedStudy(StudyStatus):
    """A study that was submitted. `begun` says what that came to: it goes on where it ended, it runs already, or it has finished before."""

    begun: Begun


class StudyLog(Record):
    """The last lines that a study's driver has printed, and how the study is."""

    study: str
    status: Status
    lines: list[str]
