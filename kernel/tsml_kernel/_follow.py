"""Panels that follow studies which run elsewhere, by their recorded status alone.

MLflow is asked once a second for a study, however many panels follow it, and no more when the last of them is closed.
"""

from __future__ import annotations

import threading

from dsframework.errors import NotFoundError, TsmlError
from dsframework.records import StudyStatus
from tsml_kernel._live import ENDED, LivePanel

__all__ = ["follow"]

_INTERVAL = 1.0
_LONGEST = 15.0
_panels: dict[str, list[LivePanel]] = {}
_lock = threading.Lock()


def follow(status: StudyStatus) -> LivePanel:
    """Display the panel of a study and keep it up to date from a thread; the cell is free at once.

    The static table and picture beside it are drawn now and again when the study has ended.
    """
    panel = LivePanel(status, detached=True)
    panel.show()
    panel.show_static()
    if status.status not in ENDED:
        with _lock:
            first = status.study not in _panels
            _panels.setdefault(status.study, []).append(panel)
        if first:
            threading.Thread(target=_watch, args=(status.study,), name=f"tsml-{status.study}", daemon=True).start()
    return panel


def _watch(study: str) -> None:
    """Push the status of a study to its panels until it has ended, or none of them is open."""
    from dsframework.study import study_status

    pause = threading.Event()
    interval = _INTERVAL
    ended = False
    while not ended:
        pause.wait(interval)
        panels = _open(study)
        if not panels:
            return
        try:
            status = study_status(study)
        except NotFoundError:  # somebody deleted it
            _forget(study)
            return
        except TsmlError:
            interval = min(2 * interval, _LONGEST)
            continue
        interval = _INTERVAL
        ended = status.status in ENDED
        for panel in _forget(study) if ended else panels:
            panel.push(status)
            if ended:
                panel.show_static(update=True)


def _open(study: str) -> list[LivePanel]:
    """The panels that are not closed; without any, nobody follows the study any more."""
    with _lock:
        found = [panel for panel in _panels[study] if panel.comm is not None]
        _panels[study] = found
        if not found:
            del _panels[study]
        return list(found)


def _forget(study: str) -> list[LivePanel]:
    with _lock:
        return _panels.pop(study)
