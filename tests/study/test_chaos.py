"""Whatever dies, every trial ends once; `bench/chaos.py` does the same for longer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "bench" / "chaos.py"


def chaos(part: str, *options: str) -> Any:
    done = subprocess.run([sys.executable, str(PROGRAM), part, *options], capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_500_trials_end_once_while_workers_are_killed() -> None:
    found = chaos("workers", "--trials", "500", "--milliseconds", "15", "--every", "2.5")
    assert found["experiment"] == "finished"
    assert found["each_number_once"], found
    assert sum(found["ended"].values()) == 500
    assert found["kills"] >= 1
    assert found["free_after_seconds"] is not None


@pytest.mark.slow
def test_a_study_killed_at_random_moments_gives_the_same_bits_and_repeats_what_was_in_flight() -> None:
    found = chaos("drivers", "--trials", "40", "--kills", "4", "--milliseconds", "20")
    assert found["kills"] >= 1
    assert found["same_bits"]
    assert found["each_number_once"]
    assert found["fits_repeated_without_kills"] == 0
    assert found["fits_repeated"] <= found["kills"] * found["most_in_flight"], found


@pytest.mark.slow
@pytest.mark.ray
def test_trials_of_a_lost_node_are_done_elsewhere() -> None:
    pytest.importorskip("ray")
    found = chaos("node", "--trials", "40", "--milliseconds", "50")
    assert found["node_lost_after_trials"], "the second node did nothing"
    assert found["experiment"] == "finished"
    assert found["ended"] == {"finished": 40}
    assert found["each_number_once"]
    assert found["free_after_seconds"] is not None
