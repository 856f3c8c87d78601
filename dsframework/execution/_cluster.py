"""What the head of a cluster says before anything connects to it: one call over the network with a limit of time.

Ray's own way to connect tries for 20 seconds, writes to the standard error and does not say what was wrong.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import re
from dataclasses import dataclass
from typing import Any

from dsframework.errors import ExecutorError, one_line

__all__ = [
    "Head",
    "Nodes",
    "ask_head",
    "ask_nodes",
    "head_address",
    "is_node",
    "not_a_node",
    "read_environment_again",
    "refuse_other_versions",
    "use_token",
    "versions_error",
]

_SECONDS = 5.0
_ELSEWHERE = "run the notebook on a machine of the cluster, or start the study with --detach"


@dataclass(frozen=True)
class Head:
    """A cluster's head.

    Attributes
    ----------
    address
        ``HOST:PORT``.
    ray, python
        Its versions; None where it does not tell.
    """

    address: str
    ray: str | None
    python: str | None


@dataclass(frozen=True)
class Nodes:
    """The nodes that are alive, as Ray's messages, and what is free on each, by the node's id."""

    alive: list[Any]
    free: dict[bytes, dict[str, float]]


def head_address(address: str | None) -> str | None:
    """Return the address of a head as ``HOST:PORT``; None where Ray is to be started on this machine.

    Raises
    ------
    ExecutorError
        When it is the address of something else, or there is no running Ray for ``auto``.
    """
    if address is None or address in ("", "local"):
        return None
    if address.startswith("ray://"):
        text = "Ray Client (ray://) is not used: it copies every row through one process and loses all when a connection breaks"
        raise ExecutorError(text, field="RAY_ADDRESS", value=address, mend=f"give HOST:6379 and {_ELSEWHERE}")
    if "://" in address:
        text = "this is the address of jobs; workers are reached by the address of the head"
        raise ExecutorError(text, field="RAY_ADDRESS", value=address, mend="give HOST:6379, or start the study with --detach")
    services = importlib.import_module("ray._private.services")
    try:
        found = services.canonicalize_bootstrap_address(address)
    except (ConnectionError, OSError, ValueError) as error:
        raise ExecutorError(
            f"this is no address of a head: {one_line(error, 160)}", field="RAY_ADDRESS", value=address, mend="give HOST:6379"
        ) from error
    if found is None:
        raise ExecutorError("no Ray runs on this machine", field="RAY_ADDRESS", value=address, mend="give HOST:6379, or unset RAY_ADDRESS")
    return str(found)


def read_environment_again() -> None:
    """Have Ray's core see the token of now: it read its settings when it was imported. A token that is given is used."""
    if os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_TOKEN_PATH"):
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    core: Any = importlib.import_module("ray._raylet")
    core.Config.initialize("")
    core.AuthenticationTokenLoader.instance().reset_cache()


def use_token() -> None:
    """Have Ray send the token that `RAY_AUTH_TOKEN` or `RAY_AUTH_TOKEN_PATH` gives.

    Raises
    ------
    ExecutorError
        When a token is to be sent and there is none, or its file can't be read.
    """
    read_environment_again()
    if os.environ.get("RAY_AUTH_MODE", "").lower() != "token":
        return
    core: Any = importlib.import_module("ray._raylet")
    try:
        there = core.AuthenticationTokenLoader.instance().has_token()
    except importlib.import_module("ray").exceptions.AuthenticationError as error:
        path = os.environ.get("RAY_AUTH_TOKEN_PATH")
        field, text = ("RAY_AUTH_TOKEN_PATH", "no such file, or nothing in it") if path else ("RAY_AUTH_TOKEN", "there is no token here")
        raise ExecutorError(text, field=field, value=path, mend="get the cluster's token from its administrator") from error
    if not there:
        raise _no_token()


def ask_head(address: str, seconds: float = _SECONDS) -> Head:
    """Ask the head of a cluster for its versions; this process need not be on a machine of the cluster.

    Parameters
    ----------
    address
        From `head_address`.
    seconds
        How long it may take.

    Raises
    ------
    ExecutorError
        When it does not answer in that time, or not to this process's token.
    """
    messages = importlib.import_module("ray.core.generated.gcs_service_pb2")
    asked = messages.InternalKVGetRequest(namespace=b"cluster", key=b"CLUSTER_METADATA")
    answer = _call(address, seconds, "InternalKVGcsServiceStub", "InternalKVGet", asked)
    try:
        told = json.loads(answer.value)
    except ValueError:
        told = {}
    return Head(address, told.get("ray_version"), told.get("python_version"))


