"""Whether a Ray without a head is noticed: by a place that nobody is at, one that does not answer, and one where somebody new is."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dsframework.execution import _ray_head
from dsframework.execution._ray_head import Head, HeadLostError


def place(port: int = 0) -> socket.socket:
    return socket.create_server(("127.0.0.1", port))


def head_at(head: socket.socket, node: socket.socket) -> Head:
    return Head("{}:{}".format(*head.getsockname()), node.getsockname())


@pytest.mark.parametrize("lost", [0, 1])
def test_a_place_that_nobody_is_at_is_lost_also_when_somebody_else_comes(lost: int) -> None:
    places = [place(), place()]
    head = head_at(*places)
    head.look(now=True)
    assert not head.silent
    port = places[lost].getsockname()[1]
    places[lost].close()
    head.look(now=True)
    assert head.silent
    places[lost] = place(port)
    with pytest.raises(HeadLostError):
        head.look(now=True)
    for one in places:
        one.close()


def test_a_head_that_is_late_is_waited_for_and_then_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[str | None] = ["late", None, "late", "late"]
    monkeypatch.setattr(_ray_head, "_silence", lambda _host, port: answers[0] if port == places[0].getsockname()[1] else None)
    places = [place(), place()]
    head = head_at(*places)
    for is_silent in (True, False, True):
        head.look(now=True)
        assert head.silent is is_silent
        answers.pop(0)
    monkeypatch.setattr(_ray_head, "_PATIENCE_SECONDS", 0.0)
    with pytest.raises(HeadLostError, match="Ray's head does not answer any more"):
        head.look(now=True)
    for one in places:
        one.close()


def started(program: str, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(Path(__file__).with_name(program)), *arguments]
    environment = os.environ | {"RAY_AUTH_MODE": "disabled", "PYTHONWARNINGS": "ignore", **variables}
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ended(head: subprocess.Popen[str]) -> None:
    """Let the head and all of its processes die."""
    with head:
        assert head.stdin is not None
        head.stdin.close()
        head.wait(60)


@pytest.mark.ray
@pytest.mark.slow
def test_a_study_goes_on_with_the_head_that_comes_in_the_place_of_a_lost_one(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    with place() as free:
        port = str(free.getsockname()[1])
    first = started("ray_lost_head.py", port)
    assert first.stdout is not None
    address = first.stdout.readline().strip()
    assert address.endswith(f":{port}")
    second = None
    tasks = 30
    with started("outlives_head.py", str(tmp_path), str(tasks), RAY_ADDRESS=address) as driver:
        assert driver.stdout is not None
        lines = []
        for line in driver.stdout:
            lines.append(line.split(maxsplit=2))
            if second is None and sum(what == "done" for what, *_ in lines) == tasks // 5:
                ended(first)
                second = started("ray_lost_head.py", port)
        assert driver.wait(60) == 0
    assert second is not None
    ended(second)
    results = [rest for what, *rest in lines if what == "done"]
    assert sorted(int(key) for key, _ in results) == list(range(tasks))
    assert {float(value) for _, value in results} == {1e6}
    assert any(what == "waits" and "is to answer" in " ".join(rest) for what, *rest in lines)
