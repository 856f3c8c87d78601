"""Two users' drivers on one real Ray."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("two_users.py")


@pytest.mark.slow
@pytest.mark.ray
def test_users_share_a_cluster_by_their_shares_and_quotas(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    done = subprocess.run([sys.executable, str(PROGRAM), str(tmp_path)], capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["waited"][0]["place"] == 1
    assert found["why"] == "1st in the queue for pool 'cpu': user ann has 3 of 3 fits in flight"
    ann, bob = found["shared"]
    assert 1.5 < ann / bob < 2.6, "both go on, by their shares"
    assert found["seconds_until_free"] < 60, "what a killed driver had goes to others"
    assert found["most_of_bob"] == 2, "never more than his quota, though a worker is free"
