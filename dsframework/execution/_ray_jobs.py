"""Ray's Jobs API: drivers that run on the cluster and outlive who submitted them, by names that are given once.

Ray Client (``ray://``) is not used: a driver at its other end dies with the connection.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import os
import shlex
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal
from urllib.parse import urlsplit

from dsframework.errors import ExecutorError, MissingDependencyError, NotFoundError, one_line
from dsframework.execution._cluster import use_token

__all__ = ["Job", "Jobs", "cluster_address", "jobs_of_cluster", "refuse_ray_client"]

_KNOCK_SECONDS = 3.0
_ANSWER_SECONDS = 20.0
_POLL_SECONDS = 0.5
_AGENT_SECONDS = 60.0
_NO_AGENT = "No available agent"  # a Ray that was started a moment ago; it waits some seconds before it says so
_STATES: dict[str, Literal["queued", "running", "ended"]] = {"PENDING": "queued", "RUNNING": "running"}


@dataclass(frozen=True)
class Job:
    """A job as the cluster knows it.

    Attributes
    ----------
    state
        ``queued`` until its driver is started, ``ended`` however it ended.
    why
        What Ray says of its end, on one line.
    metadata
        What was told with it.
    """

    name: str
    state: Literal["queued", "running", "ended"]
    why: str
    metadata: dict[str, str]


def refuse_ray_client(address: str | None) -> None:
    """Raise an `ExecutorError` for an address of Ray Client."""
    if address and address.startswith("ray://"):
        raise ExecutorError(
            "Ray Client (ray://) is not used: what it runs ends with the connection",
            field="executor",
            mend="set RAY_ADDRESS to the cluster's own address (HOST:6379) on one of its nodes, or to http://HOST:8265 with --detach",
        )


def cluster_address() -> str | None:
    """Return the address of the cluster that is there already: ``RAY_ADDRESS``, or that which this process has joined.

    None where this process would have to start a Ray, or has: such a Ray ends with it.
    """
    named = os.environ.get("RAY_API_SERVER_ADDRESS") or os.environ.get("RAY_ADDRESS")
    if named and named != "local":
        return named
    import sys

    ray = sys.modules.get("ray")
    if ray is None or not ray.is_initialized():
        return None
    node = ray._private.worker._global_node
    return None if node is None or node.is_head() else str(node.gcs_address)


def jobs_of_cluster() -> Jobs | None:
    """Return the Jobs API of the cluster that is there already; None where there is no cluster, or one without a dashboard.

    Raises
    ------
    ExecutorError
        When the cluster does not answer, there is no token to send, or the address is one of Ray Client.
    """
    address = cluster_address()
    refuse_ray_client(address)
    if address is None:
        return None
    if importlib.util.find_spec("ray") is None:
        raise MissingDependencyError("ray", "ray")
    use_token()
    url = _dashboard(address)
    if url is None:
        return None
    jobs = Jobs(url)
    return jobs if jobs.answers() else None


def _dashboard(address: str) -> str | None:
    """The dashboard of a cluster, as its head tells."""
    if "://" in address:
        return address.rstrip("/")
    services, core = importlib.import_module("ray._private.services"), importlib.import_module("ray._raylet")
    with _speaking(address):
        place = address if address != "auto" else services.canonicalize_bootstrap_address("auto")
        if place is None:
            return None
        host, _, port = place.rpartition(":")
        socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK_SECONDS).close()
        found = core.GcsClient(address=place).internal_kv_get(b"dashboard", b"dashboard", _KNOCK_SECONDS)
    return f"http://{found.decode()}" if found else None


@contextmanager
def _speaking(where: str) -> Iterator[None]:
    """Turn whatever Ray raises when it does not answer into an `ExecutorError`; nothing of what was sent is repeated."""
    try:
        yield
    except ExecutorError:
        raise
    except (OSError, RuntimeError, ValueError) as error:  # requests' errors are OSErrors, Ray's own RuntimeErrors or ValueErrors
        raise ExecutorError(
            f"Ray at {where} does not answer: {one_line(error, 200)}", field="executor", mend="check RAY_ADDRESS, or use --executor local"
        ) from error
    except Exception as error:
        if not type(error).__module__.startswith("ray."):
            raise
        mend = "set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN_PATH to the file with the cluster's token"
        raise ExecutorError(f"Ray at {where} refuses: {one_line(error, 160)}", field="executor", mend=mend) from error


class Jobs:
    """The Jobs API of one cluster.

    Parameters
    ----------
    url
        The address of its dashboard.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    @cached_property
    def _client(self) -> Any:
        with _speaking(self.url):
            return _client_type()(self.url)

    def answers(self) -> bool:
        """Tell whether the dashboard takes jobs; a Ray whose dashboard was left out does not.

        Raises
        ------
        ExecutorError
            When it refuses the token.
        """
        parts = urlsplit(self.url)
        try:
            socket.create_connection((parts.hostname or "", parts.port or 80), timeout=_KNOCK_SECONDS).close()
        except OSError:
            return False
        with _speaking(self.url):
            return bool(self._client._do_request("GET", "/api/jobs/").status_code == 200)

    def is_here(self) -> bool:
        """Tell whether the cluster's head, where drivers of jobs run, is this machine.

        Raises
        ------
        ExecutorError
            When the dashboard does not know the head within some seconds of its own start.
        """
        deadline = time.monotonic() + _ANSWER_SECONDS
        while not (head := self._head()):
            if time.monotonic() > deadline:
                raise ExecutorError(
                    f"Ray at {self.url} does not say which node is its head", field="executor", mend="try again in a moment"
                )
            time.sleep(_POLL_SECONDS)
        return head.get("nodeManagerHostname") == socket.gethostname() and _is_own(head.get("nodeManagerAddress", ""))

    def _head(self) -> dict[str, Any] | None:
        with _speaking(self.url):
            reply = self._client._do_request("GET", "/nodes?view=summary")
            reply.raise_for_status()
            nodes = [node.get("raylet", {}) for node in reply.json()["data"]["summary"]]
        return next((node for node in nodes if node.get("isHeadNode")), None)

    def submit(
        self, name: str, command: Sequence[str], *, folder: str | None, variables: Mapping[str, str], metadata: Mapping[str, str],
        runtime_env: Mapping[str, Any],
    ) -> bool:  # fmt: skip
        """Have the head run a command; returns whether it was taken, which it is not when the name was given before.

        Parameters
        ----------
        name
            The submission's id; may be used once in the life of a cluster.
        command
            Program and arguments.
        folder
            Where it runs; None for the place that Ray has for it.
        variables
            Of its environment. Everybody who reaches the dashboard can read them.
        metadata
            Told to whoever asks for the job.
        runtime_env
            Code and packages that it needs.
        """
        line = f"exec {shlex.join(command)}"
        line = line if folder is None else f"cd {shlex.quote(folder)} && {line}"
        env = {**runtime_env, "env_vars": {**runtime_env.get("env_vars", {}), **variables}}
        deadline = time.monotonic() + _AGENT_SECONDS
        while True:
            try:
                with _speaking(self.url):
                    self._client.submit_job(entrypoint=line, submission_id=name, runtime_env=env, metadata=dict(metadata))
            except ExecutorError as error:
                if self.find(name) is not None:
                    return False
                if _NO_AGENT not in str(error) or time.monotonic() > deadline:
                    raise
            else:
                return True

    def find(self, name: str) -> Job | None:
        """Return a job; None where the cluster knows none of that name."""
        with _speaking(self.url):
            reply = self._client._do_request("GET", f"/api/jobs/{name}")
            if reply.status_code == 404:
                return None
            reply.raise_for_status()
            found = reply.json()
        state = _STATES.get(found["status"], "ended")
        return Job(name, state, one_line(found.get("message") or "", 200), dict(found.get("metadata") or {}))

    def stop(self, name: str) -> None:
        """End a job's driver: it is asked by SIGTERM, and killed three seconds later."""
        with _speaking(self.url):
            self._client.stop_job(name)

    def log(self, name: str) -> str:
        """Return all that a job's driver has printed.

        Raises
        ------
        NotFoundError
            When the cluster knows no such job.
        """
        if self.find(name) is None:
            raise NotFoundError("the cluster has no log of this study any more", field="study")
        with _speaking(self.url):
            return str(self._client.get_job_logs(name))

    def follow(self, name: str) -> Iterator[str]:
        """Yield what a job's driver prints, from the beginning, until it has ended."""
        loop, pieces = asyncio.new_event_loop(), self._client.tail_job_logs(name)
        try:
            while True:
                with _speaking(self.url):
                    try:
                        piece = loop.run_until_complete(anext(pieces))
                    except StopAsyncIteration:
                        return
                yield str(piece)
        finally:
            loop.run_until_complete(pieces.aclose())
            loop.close()


def _is_own(address: str) -> bool:
    """Whether an address is one of this machine's: only those can be bound."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as trial:
            trial.bind((address, 0))
    except OSError:
        return False
    return True


@cache
def _client_type() -> Any:
    """Ray's own client for one address whatever ``RAY_ADDRESS`` says, with a limit for every answer."""
    import ray
    from ray.dashboard.modules.dashboard_sdk import SubmissionClient
    from ray.job_submission import JobSubmissionClient

    class Client(JobSubmissionClient):
        def __init__(self, url: str) -> None:
            self._client_ray_version = ray.__version__
            SubmissionClient.__init__(self, url)
            self._ssl_context: Any = True  # what Ray leaves is None, which aiohttp no longer takes

        def _do_request(self, method: str, endpoint: str, **given: Any) -> Any:
            return super()._do_request(method, endpoint, **{"timeout": _ANSWER_SECONDS, **given})

    return Client
