"""Studies as jobs of a real Ray, in a process of their own: its token would be taken for that of the Ray which other tests have joined."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CASES = Path(__file__).with_name("cases_of_jobs.py")


@pytest.mark.ray
@pytest.mark.slow
def test_studies_are_jobs_of_a_ray(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    command = [sys.executable, "-m", "pytest", str(CASES), "-p", "no:cacheprovider", "-q", f"--basetemp={tmp_path / 'cases'}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=590, check=False)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout
