"""Rows for which Ray's object store has no room: on its disk while that has, and otherwise an error that names the mend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.ray, pytest.mark.slow]

PROGRAM = Path(__file__).with_name("fills_store.py")


def outcomes(home: Path, *megabytes: int, **variables: str) -> list[Any]:
    """What comes of two matrices of so many megabytes each, one after the other in one process."""
    pytest.importorskip("ray")
    environment = os.environ | {"RAY_AUTH_MODE": "disabled", "PYTHONWARNINGS": "ignore", **variables}
    command = [sys.executable, str(PROGRAM), str(home), *map(str, megabytes)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_rows_larger_than_the_object_store_lie_on_its_disk(tmp_path: Path) -> None:
    assert outcomes(tmp_path, 120) == [[15e6, 30e6]]


def test_a_store_that_is_full_with_its_disk_ends_that_study_with_the_mend_and_not_the_next(tmp_path: Path) -> None:
    first, full, following = outcomes(tmp_path, 10, 120, 10, RAY_local_fs_capacity_threshold="0.0001")
    assert first == following == [1.25e6, 2.5e6]
    assert full.startswith("executor: the object store of Ray has no room for the rows")
    assert full.endswith("start Ray with a larger object store, or use fewer columns")
