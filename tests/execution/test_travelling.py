"""What travels runs in an environment that has neither this package nor the user's folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

PROGRAM = """
import importlib, importlib.metadata, json
import numpy as np
import dsframework
from dsframework.execution._ray_worker import RayWorker
from dsframework.kernels import library
from threadpoolctl import threadpool_info

importlib.import_module("dsframework.experiment")
RayWorker()
mine = importlib.import_module("mine_elsewhere")
mine.Mine().fit(np.ones((3, 1)), np.ones(3))
blas = max(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")
places = [dsframework.__file__, mine.__file__, mine.near_elsewhere.__file__, library()._name]
print(json.dumps({"places": places, "blas": blas, "version": importlib.metadata.version("jupyterlab-tsml")}))
"""
MINE = """
import near_elsewhere
from sklearn.linear_model import Ridge


class Mine(Ridge):
    pass
"""


def other_python(place: Path) -> Path:
    """An environment with the libraries of this one, but not this checkout: its ``.pth`` file is not read there."""
    venv.create(place, with_pip=False, symlinks=True)
    (next((place / "lib").iterdir()) / "site-packages" / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = place / "bin" / "python"
    done = subprocess.run([python, "-c", "import dsframework"], capture_output=True, text=True, cwd="/", env={})
    assert "No module named 'dsframework'" in done.stderr
    return python


@pytest.mark.ray
def test_what_travels_through_ray_runs_where_nothing_of_it_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    own = tmp_path / "study"
    own.mkdir()
    (own / "mine_elsewhere.py").write_text(MINE)
    (own / "near_elsewhere.py").write_text("")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "TSML_"))}
    guard = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "7" * 64, "TZ": "Asia/Tokyo", "PYTHONPATH": str(own)}
    command = [sys.executable, str(Path(__file__).with_name("travel.py")), str(tmp_path), "mine_elsewhere"]
    done = subprocess.run(command, capture_output=True, text=True, env={**plain, **guard}, timeout=120)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["nodes"] == 0
    assert told["variables"]["TZ"] == "Asia/Tokyo"
    assert not any("TOKEN" in name for name in told["variables"])
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(told["places"]), **told["variables"]}
    python = other_python(tmp_path / "other")
    done = subprocess.run([python, "-c", PROGRAM], capture_output=True, text=True, cwd="/", env=environment)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert all(place.startswith(str(tmp_path / "node")) for place in found["places"]), found
    assert found["blas"] == 1
    assert found["version"]
