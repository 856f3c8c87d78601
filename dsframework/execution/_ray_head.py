"""Whether the head of a Ray still answers: most calls to a Ray without a head never return, and after a minute Ray ends the process.

So it is asked beside Ray's own calls, by a mere connection, and the Ray is left before that minute is over.
"""

from __future__ import annotations

import socket
import time
from typing import Any

from dsframework.errors import ExecutorError

__all__ = ["Head", "HeadLostError"]

_PATIENCE_SECONDS = 12.0
_ANSWER_SECONDS = 2.0
_LOOK_SECONDS = 1.0


class HeadLostError(ExecutorError):
    """The head of the Ray is gone, or this machine's own node of it."""


class Head:
    """The head of a Ray that this process has joined, and this machine's own node.

    Parameters
    ----------
    ray
        The module, connected.

    Attributes
    ----------
    silent
        Whether one of them did not answer when they were asked last, so that Ray is not to be asked anything.
    """

    def __init__(self, ray: Any) -> None:
        context = ray.get_runtime_context()
        own = next((node for node in ray.nodes() if node["NodeID"] == context.get_node_id()), None)
        self._places = {"head": _place_of(context.gcs_address)}
        if own is not None:
            self._places["node on this machine"] = (own["NodeManagerAddress"], own["NodeManagerPort"])
        self._since: float | None = None
        self._gone = False
        self._looked = 0.0

    @property
    def silent(self) -> bool:
        """See the class."""
        return self._since is not None

    def look(self, *, now: bool = False) -> None:
        """Ask them, once a second unless it is to be now.

        Raises
        ------
        HeadLostError
            When one of them was gone, whether or not another has come in its place, or has not answered for a while.
        """
        moment = time.monotonic()
        if moment - self._looked < _LOOK_SECONDS and not now:
            return
        self._looked = moment
        silent = {name: how for name, place in self._places.items() if (how := _silence(*place)) is not None}
        if silent and self._since is None:
            self._since = moment
        if self._gone or (self._since is not None and moment - self._since >= _PATIENCE_SECONDS):
            raise HeadLostError(f"Ray's {next(iter(silent), 'head')} does not answer any more", field="executor")
        self._gone = "gone" in silent.values()
        if not silent:
            self._since = None


def _place_of(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _silence(host: str, port: int) -> str | None:
    """How a place is silent: nobody is there, or he who is does not answer yet; None where he does."""
    try:
        with socket.create_connection((host, port), timeout=_ANSWER_SECONDS):
            return None
    except ConnectionRefusedError:
        return "gone"
    except OSError:
        return "late"
