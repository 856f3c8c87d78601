"""Whether a Ray without a head is noticed: by a place that nobody is at, one that does not answer, and one where somebody new is."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from dsframework.execution import _ray_head
from dsframework.execution._ray_head import Head, HeadLostError


class Ray:
    """What a `Head` asks of Ray: where its parts are."""

    def __init__(self, head: socket.socket, node: socket.socket) -> None:
        self.gcs_address = "{}:{}".format(*head.getsockname())
        host, port = node.getsockname()
        self._node = {"NodeID": "own", "NodeManagerAddress": host, "NodeManagerPort": port}

    def get_runtime_context(self) -> Any:
        return self

    def get_node_id(self) -> str:
        return "own"

    def nodes(self) -> list[dict[str, Any]]:
        return [{"NodeID": "other"}, self._node]


def place(port: int = 0) -> socket.socket:
    return socket.create_server(("127.0.0.1", port))


@pytest.mark.parametrize("lost", [0, 1])
def test_a_place_that_nobody_is_at_is_lost_also_when_somebody_else_comes(lost: int) -> None:
    places = [place(), place()]
    head = Head(Ray(*places))
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
    head = Head(Ray(*places))
    for is_silent in (True, False, True):
        head.look(now=True)
        assert head.silent is is_silent
        answers.pop(0)
    monkeypatch.setattr(_ray_head, "_PATIENCE_SECONDS", 0.0)
    with pytest.raises(HeadLostError, match="Ray's head does not answer any more"):
        head.look(now=True)
    for one in places:
        one.close()