def ask_nodes(address: str, seconds: float = _SECONDS) -> Nodes:
    """Ask the head of a cluster for its nodes; raises as `ask_head` does."""
    messages = importlib.import_module("ray.core.generated.gcs_service_pb2")
    known = _call(address, seconds, "NodeInfoGcsServiceStub", "GetAllNodeInfo", messages.GetAllNodeInfoRequest())
    free = _call(address, seconds, "NodeResourceInfoGcsServiceStub", "GetAllAvailableResources", messages.GetAllAvailableResourcesRequest())
    alive = [node for node in known.node_info_list if node.state == 0]
    return Nodes(alive, {one.node_id: dict(one.resources_available) for one in free.resources_list})


def _call(address: str, seconds: float, stub: str, method: str, request: Any) -> Any:
    grpc: Any = importlib.import_module("grpc")
    services = importlib.import_module("ray.core.generated.gcs_service_pb2_grpc")
    open_channel = importlib.import_module("ray._private.grpc_utils").init_grpc_channel
    with open_channel(address, (("grpc.enable_http_proxy", 0),)) as channel:
        try:
            return getattr(getattr(services, stub)(channel), method)(request, timeout=seconds)
        except grpc.RpcError as error:
            raise _refused(address, seconds, grpc.StatusCode, error) from error


def _refused(address: str, seconds: float, codes: Any, error: Any) -> ExecutorError:
    code = error.code()
    if code is codes.UNAUTHENTICATED:
        if os.environ.get("RAY_AUTH_MODE", "").lower() != "token":
            return _no_token()
        field = next((name for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH") if os.environ.get(name)), None)
        text = f"the cluster at {address} refuses this token"
        return ExecutorError(text, field=field or "RAY_AUTH_TOKEN", mend="get the cluster's present token from its administrator")
    if code is codes.DEADLINE_EXCEEDED:
        text, mend = f"nothing answers within {seconds:g} s", "see that the address and port are a head's, and that no firewall is between"
    elif code is codes.UNAVAILABLE:
        text, mend = "no Ray answers there", "check RAY_ADDRESS and that the head runs, or use --executor local"
    else:
        text, mend = f"this is no head of Ray ({code.name}: {one_line(error.details(), 120)})", "check RAY_ADDRESS"
    return ExecutorError(text, field="RAY_ADDRESS", value=address, mend=mend)


def _no_token() -> ExecutorError:
    mend = "set RAY_AUTH_TOKEN_PATH to a file that holds it, or RAY_AUTH_TOKEN"
    return ExecutorError("the cluster asks for a token, and there is none here", field="RAY_AUTH_TOKEN", mend=mend)


def refuse_other_versions(head: Head) -> None:
    """Raise an error where Python (but for its last number) or Ray is another there: their pickles and messages do not fit."""
    ray = importlib.import_module("ray").__version__
    python = platform.python_version()
    if head.ray is not None and head.ray != ray:
        raise _other("Ray", head.ray, ray, mend=f"pip install 'ray[default]=={head.ray}' here, or start the cluster with {ray}")
    if head.python is not None and head.python.split(".")[:2] != python.split(".")[:2]:
        raise _other("Python", head.python, python, mend=f"use a cluster's image with Python {python}, or this package with {head.python}")


def _other(what: str, there: str, here: str, *, mend: str) -> ExecutorError:
    return ExecutorError(f"the cluster has {what} {there}, here is {here}; nothing was submitted", field="RAY_ADDRESS", mend=mend)


def versions_error(error: Exception, address: str) -> ExecutorError | None:
    """Return what Ray's own error about versions means; None where it is about something else.

    Ray compares them when it joins a cluster, and says so in seven lines.
    """
    found = re.findall(r"Ray: (\S+)\s+Python: (\S+)", str(error)) if "ersion mismatch" in str(error) else []
    try:
        for ray, python in found[:1]:
            refuse_other_versions(Head(address, ray, python))
    except ExecutorError as refusal:
        return refusal
    return None


def is_node() -> bool:
    """Whether a node of Ray runs on this machine, through which workers are reached."""
    return bool(importlib.import_module("ray._private.services").find_node_ids())


def not_a_node(address: str) -> ExecutorError:
    """Return the error of a machine that is no node of a cluster."""
    text = "workers are reached from a machine of the cluster only, and none of its nodes is on this one"
    return ExecutorError(text, field="RAY_ADDRESS", value=address, mend=_ELSEWHERE)
