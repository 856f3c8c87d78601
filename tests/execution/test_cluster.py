"""What is said of a cluster that can't be joined, before anything is submitted to it."""

from __future__ import annotations

import json
import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dsframework.errors import ExecutorError
from dsframework.execution._cluster import ask_head, head_address, versions_error

HEAD = Path(__file__).with_name("ray_head.py")
TOKEN = "5" * 64
TRY = """
import json, os, sys
from pathlib import Path
from dsframework.errors import ExecutorError
from dsframework.execution._ray_connection import connect
plain = dict(os.environ)
for line in sys.stdin:
    os.environ.clear()
    os.environ.update(plain | json.loads(line))
    try:
        ray = connect(os.environ["RAY_ADDRESS"], Path(os.environ["HOME"]))
        print("joined with", len(ray.nodes()), "node", flush=True)
    except ExecutorError as error:
        print(error, flush=True)
"""


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment that knows of no Ray and no token."""
    home = str(tmp_path_factory.mktemp("nobody"))
    return {**{name: value for name, value in os.environ.items() if not name.startswith("RAY_")}, "HOME": home, "TSML_HOME": home}


class Program:
    """A program that answers each line with a line."""

    def __init__(self, *arguments: str, environment: dict[str, str]) -> None:
        command = [sys.executable, *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def ask(self, line: str | None = None) -> str:
        assert self.process.stdin and self.process.stdout
        if line is not None:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.communicate(timeout=60)


@pytest.fixture(scope="module")
def guarded(away: dict[str, str]) -> Iterator[tuple[Program, str]]:
    """A Ray behind a token, and its address."""
    pytest.importorskip("ray")
    program = Program(str(HEAD), "1", environment={**away, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN})
    yield program, program.ask()
    program.end()


@pytest.mark.ray
def test_a_cluster_says_what_is_wrong_with_token_and_version(guarded: tuple[Program, str], away: dict[str, str], tmp_path: Path) -> None:
    """One process tries a real head with a token again and again, and joins it in the end."""
    head, address = guarded
    file = tmp_path / "token"
    file.write_text(TOKEN)
    program = Program("-c", TRY, environment=away)

    def said(**variables: str) -> str:
        return program.ask(json.dumps({"RAY_ADDRESS": address, **variables}))

    try:
        no_token = "RAY_AUTH_TOKEN: the cluster asks for a token, and there is none here; set RAY_AUTH_TOKEN_PATH to a file that holds it"
        started = time.monotonic()
        assert said().startswith(no_token)
        assert time.monotonic() - started < 60, "importing Ray on a busy machine, and an answer"
        started = time.monotonic()
        assert said(RAY_AUTH_MODE="token").startswith("RAY_AUTH_TOKEN: there is no token here; get the cluster's token")
        assert said(RAY_AUTH_TOKEN="6" * 64).startswith(f"RAY_AUTH_TOKEN: the cluster at {address} refuses this token; get")
        nowhere = said(RAY_AUTH_TOKEN_PATH=str(tmp_path / "nowhere"))
        assert nowhere.startswith("RAY_AUTH_TOKEN_PATH: no such file, or nothing in it (got ")
        assert head.ask(f"versions 2.1.0 {platform.python_version()}") == "said"
        other = said(RAY_AUTH_TOKEN=TOKEN)
        assert other.startswith("RAY_ADDRESS: the cluster has Ray 2.1.0, here is ")
        assert "; nothing was submitted; pip install 'ray[default]==2.1.0' here, or start the cluster with " in other
        ray_version = other.partition("here is ")[2].partition(";")[0]
        head.ask(f"versions {ray_version} 3.9.1")
        assert said(RAY_AUTH_TOKEN=TOKEN).startswith("RAY_ADDRESS: the cluster has Python 3.9.1, here is ")
        assert time.monotonic() - started < 20, "each is told at once, and none after Ray's 20 seconds"
        head.ask(f"versions {ray_version} {platform.python_version()}")
        assert said(RAY_AUTH_TOKEN_PATH=str(file)) == "joined with 1 node"
    finally:
        program.end()


def test_an_address_that_does_not_answer_is_said_in_a_bounded_time() -> None:
    pytest.importorskip("ray")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(ExecutorError, match=rf"RAY_ADDRESS: nothing answers within 0\.5 s \(got '{address}'\); see that"):
            ask_head(address, seconds=0.5)
        assert time.monotonic() - started < 5
    with pytest.raises(ExecutorError, match=rf"RAY_ADDRESS: no Ray answers there \(got '{address}'\); check RAY_ADDRESS"):
        ask_head(address)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ray://head:10001", r"Ray Client .* is not used.*ray://head:10001.*; give HOST:6379 and run the notebook on .* with --detach"),
        ("http://head:8265", r"this is the address of jobs.*; give HOST:6379, or start the study with --detach"),
        ("head", r"this is no address of a head.*'head'.*; give HOST:6379"),
    ],
)
def test_addresses_of_something_else_are_refused(address: str, expected: str) -> None:
    pytest.importorskip("ray")
    with pytest.raises(ExecutorError, match=expected):
        head_address(address)


def test_without_an_address_ray_is_started_here() -> None:
    assert head_address(None) is None
    assert head_address("local") is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"ray_version": "2.1.0"}, "the cluster has Ray 2.1.0, here is .*; pip install 'ray.default.==2.1.0' here"),
        ({"python_version": "3.9.1"}, "the cluster has Python 3.9.1, here is .*; use a cluster's image with Python "),
    ],
)
def test_rays_own_error_about_versions_is_said_in_one_line(told: dict[str, Any], expected: str) -> None:
    ray = pytest.importorskip("ray")
    from ray._private.utils import check_version_info

    with pytest.raises(RuntimeError) as raised:
        check_version_info({"ray_version": ray.__version__, "python_version": platform.python_version()} | told, "node 1.2.3.4")
    found = versions_error(raised.value, "1.2.3.4:6379")
    assert found is not None
    with pytest.raises(ExecutorError, match=expected):
        raise found
    assert versions_error(RuntimeError("something else"), "1.2.3.4:6379") is None
