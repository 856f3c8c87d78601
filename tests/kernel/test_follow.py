"""Panels of studies that run elsewhere: MLflow is asked once for all of them, and no more when the last is closed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from tsml_kernel import _follow

import dsframework.study
from dsframework.records import StudyStatus
from dsframework.tracking import StudyStore


def wait_for(condition: Callable[[], Any], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def watchers(study: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"tsml-{study}"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The studies that MLflow was asked for."""
    found: list[str] = []
    real = dsframework.study.study_status

    def counted(study: str) -> StudyStatus:
        found.append(study)
        return real(study)

    monkeypatch.setattr(dsframework.study, "study_status", counted)
    monkeypatch.setattr(_follow, "_INTERVAL", 0.05)
    return found


def running(**more: Any) -> tuple[StudyStore, StudyStatus]:
    store = StudyStore("followed")
    study = store.create_study("followed", {})
    store.claim(study)
    status = StudyStatus(study=study, name="followed", status="running", metric="mae", **more)
    store.save_status(status)
    return store, status


def test_all_panels_of_a_study_share_one_watcher_until_it_ends(asked: list[str]) -> None:
    store, status = running()
    panels = [_follow.follow(status) for _ in range(5)]
    assert len(watchers(status.study)) == 1
    store.save_status(status.model_copy(update={"trials_done": 3}))
    wait_for(lambda: all(panel.status["trials_done"] == 3 for panel in panels))
    store.save_status(status.model_copy(update={"status": "finished", "trials_done": 4}))
    wait_for(lambda: all(panel.status["status"] == "finished" for panel in panels))
    wait_for(lambda: not watchers(status.study))
    assert 2 <= len(asked) < 400


def test_nobody_asks_for_a_study_whose_panels_are_closed(asked: list[str]) -> None:
    _, status = running()
    panels = [_follow.follow(status) for _ in range(2)]
    panels[0].close()
    wait_for(lambda: len(asked) > 3)
    panels[1].close()
    wait_for(lambda: not watchers(status.study))
    again = _follow.follow(status)
    before = len(asked)
    wait_for(lambda: len(asked) > before)
    again.close()
    wait_for(lambda: not watchers(status.study))
