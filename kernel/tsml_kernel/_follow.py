"""A panel that follows a study which runs elsewhere, by its recorded status alone."""

from __future__ import annotations

import threading

from dsframework.errors import TsmlError
from dsframework.records import StudyStatus
from tsml_kernel._live import ENDED, LivePanel

__all__ = ["follow"]

_INTERVAL = 1.0
_LONGEST = 15.0


def follow(status: StudyStatus) -> LivePanel:
    """Display the panel of a study and keep it up to date from a thread; the cell is free at once.

    The static table and picture beside it are drawn now and again when the study has ended.
    """
    panel = LivePanel(status, detached=True)
    panel.show()
    panel.show_static()
    if status.status not in ENDED:
        threading.Thread(target=_watch, args=(panel, status.study), name=f"tsml-{status.study}", daemon=True).start()
    return panel


def _watch(panel: LivePanel, study: str) -> None:
    from dsframework.study import study_status

    pause = threading.Event()
    interval = _INTERVAL
    while True:
        pause.wait(interval)
        try:
            status = study_status(study)
        except TsmlError:
            interval = min(2 * interval, _LONGEST)
            continue
        interval = _INTERVAL
        panel.push(status)
        if status.status in ENDED:
            panel.show_static(update=True)
            return
