"""A fit of an own class runs on a node whose Python does not have this package; `test_travelling` shows it of the own files as well."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

HEAD = Path(__file__).resolve().parents[1] / "execution" / "ray_head.py"
PROGRAM = """
import json, os, sys, time
from pathlib import Path
from dsframework.errors import TsmlError
from dsframework.execution._cluster import ask_nodes, use_token
from dsframework.spec import parse_spec
from dsframework.study import run_study
use_token()
deadline = time.monotonic() + 90
while len(ask_nodes(os.environ["RAY_ADDRESS"]).alive) < 2 and time.monotonic() < deadline:
    time.sleep(0.2)
folder = Path(os.environ["STUDY"])
spec = parse_spec((folder / "spec.yaml").read_text())
for name in sys.argv[1:]:
    try:
        found = run_study(spec, base=folder, executor=name, fresh=True).result.experiments[0]
        print(json.dumps({"status": found.status, "error": str(getattr(found, "error", None)), "test": found.test}))
    except TsmlError as error:
        print(json.dumps({"status": "refused", "error": str(error)}))
"""
MINE = """
import os

import near_elsewhere
from sklearn.linear_model import Ridge


class Mine(Ridge):
    def fit(self, X, y):
        import dsframework
        from dsframework.kernels import library

        from threadpoolctl import threadpool_info

        variables = [os.environ.get(name) for name in ("NODE", "A_SECRET", "TZ", "OMP_NUM_THREADS")]
        variables.append(max(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"))
        with open(os.environ["SEEN"], "a") as file:
            print(*variables, dsframework.__file__, near_elsewhere.__file__, library()._name, file=file)
        return super().fit(X, y)
"""
SPEC = """
version: 1
name: elsewhere
task: regression
data: {loader: csv, path: rows.csv, time: date}
target: {column: y}
features: [{lag: {columns: [y], periods: [0, 1]}}]
split: {cv: {folds: 2}}
models: [{python: {class: mine_elsewhere.Mine, arguments: {alpha: 0.5}}}]
metrics: [mae]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A study with an own class in two files."""
    place = tmp_path / "study"
    place.mkdir()
    rows = "".join(f"2020-{1 + day // 28:02}-{1 + day % 28:02},{(day * 7) % 11}\n" for day in range(280))
    (place / "rows.csv").write_text("date,y\n" + rows)
    (place / "mine_elsewhere.py").write_text(MINE)
    (place / "near_elsewhere.py").write_text("")
    (place / "spec.yaml").write_text(SPEC)
    return place


def other_python(place: Path) -> Path:
    """An environment with the libraries of this one, but not this checkout: its ``.pth`` file is not read there."""
    venv.create(place, with_pip=False, symlinks=True)
    libraries = sysconfig.get_path("purelib")
    (next((place / "lib").iterdir()) / "site-packages" / "libraries.pth").write_text(libraries + "\n")
    python = place / "bin" / "python"
    done = subprocess.run([python, "-c", "import dsframework"], capture_output=True, text=True, cwd="/", env={})
    assert "No module named 'dsframework'" in done.stderr
    return python


@contextmanager
def running(command: list[Any], **options: Any) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options) as process:
        try:
            yield process
        finally:
            assert process.stdin
            process.stdin.close()
            if "ray.scripts.scripts" in command:
                process.terminate()


@pytest.mark.ray
@pytest.mark.slow
def test_an_own_class_is_fitted_where_nothing_of_it_is_installed(folder: Path, tmp_path: Path) -> None:
    """The cluster's head has no CPU, so that every fit is done by the other node; its numbers are those of this machine."""
    pytest.importorskip("ray")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "TSML_"))} | {"HOME": str(tmp_path)}
    guard = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "7" * 64, "RAY_worker_niceness": "0"}
    away = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path / "nobody"), "NODE": "far", "SEEN": str(tmp_path / "seen"), **guard}
    here = {**plain, **guard, "NODE": "near", "SEEN": str(tmp_path / "seen"), "A_SECRET": "x", "TZ": "Asia/Tokyo"}
    python = other_python(tmp_path / "other")
    with running([sys.executable, HEAD, "0"], env={**plain, **guard}) as head:
        assert head.stdout
        address = head.stdout.readline().strip()
        start = [python, "-m", "ray.scripts.scripts", "start", "--block", f"--address={address}", "--node-ip-address=127.0.0.2"]
        with running([*start, "--num-cpus=1", "--object-store-memory=100000000"], cwd="/", env=away):
            here |= {"RAY_ADDRESS": address, "TSML_HOME": str(tmp_path / "home"), "STUDY": str(folder)}
            command = [sys.executable, "-c", PROGRAM, "ray", "local"]
            done = subprocess.run(command, capture_output=True, text=True, cwd="/", env=here, timeout=170)
    assert done.returncode == 0, done.stderr
    far, near = map(json.loads, done.stdout.splitlines())
    assert far["status"] == "finished", far
    assert far["test"] == near["test"]
    lines = [line.split() for line in (tmp_path / "seen").read_text().splitlines()]
    seen = [line for line in lines if line[0] == "far"]
    assert len(seen) >= 3, "two folds, and the final fit"
    for _, secret, zone, openmp, blas, package, _own, kernels in seen:
        assert "py_modules_files" in package
        assert Path(kernels).parents[1] == Path(package).parent
        assert (secret, zone) == ("None", "Asia/Tokyo")
        assert (openmp, blas) == ("1", "1")
