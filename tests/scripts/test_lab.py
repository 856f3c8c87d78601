"""`make lab`: JupyterLab with a Ray of its own behind a token; Ctrl-C ends both and leaves nothing."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.ray]


@dataclass
class Launched:
    """A started `scripts/lab.py` and what it said so far."""

    process: subprocess.Popen[bytes]
    log: Path
    home: Path

    def said(self) -> str:
        return self.log.read_text(errors="replace")


def wait_until(condition: Callable[[], object], what: str, seconds: float = 180.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether a page is there; JupyterLab says its address a moment before it listens."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return bool(answer.status == 200)
    except URLError:
        return False


@pytest.fixture(scope="module")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    folder = tmp_path_factory.mktemp("lab-script")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if key not in {"DISPLAY", "WAYLAND_DISPLAY", "RAY_ADDRESS"}}
    environment |= {"TSML_HOME": str(folder / "home"), "JUPYTER_CONFIG_DIR": str(folder), "JUPYTER_RUNTIME_DIR": str(folder / "runtime")}
    log = folder / "log"
    with log.open("wb") as stream:
        command = [sys.executable, str(ROOT / "scripts" / "lab.py"), "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream, start_new_session=True)
    found = Launched(process, log, folder / "home")
    try:
        wait_until(lambda: "token=" in found.said() or process.poll() is not None, "JupyterLab did not start")
        yield found
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def test_it_prints_the_url_of_the_start_here_notebook_and_answers_there(launched: Launched) -> None:
    assert launched.process.poll() is None, launched.said()
    url = re.search(r"http://(?:localhost|127\.0\.0\.1):\d+/lab/tree/examples/start_here\.ipynb\?token=\w+", launched.said())
    assert url, launched.said()
    wait_until(lambda: answers(url.group()), f"{url.group()} does not answer")


def test_mlflow_is_loaded_before_anybody_asks_for_a_run(launched: Launched) -> None:
    wait_until(lambda: "MLflow is loaded" in launched.said(), "MLflow is not loaded")
    assert "Traceback" not in launched.said()


def test_the_ray_token_is_for_this_user_only(launched: Launched) -> None:
    token = launched.home / "ray.token"
    assert token.stat().st_mode & 0o777 == 0o600
    assert re.fullmatch(r"[0-9a-f]{64}", token.read_text())


@pytest.mark.parametrize("right", [True, False], ids=["with the token", "without it"])
def test_ray_takes_work_only_with_the_token(launched: Launched, tmp_path: Path, right: bool) -> None:
    address = re.search(r"Ray at (\S+),", launched.said())
    assert address, launched.said()
    wrong = tmp_path / "token"
    wrong.write_text("0" * 64)
    wrong.chmod(0o600)
    token = launched.home / "ray.token" if right else wrong
    code = (
        "import ray, sys\n"
        f"ray.init(address={address.group(1)!r}, log_to_driver=False)\n"
        "print('answer', ray.get(ray.remote(lambda: 6 * 7).options(num_cpus=0.1).remote()))\n"
        "from dsframework.execution import jobs_of_cluster\n"
        "print('jobs at', jobs_of_cluster().url)\n"
    )
    environment = {**os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token), "RAY_ADDRESS": address.group(1)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=180)
    assert ("answer 42" in done.stdout) is right, done.stderr[-2000:]
    assert ("jobs at http://127.0.0.1:" in done.stdout) is right, done.stderr[-2000:]


def test_ctrl_c_ends_everything_it_started(launched: Launched) -> None:
    children = psutil.Process(launched.process.pid).children(recursive=True)
    assert any("raylet" in child.name() for child in children)
    launched.process.send_signal(signal.SIGINT)
    assert launched.process.wait(90) == 0, launched.said()
    wait_until(lambda: not [one for one in children if one.is_running() and one.status() != psutil.STATUS_ZOMBIE], "something is left")
