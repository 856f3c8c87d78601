"""MLflow that can't be used: one line, soon, and without a password."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from dsframework.errors import NotFoundError, TrackingError, TrackingUnavailableError
from dsframework.tracking import StudyStore, client, guard


def test_nobody_at_the_address_is_noticed_in_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ann:secret@127.0.0.1:9")
    begun = time.monotonic()
    with pytest.raises(TrackingUnavailableError, match=r"tracking: MLflow at http://127\.0\.0\.1:9 does not answer") as caught:
        client()
    assert time.monotonic() - begun < 10
    assert "secret" not in str(caught.value)
    assert "MLFLOW_TRACKING_URI" in str(caught.value)


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"no database " * 100)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    with pytest.raises(TrackingError, match="not a database") as caught:
        StudyStore("some")
    assert "\n" not in str(caught.value)


def test_a_home_that_cant_be_made_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TSML_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(TrackingUnavailableError, match=r"MLflow's files can't be used: .*file"):
        client()


def test_a_full_disk_is_one_line() -> None:
    with pytest.raises(TrackingUnavailableError, match=r"No space left on device.*disk is not full"), guard():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_run_that_is_not_there_is_told_from_a_broken_server() -> None:
    with pytest.raises(NotFoundError), guard():
        client().get_run("0" * 32)
