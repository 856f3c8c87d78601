"""Trials that failed, each kind of failure once, for the live panel."""

from __future__ import annotations

from typing import Any

from dsframework.records import StudyEvent, TrialRecord

__all__ = ["Failures"]

_MOST = 20


class Failures:
    """The first trial of each kind of failure with its parameters and its log, and how many failed so; the first 20 kinds."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], list[Any]] = {}

    def listen(self, event: StudyEvent) -> None:
        """Take an event of `dsframework.study.run_study`."""
        if event.kind != "trial_finished" or event.trial.status != "failed":
            return
        key = (event.experiment, event.trial.error or "")
        if key in self._kinds:
            self._kinds[key][1] += 1
        elif len(self._kinds) < _MOST:
            self._kinds[key] = [event.trial, 1]

    def to_wire(self) -> list[dict[str, Any]]:
        """Return what the panel shows: of each kind ``experiment``, the first ``trial`` and ``times``."""
        return [_line(experiment, trial, times) for (experiment, _), (trial, times) in self._kinds.items()]


def _line(experiment: str, trial: TrialRecord, times: int) -> dict[str, Any]:
    return {"experiment": experiment, "trial": trial.model_dump(mode="json"), "times": times}
